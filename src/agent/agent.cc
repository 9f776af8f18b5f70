#include "strayd/agent/agent.h"

#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "strayd/agent/commands.h"
#include "strayd/agent/control.h"
#include "strayd/agent/log.h"
#include "strayd/agent/scanner.h"
#include "strayd/agent/service_manager.h"
#include "strayd/agent/start.h"
#include "strayd/agent/state_lock.h"
#include "strayd/reap/reaper.h"
#include "strayd/report/render.h"
#include "strayd/report/version.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"
#include "strayd/web/routes.h"
#include "strayd/web/server.h"

#include "newest.h"
#include "next_start.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;

// For `systemctl status`.
std::string status_line(const Report& report) {
  if (report.failure) return "the last scan failed: " + report.failure->what;
  const auto orphans = std::ranges::count_if(
      report.verdicts,
      [](const Verdict& verdict) { return is_orphan(verdict.standing); });
  return fmt::format("{}{}: {} processes, {} orphans",
                     report.acting ? "enforces" : "observes",
                     report.breaker.open ? ", the breaker is open" : "",
                     report.processes,
                     orphans);
}

// Without it the agent runs all the same; an operator has other ways.
std::optional<Control> open_control(const std::string& directory,
                                    const UniqueFd& lock,
                                    std::vector<Feature>& features) {
  // Only the holder of the lock may replace what is there.
  Result<Control> control =
      lock ? Control::open(directory)
           : fail(Fault::Denied, directory + " could not be locked");
  features.push_back({.name = "control_socket",
                      .available = control.has_value(),
                      .required = false,
                      .detail = control ? "`strayd breaker` reaches this agent"
                                        : control.error().what});
  if (control) return *std::move(control);
  spdlog::warn("control socket: {}; `strayd breaker` can't reach this agent",
               control.error().what);
  return std::nullopt;
}

class Agent {
 public:
  Agent(Signals& signals,
        Scanner& scanner,
        Server& server,
        Newest& newest,
        std::optional<Control>& control,
        const AgentOptions& options)
      : signals_(signals),
        scanner_(scanner),
        server_(server),
        newest_(newest),
        control_(control),
        options_(options) {}

  void run() {
    nanoseconds next = steady_time();
    while (!signals_.stop()) {
      if (signals_.reload()) reload();
      const nanoseconds now = steady_time();
      if (now >= next_scan(next)) scan();
      if (now >= next) {
        next =
            std::max(next + scanner_.config().policy.interval, steady_time());
      }
      wait(next_scan(next));
      scanner_.advance();
      if (serve_operator()) next = steady_time();
    }
    manager_.stopping();
    scanner_.abandon();
    publish(scanner_.latest());
  }

 private:
  // Scans that events bring on do not put off those at each interval.
  nanoseconds next_scan(nanoseconds interval) const {
    return std::min(interval, scanner_.due().value_or(interval));
  }

  void scan() {
    publish(scanner_.scan());
    told_ = steady_time();
    manager_.ready(one_line(status_line(*last_)));
  }

  void publish(std::shared_ptr<const Report> report) {
    log_changes(*last_, *report);
    last_ = report;
    const Config& config = scanner_.config();
    const nanoseconds patience =
        10 * config.policy.interval + config.pm2.timeout;
    newest_.publish(std::move(report), steady_time() + patience);
  }

