// A restart in one line.
#include <chrono>

#include <fmt/format.h>

#include "strayd/report/render.h"

#include "words.h"

namespace strayd {
namespace {

std::string ended(const ExitStatus& status) {
  if (status.how == ExitStatus::How::Signalled) return end_word(status);
  return fmt::format("exit code {}", status.value);
}

// Whether somebody may have sent what ended it.
bool is_of_a_signal(const Restart& restart) {
  return restart.cause == Cause::Signal || restart.cause == Cause::Fault;
}

}  // namespace

std::string why_sender_unknown(const Report& report) {
  const auto feature = report.features.find("signal_senders");
  if (feature != report.features.end() && !feature->second) {
    const auto remark = report.remarks.find(feature->first);
    return fmt::format(
        "signal_senders is missing: {}; as a service see who-killed-it.conf",
        remark == report.remarks.end() ? "not available" : remark->second);
  }
  return report.lost_signals > 0 ? "too many signals were sent at once"
                                 : "the kernel told of none";
}

namespace {

std::string by_whom(const Report& report, const Restart& restart) {
  if (!restart.sent) {
    if (!is_of_a_signal(restart)) return {};
    return fmt::format("; sender unknown ({})", why_sender_unknown(report));
  }
  const LastSender sender = describe_sender(*restart.sent);
  const bool inside = restart.sent->sender.kind == Sender::Kind::Inside;
  return fmt::format("; {} sent by {}{}",
                     sender.signal,
                     inside ? "its own tree: " : "",
                     sender_text(sender));
}

}  // namespace

std::string sender_text(const LastSender& sender) {
  std::string text = sender.sender;
  if (!sender.via.empty()) text += " < " + sender.via;
  if (!sender.uid) return text;
  text += fmt::format(" (uid {}", *sender.uid);
  if (!sender.unit.empty()) text += ", " + sender.unit;
  return text + ")";
}

std::string restart_text(const Report& report, const Restart& restart) {
  std::string text = fmt::format("restart {} of {} (pm_id {}, PM2 in {}): {}",
                                 restart.restart_time,
                                 restart.app.app,
                                 restart.instance.pm_id,
                                 restart.app.home,
                                 to_string(restart.cause));
  if (is_known(restart.how)) text += ", " + ended(restart.how);
  if (restart.lived) text += ", after " + words::age(*restart.lived);
  return one_line(text + by_whom(report, restart));
}

}  // namespace strayd
