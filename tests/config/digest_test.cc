#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/text.h"

namespace strayd {
namespace {

TEST(Digest, is_sixteen_hexadecimal_digits) {
  EXPECT_THAT(parsed("{}").digest, testing::MatchesRegex("[0-9a-f]{16}"));
}

TEST(Digest, does_not_change_with_layout_comments_and_order) {
  EXPECT_EQ(
      parsed(R"({"mode":"enforce","scan":{"interval":"1s","settle":"2s"}})")
          .digest,
      parsed("{ // enforce\n \"scan\": {\"settle\": \"2s\",\n"
             "\"interval\": \"1s\"}, /* now */ \"mode\": \"enforce\"}")
          .digest);
}

TEST(Digest, does_not_change_with_the_unit_of_a_duration) {
  EXPECT_EQ(parsed(R"({"scan": {"settle": "90s"}})").digest,
            parsed(R"({"scan": {"settle": "90000ms"}})").digest);
}

TEST(Digest, does_not_change_when_a_default_is_written_out) {
  EXPECT_EQ(parsed(R"({"mode": "observe", "protect": []})").digest,
            parsed("{}").digest);
}

TEST(Digest, changes_with_each_key) {
  const auto rule = [](const std::string& more) {
    return R"({"rules": [{"name": "n", "pattern": "p", "exe": "e")" + more +
           "}]}";
  };
  const auto protect = [](const std::string& more) {
    return R"({"protect": [{"name": "n", )" + more + "}]}";
  };
  const auto remote = [](const std::string& more) {
    return R"({"remotes": [{"name": "n", "hosts": ["h"])" + more + "}]}";
  };
  const std::vector<std::string> texts{
      "{}",
      R"({"mode": "enforce"})",
      R"({"scan": {"interval": "7s"}})",
      R"({"scan": {"min_age": "7s"}})",
      R"({"scan": {"confirmations": 7}})",
      R"({"scan": {"rotation": 7}})",
      R"({"scan": {"source": "bpf"}})",
      R"({"scan": {"events": false}})",
      R"({"scan": {"settle": "7s"}})",
      R"({"rules": []})",
      rule(""),
      rule(R"(, "user": 7)"),
      rule(R"(, "cwd": "/7")"),
      rule(R"(, "reap": "none")"),
      rule(R"(, "grace": "7s")"),
      R"({"rules": [{"name": "m", "pattern": "p", "exe": "e"}]})",
      R"({"rules": [{"name": "n", "pattern": "q", "exe": "e"}]})",
      R"({"rules": [{"name": "n", "pattern": "p", "exe": "f"}]})",
      protect(R"("tty": true)"),
      protect(R"("tty": false)"),
      protect(R"("exe": "e")"),
      R"({"pm2": {"homes": ["/7"]}})",
      R"({"pm2": {"homes": ["auto", "/7"]}})",
      R"({"pm2": {"timeout": "7s"}})",
      R"({"pm2": {"events": false}})",
      R"({"limits": {"kills_per_scan": 7}})",
      R"({"limits": {"kills_per_hour": 7}})",
      remote(""),
      remote(R"(, "ports": [7])"),
      R"({"audit": {"file": "/7"}})",
      R"({"audit": {"rotate_bytes": 77777}})",
      R"({"audit": {"keep": 7}})",
      R"({"state": {"dir": "/7"}})",
      R"({"web": {"listen": ":7"}})",
      R"({"web": {"telemetry_path": "/7"}})",
      R"({"web": {"config_file": "/7"}})"};
  std::set<std::string> digests;
  for (const std::string& text : texts) digests.insert(parsed(text).digest);
  EXPECT_EQ(digests.size(), texts.size());
}

}  // namespace
}  // namespace strayd