  void wait(nanoseconds next_scan) {
    std::vector<pollfd> awaited{
        {.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
    for (const int fd : scanner_.wait_fds()) {
      awaited.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    nanoseconds until = next_scan;
    if (const auto deadline = scanner_.deadline()) {
      until = std::min(until, *deadline);
    }
    if (control_) {
      for (const int fd : control_->wait_fds()) {
        awaited.push_back({.fd = fd, .events = POLLIN, .revents = 0});
      }
      until = std::min(until, control_->deadline().value_or(until));
    }
    const std::optional<nanoseconds> pulse = manager_.pulse();
    if (pulse) until = std::min(until, told_ + *pulse);
    const auto left = std::max(until - steady_time(), nanoseconds{0});
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{.tv_sec = whole.count(),
                           .tv_nsec = (left - whole).count()};
    (void)::ppoll(awaited.data(), awaited.size(), &timeout, nullptr);
    signals_.take();
    if (pulse) show_life(*pulse);
  }

  // The loop turning is not enough to be well: scans must go on.
  void show_life(nanoseconds pulse) {
    if (steady_time() < told_ + pulse) return;
    told_ = steady_time();
    if (newest_.is_fresh()) manager_.alive();
  }

  // Whether something changed that a scan should see at once.
  bool serve_operator() {
    if (!control_) return false;
    const Breaker before = scanner_.breaker();
    control_->serve([&](const std::string& request, const ControlPeer& peer) {
      return obey(scanner_, request, peer);
    });
    return scanner_.breaker() != before;
  }

  void reload() {
    manager_.reloading();
    const Config before = scanner_.config();
    Result<Config> config = options_.load();
    Result<Users> users =
        config ? load_users(config->web) : std::unexpected(config.error());
    if (!users) return refuse_reload(users.error());
    const std::vector<std::string_view> later =
        keys_for_next_start(before, *config);
    if (!later.empty()) {
      spdlog::warn("{}: not before the next start, ignoring",
                   fmt::join(later, ", "));
      keep_until_next_start(before, *config);
    }
    server_.set_users(*std::move(users));
    scanner_.reconfigure(*std::move(config));
    spdlog::info("configuration reloaded");
    scan();
  }

  void refuse_reload(const Error& error) {
    spdlog::error("reload failed, the last good configuration stays: {}",
                  error.what);
    scanner_.note_failed_reload();
    Report told = *scanner_.latest();
    // The next scan's report tells of those, too, and each is logged once.
    told.reaped.clear();
    publish(std::make_shared<const Report>(std::move(told)));
    manager_.ready("the last reload failed: the old configuration holds");
  }

  Signals& signals_;
  Scanner& scanner_;
  Server& server_;
  Newest& newest_;
  std::optional<Control>& control_;
  const AgentOptions& options_;
  const ServiceManager manager_ = ServiceManager::from_environment();
  nanoseconds told_{};  // when the manager was last to hear that we are well
  std::shared_ptr<const Report> last_ = std::make_shared<const Report>();
};

// The C library keeps a heap for each of a few threads (mallopt(3)): a tenth of
// what this process holds, for threads that wait for a client.
void share_one_heap() {
  // There are no other threads yet.
  ::mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe)
}

void say_hello(const Config& config,
               const Scanner::Parts& parts,
               const Server& server) {
  spdlog::info("strayd {} ({}) {} every {} ms on http://{}{}",
               version(),
               revision(),
               parts.wish == Wish::Reap ? "enforces" : "observes",
               std::chrono::duration_cast<std::chrono::milliseconds>(
                   config.policy.interval)
                   .count(),
               server.address(),
               config.telemetry_path);
  for (const Rule& rule : config.policy.rules) {
    spdlog::info("rule {}: {}",
                 rule.name,
                 rule.match.pattern ? rule.match.pattern->text() : "");
  }
}

}  // namespace

Result<void> run_agent(const AgentOptions& options, const Config& config) {
  Result<Signals> signals = Signals::block();
  if (!signals) return std::unexpected(signals.error());
  const Result<UniqueFd> lock = lock_state(config.state_dir);
  if (!lock) return std::unexpected(lock.error());

  const Wish wish =
      config.policy.mode == Mode::Enforce ? Wish::Reap : Wish::Observe;
  Result<Scanner::Parts> parts = prepare(config, options.procfs, wish);
  if (!parts) return std::unexpected(parts.error());
  parts->stopping = [&] {
    signals->take();
    return signals->stop();
  };
  parts->listen = true;
  say_open_breaker(parts->state.breaker);
  std::optional<Control> control =
      open_control(config.state_dir, *lock, parts->features);
  // Before any thread exists, so that it holds for all of them.
  if (auto forbidden = forbid_pid_signals(); !forbidden) {
    parts->features.push_back({.name = "seccomp_filter",
                               .available = false,
                               .required = true,
                               .detail = forbidden.error().what});
  }

  share_one_heap();
  Newest newest;
  const std::string telemetry_path = config.telemetry_path;
  Result<Server> server = Server::start(
      config.web,
      [&](const Request& request) {
        return answer(request, telemetry_path, newest);
      },
      open_paths(telemetry_path));
  if (!server) return std::unexpected(server.error());
  say_hello(config, *parts, *server);

  Scanner scanner(*std::move(parts));
  Agent(*signals, scanner, *server, newest, control, options).run();
  spdlog::info("stopped");
  return {};
}

}  // namespace strayd
