#include "strayd/report/audit_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "crc32.h"
#include "json_members.h"

namespace strayd {
namespace {

constexpr std::string_view kSealMark = R"(,"crc":")";
constexpr std::size_t kSealLength = 18;  // ,"crc":"01234567"}
constexpr std::string_view kSeqMark = R"({"seq":)";

std::string hex8(std::uint32_t value) {
  std::array<char, 8> digits{};
  const auto [end, error] =
      std::to_chars(digits.begin(), digits.end(), value, 16);
  const auto length = static_cast<std::size_t>(end - digits.begin());
  return std::string(digits.size() - length, '0').append(digits.data(), length);
}

bool sealed(std::string_view line) {
  if (line.size() < kSealLength) return false;
  const std::string_view body = line.substr(0, line.size() - kSealLength);
  return line == seal_line(std::string(body) + '}');
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Fault::Malformed, "audit line: " + std::string(what));
}

constexpr std::array kSteps = {
    Step::Terminate, Step::Freeze, Step::Kill, Step::Thaw};

AuditEvent event_of(const std::string& word) {
  if (word == "intent") return AuditEvent::Intent;
  if (word == "outcome" || word == "recovered") return AuditEvent::Outcome;
  return AuditEvent::Other;
}

Unresolved read_subject(Members& members, const std::string& event) {
  Unresolved subject{.reap = members.text("reap"), .id = members.process()};
  // What a later strayd found may be written under another boot.
  subject.boot_id =
      members.text(event == "recovered" ? "intent_boot_id" : "boot_id");
  if (event != "intent") return subject;
  subject.last_step = members.word<Step>("step", kSteps);
  subject.rule = members.text("rule");
  subject.app = members.text("app");
  subject.home = members.text("pm2_home");
  subject.kind = members.word<Standing>("kind", kStandings);
  return subject;
}

}  // namespace

std::string seal_line(std::string_view object) {
  object.remove_suffix(object.empty() ? 0 : 1);  // the closing brace
  std::string line(object);
  line += kSealMark;
  line += hex8(crc32(object));
  return line += "\"}";
}

Result<std::uint64_t> line_seq(std::string_view line) {
  if (!line.starts_with(kSeqMark)) return damaged("does not begin with a seq");
  if (!sealed(line)) return damaged("checksum does not fit");
  const std::string_view rest = line.substr(kSeqMark.size());
  std::uint64_t seq = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), seq);
  if (error != std::errc{}) return damaged("seq is no number");
  return seq;
}

Result<AuditRecord> read_audit_line(std::string_view line) {
  const Result<std::uint64_t> seq = line_seq(line);
  if (!seq) return std::unexpected(seq.error());
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return damaged("is no JSON object");

  Members members(object);
  const std::string event = members.text("event");
  AuditRecord record{.seq = *seq, .event = event_of(event)};
  if (record.event != AuditEvent::Other) {
    Members writer(members.object("writer"));
    record.writer = writer.process();
    if (!writer.complete()) members.reject();
    record.subject = read_subject(members, event);
  }
  if (!members.complete()) return damaged("lacks what its event needs");
  return record;
}

OpenIntents::Key OpenIntents::key_of(const Unresolved& subject) {
  return {
      subject.reap, subject.id.pid, subject.id.start_ticks, subject.boot_id};
}

void OpenIntents::add(std::string_view line) {
  if (line.empty()) return;
  const Result<AuditRecord> record = read_audit_line(line);
  if (!record) {
    ++damaged_;
    return;
  }
  if (record->event == AuditEvent::Other) return;
  const Key key = key_of(record->subject);
  if (record->event == AuditEvent::Outcome) {
    entries_.erase(key);
    return;
  }
  Entry& entry = entries_[key];
  if (record->seq < entry.seq) return;  // a copy of an old one
  entry = {
      .seq = record->seq, .writer = record->writer, .subject = record->subject};
}

bool OpenIntents::open(const AuditRecord& intent) const {
  return entries_.contains(key_of(intent.subject));
}

std::vector<OpenIntents::Entry> OpenIntents::list() const {
  std::vector<Entry> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) all.push_back(entry);
  std::ranges::sort(all, {}, &Entry::seq);
  return all;
}

}  // namespace strayd
