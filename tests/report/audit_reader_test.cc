#include "strayd/report/audit_reader.h"

#include <string>

#include <gtest/gtest.h>

#include "report/audit_support.h"

namespace strayd::test {
namespace {

std::string intent_line() {
  const RamDir dir;
  Audit audit = open_or_die({.file = dir / "a"});
  EXPECT_TRUE(intend(audit, Condemned(100).intent()));
  std::string line = content_of(dir / "a");
  line.pop_back();
  return line;
}

TEST(AuditReader, reads_what_was_written) {
  const Result<AuditRecord> record = read_audit_line(intent_line());
  ASSERT_TRUE(record) << record.error().what;
  EXPECT_EQ(record->seq, 1U);
  EXPECT_EQ(record->event, AuditEvent::Intent);
  EXPECT_EQ(record->writer.pid, ::getpid());
  EXPECT_EQ(record->subject.id, Condemned(100).process.id);
}

TEST(AuditReader, finds_every_bit_that_flipped) {
  const std::string line = intent_line();
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = line;
      damaged[at] = flipped(damaged[at], 1U << bit);
      EXPECT_FALSE(read_audit_line(damaged)) << damaged;
    }
  }
}

TEST(AuditReader, finds_every_truncation) {
  const std::string line = intent_line();
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(read_audit_line(line.substr(0, length)));
    EXPECT_FALSE(read_audit_line(line.substr(line.size() - length)));
  }
}

TEST(AuditReader, takes_the_known_checksum_of_nine_digits) {
  // The check value of CRC-32.
  EXPECT_EQ(seal_line("123456789}"), R"(123456789,"crc":"cbf43926"})");
}

TEST(AuditReader, passes_over_events_it_does_not_know) {
  const Result<AuditRecord> record =
      read_audit_line(seal_line(R"({"seq":7,"event":"of a later version"})"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->event, AuditEvent::Other);
}

TEST(AuditReader, refuses_an_intent_that_lacks_or_mistypes_something) {
  const std::string line = intent_line();
  const nlohmann::json whole = nlohmann::json::parse(line);
  for (const char* key : {"reap",
                          "pid",
                          "start_ticks",
                          "boot_id",
                          "step",
                          "rule",
                          "app",
                          "pm2_home",
                          "kind",
                          "writer"}) {
    for (const nlohmann::json& value : {nlohmann::json(nullptr),
                                        nlohmann::json(-1),
                                        nlohmann::json("no such word"),
                                        nlohmann::json(1e99)}) {
      nlohmann::ordered_json broken = {{"seq", 1}};
      broken.update(whole);
      broken.erase("crc");
      broken[key] = value;
      const bool free_text = value.is_string() && whole[key].is_string() &&
                             std::string_view(key) != "step" &&
                             std::string_view(key) != "kind";
      EXPECT_EQ(read_audit_line(seal_line(broken.dump())).has_value(),
                free_text)
          << broken;
    }
  }
}

TEST(AuditReader, survives_depth_and_length) {
  const std::string deep(60'000, '[');
  EXPECT_FALSE(read_audit_line(seal_line(R"({"seq":1,"event":)" + deep)));
  EXPECT_FALSE(read_audit_line(seal_line(R"({"seq":1,"event":)" + deep +
                                         std::string(deep.size(), ']') + "}")));
}

}  // namespace
}  // namespace strayd::test
