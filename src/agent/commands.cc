#include "strayd/agent/commands.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/ranges.h>

#include "strayd/report/render.h"

namespace strayd {
namespace {

constexpr std::string_view kVerdict = "verdict ";

std::string close(Scanner& scanner, const ControlPeer& peer) {
  const Breaker was = scanner.breaker();
  if (!was.open) return "ok " + breaker_text(was);
  const Result<void> closed =
      scanner.close_breaker("pid " + std::to_string(peer.pid) + " of user " +
                            std::to_string(peer.uid));
  if (!closed) return "error " + closed.error().what;
  return "ok " + breaker_text(scanner.breaker()) + " now; before that, " +
         breaker_text(was);
}

// A number and what ends it, taken off the text.
template <typename Number>
std::optional<Number> take_number(std::string_view& text,
                                  std::string_view end) {
  Number number{};
  const auto [after, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(after - text.data()));
  if (!text.starts_with(end)) return std::nullopt;
  text.remove_prefix(end.size());
  return number;
}

std::optional<ProcId> read_id(std::string_view text) {
  const auto pid = take_number<pid_t>(text, " ");
  if (!pid || *pid <= 0) return std::nullopt;
  const auto start = take_number<std::uint64_t>(text, "");
  if (!start || !text.empty()) return std::nullopt;
  return ProcId{.pid = *pid, .start_ticks = *start};
}

// A pid alone may have been another process when the agent looked.
std::string verdict_on(const Scanner& scanner, const ProcId& id) {
  const auto latest = scanner.latest();
  const Report& report = *latest;
  if (report.scan == 0) return "error it has not scanned yet";
  if (report.failure) {
    return "ok no verdict, its last scan failed: " +
           one_line(report.failure->what);
  }
  const auto verdict = std::ranges::find(report.verdicts, id, &Verdict::id);
  if (verdict != report.verdicts.end()) {
    return fmt::format("ok {}: {} ({})",
                       to_string(verdict->standing),
                       one_line(verdict->reason.text),
                       to_string(verdict->reason.why));
  }
  const std::vector<Process>& seen = scanner.snapshot().processes;
  return std::ranges::find(seen, id, &Process::id) != seen.end()
             ? "ok no rule matches it"
             : "ok its last scan has not seen this process";
}

std::string with_detail(const std::string& name, const std::string& detail) {
  return detail.empty() ? name : name + " (" + detail + ")";
}

std::string lacks(const Report& report) {
  std::vector<std::string> all;
  all.reserve(report.features.size());
  for (const auto& [feature, why] : report.blind) {
    all.push_back(with_detail(feature, why));
  }
  for (const auto& [feature, available] : report.features) {
    if (available || report.blind.contains(feature)) continue;
    const auto why = report.remarks.find(feature);
    all.push_back(
        with_detail(feature, why == report.remarks.end() ? "" : why->second));
  }
  if (all.empty()) return "ok nothing";
  return "ok " + one_line(fmt::format("{}", fmt::join(all, "; ")));
}

}  // namespace

std::string verdict_request(const ProcId& id) {
  return fmt::format("{}{} {}", kVerdict, id.pid, id.start_ticks);
}

std::string obey(Scanner& scanner,
                 const std::string& request,
                 const ControlPeer& peer) {
  scanner.catch_up();
  if (request == kBreakerStatus) return "ok " + breaker_text(scanner.breaker());
  if (request == kBreakerClose) return close(scanner, peer);
  if (request == kLacks) return lacks(*scanner.latest());
  if (request.starts_with(kVerdict)) {
    const auto id = read_id(std::string_view(request).substr(kVerdict.size()));
    return id ? verdict_on(scanner, *id)
              : "error expected verdict PID START_TICKS";
  }
  return "error this strayd does not know the request";
}

}  // namespace strayd
