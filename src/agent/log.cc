#include "strayd/agent/log.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string_view>

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "strayd/report/render.h"

namespace strayd {
namespace {

constexpr auto kLevels =
    std::to_array<std::string_view>({"debug", "info", "warn", "error"});

// The message as a JSON string, whatever is in it: a message of several lines
// is one line of the log, and bytes that are no UTF-8 are replaced.
class JsonText : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const nlohmann::json text(
        std::string(message.payload.data(), message.payload.size()));
    const std::string quoted =
        text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonText>();
  }
};

std::string state_of(const Pm2View& view) {
  if (view.reply) return "answering";
  switch (view.reply.error().kind) {
    case Pm2Quiet::Silent:
      return "silent";
    case Pm2Quiet::Dead:
      return "dead";
    case Pm2Quiet::NeverSeen:
      return "never seen";
  }
  return "unknown";
}

// Of a scan that failed nothing is known.
void log_ended_homes(const Report& before, const Report& now) {
  if (now.failure) return;
  for (const Pm2View& view : before.pm2) {
    const bool told =
        std::ranges::find(now.pm2, view.home, &Pm2View::home) != now.pm2.end();
    if (told || !view.reply) continue;
    spdlog::info("PM2 {} has ended: it was told to, or listed no app any more",
                 one_line(view.home));
  }
}

void log_supervisors(const Report& before, const Report& now) {
  log_ended_homes(before, now);
  std::map<std::string, std::string> known;
  for (const Pm2View& view : before.pm2) known[view.home] = state_of(view);
  for (const Pm2View& view : now.pm2) {
    const std::string state = state_of(view);
    if (known[view.home] == state) continue;
    if (view.reply) {
      spdlog::info("PM2 {} answers: daemon pid {}, {} app instances",
                   one_line(view.home),
                   view.reply->daemon.pid,
                   view.reply->instances.size());
    } else {
      spdlog::warn("PM2 {} is {}: {}; what it may own is held",
                   one_line(view.home),
                   state,
                   one_line(view.reply.error().why));
    }
  }
}

std::string described(const Report& report, const ProcId& id) {
  const auto shown = report.shown.find(id);
  std::string text = "pid " + std::to_string(id.pid);
  if (shown == report.shown.end()) return text;
  text += " (" + one_line(shown->second.program);
  if (!shown->second.script.empty()) {
    text += " " + one_line(shown->second.script);
  }
  return text + ")";
}

void log_verdicts(const Report& before, const Report& now) {
  std::map<ProcId, Standing> known;
  for (const Verdict& verdict : before.verdicts) {
    known[verdict.id] = verdict.standing;
  }
  for (const Verdict& verdict : now.verdicts) {
    const auto was = known.find(verdict.id);
    if (was != known.end() && was->second == verdict.standing) continue;
    const bool notable = is_orphan(verdict.standing) ||
                         verdict.standing == Standing::Held ||
                         verdict.standing == Standing::Pending;
    spdlog::log(notable ? spdlog::level::info : spdlog::level::debug,
                "{} is {}: {} [rule {}]",
                described(now, verdict.id),
                to_string(verdict.standing),
                one_line(verdict.reason.text),
                verdict.rule);
  }
}

void log_reaped(const Report& before, const Report& now) {
  for (const Reaped& reaped : now.reaped) {
    const bool well =
        reaped.outcome != Outcome::Refused && reaped.outcome != Outcome::Failed;
    spdlog::log(well ? spdlog::level::info : spdlog::level::warn,
                "reap of the {} {}: {}{}{}",
                to_string(reaped.kind),
                described(before, reaped.id),
                to_string(reaped.outcome),
                reaped.detail.empty() ? "" : ": ",
                one_line(reaped.detail));
  }
}

void log_conflicts(const Report& before, const Report& now) {
  for (const PortConflict& conflict : now.conflicts) {
    if (std::ranges::find(before.conflicts, conflict) !=
        before.conflicts.end()) {
      continue;
    }
    spdlog::warn("{}", conflict_text(now, conflict));
  }
}

// Each once, with the report of the scan that counted it.
void log_restarts(const Report& before, const Report& now) {
  constexpr std::size_t kMost = 100;
  if (now.scan == before.scan) return;
  std::size_t told = 0;
  for (const Restart& restart : now.restarts) {
    if (++told > kMost) {
      spdlog::warn("and {} more restarts", now.restarts.size() - kMost);
      return;
    }
    spdlog::log(restart.cause == Cause::Operator ? spdlog::level::info
                                                 : spdlog::level::warn,
                "{}",
                restart_text(now, restart));
  }
}

// What comes and goes while strayd runs, and does not disarm it.
void log_features(const Report& before, const Report& now) {
  for (const auto& [feature, available] : now.features) {
    const auto was = before.features.find(feature);
    const bool known = was == before.features.end() || was->second;
    if (available == known || now.blind.contains(feature)) continue;
    const auto why = now.remarks.find(feature);
    if (available) {
      spdlog::info("{} is available again", feature);
    } else if (why != now.remarks.end()) {
      spdlog::warn("{} is missing: {}", feature, one_line(why->second));
    }
  }
}

}  // namespace

Result<void> start_logging(const LogOptions& options) {
  if (std::ranges::find(kLevels, options.level) == kLevels.end()) {
    return fail(Fault::Malformed,
                "--log.level: expected debug, info, warn or error, got '" +
                    options.level + "'");
  }
  if (options.format != "text" && options.format != "json") {
    return fail(
        Fault::Malformed,
        "--log.format: expected text or json, got '" + options.format + "'");
  }
  auto logger = std::make_shared<spdlog::logger>(
      "strayd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(
      spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonText>('*');
  formatter->set_pattern(
      options.format == "json"
          ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":%*})"
          : "%Y-%m-%dT%H:%M:%S.%eZ %l %v");
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::from_str(options.level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
  return {};
}

void log_changes(const Report& before, const Report& now) {
  log_supervisors(before, now);
  log_verdicts(before, now);
  log_conflicts(before, now);
  log_reaped(before, now);
  log_restarts(before, now);
  for (const auto& [feature, why] : now.blind) {
    if (before.blind.contains(feature)) continue;
    spdlog::warn("disarmed: {}: {}", feature, one_line(why));
  }
  log_features(before, now);
}

}  // namespace strayd
