#include "audit_line.h"

#include <chrono>
#include <optional>

#include "strayd/report/audit_reader.h"
#include "strayd/report/render.h"

#include "words.h"

namespace strayd {
namespace {

// Bytes of JSON that a text may take. Together, with the longest of everything
// else, they are less than kLongestLine.
constexpr std::size_t kWord = 160;  // rule, reap, program, script
constexpr std::size_t kName = 512;  // app, home
constexpr std::size_t kText = 1024;

// How long a character of valid UTF-8 is as ASCII JSON: itself, an escape, or
// one or two \uXXXX.
std::size_t json_length(std::string_view character) {
  if (character == "\"" || character == "\\") return 2;
  if (character.size() == 1) return 1;
  return character.size() < 4 ? 6 : 12;
}

std::size_t utf8_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() >= width) return digits;
  return std::string(width - digits.size(), '0') + digits;
}

// Whole milliseconds: more is noise for a reader.
double seconds(std::chrono::nanoseconds duration) {
  constexpr double kThousand = 1000;
  const auto ms =
      std::chrono::round<std::chrono::milliseconds>(duration).count();
  return static_cast<double>(ms) / kThousand;
}

template <typename T>
Fields or_null(const std::optional<T>& value) {
  return value ? Fields(*value) : Fields(nullptr);
}

void put_id(Fields& fields, const ProcId& id) {
  fields["pid"] = id.pid;
  fields["start_ticks"] = id.start_ticks;
}

void put_owner(Fields& fields,
               const std::string& app,
               const std::string& home) {
  fields["app"] = bounded(app, kName);
  fields["pm2_home"] = bounded(home, kName);
}

void put_reason(Fields& fields, const Reason& reason) {
  fields["why"] = to_string(reason.why);
  fields["reason"] = bounded(reason.text, kText);
}

void put_shown(Fields& fields, const Shown& shown) {
  fields["program"] = bounded(shown.program, kWord);
  fields["script"] = bounded(shown.script, kWord);
  fields["uid"] = or_null(shown.uid);
  fields["age_seconds"] = seconds(shown.age);
}

// Who may have started the orphan, and whether that was in vain before.
void put_origin(Fields& fields, const Verdict& verdict, const Report& report) {
  if (!verdict.kind) return;
  const auto returned = report.returned.find(verdict.tree);
  fields["parent"] =
      bounded(words::parent(report, parent_of_tree(verdict)), 2 * kWord);
  fields["returned"] =
      returned == report.returned.end() ? 0 : returned->second.times;
}

}  // namespace

std::string bounded(std::string_view bytes, std::size_t most) {
  constexpr std::size_t kEllipsis = 6;  // …
  // A byte of ours is at least one of JSON, so more than this is cut anyway.
  std::string text = one_line(bytes.substr(0, most + 1));
  std::size_t used = 0;
  std::size_t room = 0;  // the prefix that leaves space for an ellipsis
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text[at]);
    used += json_length(std::string_view(text).substr(at, length));
    if (used > most) return text.substr(0, room) + "…";
    at += length;
    if (used + kEllipsis <= most) room = at;
  }
  return text;
}

std::string rfc3339(std::int64_t unix_ms) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::milliseconds> moment{
      chrono::milliseconds{unix_ms}};
  const chrono::sys_days day = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{moment - day};
  return padded(int{date.year()}, 4) + '-' + padded(unsigned{date.month()}, 2) +
         '-' + padded(unsigned{date.day()}, 2) + 'T' +
         padded(time.hours().count(), 2) + ':' +
         padded(time.minutes().count(), 2) + ':' +
         padded(time.seconds().count(), 2) + '.' +
         padded(time.subseconds().count(), 3) + 'Z';
}

std::string audit_line(std::uint64_t seq,
                       std::int64_t now_unix_ms,
                       const AuditWriter& writer,
                       const Fields& fields) {
  Fields line;
  line["seq"] = seq;  // first: line_seq() relies on it
  line["ts"] = rfc3339(now_unix_ms);
  line["boot_id"] = bounded(writer.boot_id, kWord);
  line["writer"]["pid"] = writer.id.pid;
  line["writer"]["start_ticks"] = writer.id.start_ticks;
  line.update(fields);
  return seal_line(line.dump(-1, ' ', true, Fields::error_handler_t::replace));
}

Fields intent_fields(const Intent& intent, BootTime now) {
  Fields fields;
  fields["event"] = "intent";
  fields["reap"] = bounded(intent.reap, kWord);
  fields["step"] = to_string(intent.step);
  put_id(fields, intent.id);
  // Without an order (a thaw of what an earlier strayd froze) the words for
  // "none": a reader finds every member in every intent.
  const TreeOrder none{};
  const TreeOrder& order = intent.order == nullptr ? none : *intent.order;
  fields["tree"] = order.root.pid;
  fields["rule"] = bounded(order.rule, kWord);
  fields["kind"] = to_string(order.kind);
  put_owner(fields, order.app, order.home);
  put_reason(fields, order.reason);
  fields["grace_seconds"] = seconds(order.grace);
  if (intent.process != nullptr) {
    fields["ppid"] = intent.process->parent;
    put_shown(fields, show(*intent.process, now));
  }
  return fields;
}

Fields outcome_fields(const std::string& reap, const Reaped& reaped) {
  Fields fields;
  fields["event"] = "outcome";
  fields["reap"] = bounded(reap, kWord);
  put_id(fields, reaped.id);
  fields["tree"] = reaped.tree.pid;
  fields["rule"] = bounded(reaped.rule, kWord);
  fields["kind"] = to_string(reaped.kind);
  put_owner(fields, reaped.app, reaped.home);
  fields["outcome"] = to_string(reaped.outcome);
  fields["failure"] = to_string(reaped.failure);
  fields["detail"] = bounded(reaped.detail, kText);
  fields["seconds"] = seconds(reaped.duration);
  return fields;
}

Fields recovered_fields(const Unresolved& subject, std::string_view found) {
  Fields fields;
  fields["event"] = "recovered";
  fields["reap"] = bounded(subject.reap, kWord);
  put_id(fields, subject.id);
  fields["intent_boot_id"] = bounded(subject.boot_id, kWord);
  fields["last_step"] = to_string(subject.last_step);
  fields["rule"] = bounded(subject.rule, kWord);
  fields["kind"] = to_string(subject.kind);
  put_owner(fields, subject.app, subject.home);
  fields["outcome"] = bounded(found, kWord);
  return fields;
}

Fields note_fields(std::string_view event, std::string_view text) {
  Fields fields;
  fields["event"] = "note";
  fields["what"] = bounded(event, kWord);
  fields["text"] = bounded(text, kText);
  return fields;
}

Fields verdict_fields(const Verdict& verdict, const Report& report) {
  Fields fields;
  fields["event"] = "verdict";
  put_id(fields, verdict.id);
  fields["verdict"] = to_string(verdict.standing);
  put_reason(fields, verdict.reason);
  fields["rule"] = bounded(verdict.rule, kWord);
  put_owner(fields, verdict.app, verdict.home);
  fields["tree"] = verdict.tree.pid;
  if (!verdict.chain.empty()) fields["ppid"] = verdict.chain.front().pid;
  const auto shown = report.shown.find(verdict.id);
  if (shown != report.shown.end()) put_shown(fields, shown->second);
  put_origin(fields, verdict, report);
  return fields;
}

Fields withheld_fields(const WithheldTree& tree) {
  Fields fields;
  fields["event"] = "withheld";
  put_id(fields, tree.root);
  fields["rule"] = bounded(tree.rule, kWord);
  fields["why"] = to_string(tree.why);
  return fields;
}

Fields conflict_fields(const PortConflict& conflict, const Report& report) {
  Fields fields;
  fields["event"] = "port_conflict";
  put_owner(fields, conflict.app.app, conflict.app.home);
  fields["port"] = conflict.port;
  fields["owner"] = to_string(conflict.owner);
  fields["pid"] = nullptr;
  fields["start_ticks"] = nullptr;
  if (conflict.holder) put_id(fields, *conflict.holder);
  fields["tree"] = conflict.tree ? Fields(conflict.tree->pid) : Fields(nullptr);
  fields["asked"] = conflict.asked;
  fields["text"] = bounded(conflict_text(report, conflict), kText);
  return fields;
}

Fields restart_fields(const Restart& restart, const Report& report) {
  Fields fields;
  fields["event"] = "restart";
  put_owner(fields, restart.app.app, restart.app.home);
  fields["pm_id"] = restart.instance.pm_id;
  fields["restart"] = restart.restart_time;
  fields["cause"] = to_string(restart.cause);
  fields["end"] = nullptr;
  if (is_known(restart.how)) fields["end"] = end_word(restart.how);
  fields["lived_ms"] = nullptr;
  if (restart.lived) fields["lived_ms"] = restart.lived->count();
  fields["sender"] = nullptr;
  if (restart.sent) {
    const LastSender sender = describe_sender(*restart.sent);
    fields["sender"] = sender.sender;
    fields["via"] = sender.via;
    fields["unit"] = sender.unit;
    fields["uid"] = sender.uid ? Fields(*sender.uid) : Fields(nullptr);
    put_id(fields, restart.sent->sender.id);
  }
  fields["text"] = bounded(restart_text(report, restart), kText);
  return fields;
}

Fields breaker_fields(const Breaker& breaker) {
  Fields fields;
  fields["event"] = "breaker";
  fields["breaker"] = breaker.open ? "open" : "closed";
  if (breaker.open) fields["since"] = rfc3339(breaker.since_unix_ms);
  fields["reason"] = bounded(breaker.why, kText);
  return fields;
}

}  // namespace strayd
