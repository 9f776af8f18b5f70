#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "strayd/agent/commands.h"
#include "strayd/agent/control.h"
#include "strayd/agent/start.h"
#include "strayd/agent/state_lock.h"
#include "strayd/cli/options.h"
#include "strayd/report/audit.h"
#include "strayd/report/render.h"
#include "strayd/report/state.h"
#include "strayd/sys/os.h"

namespace strayd {
namespace {

// The agent replies between two scans, and one scan waits for PM2 at most 30 s.
constexpr std::chrono::seconds kPatience{60};

ExitCode tell(const std::string& reply) {
  const std::size_t space = reply.find(' ');
  const std::string text =
      space == std::string::npos ? "" : one_line(reply.substr(space + 1));
  if (reply.starts_with("ok ")) {
    fmt::print("{}\n", text);
    return ExitCode::Done;
  }
  return complain({.what = "the agent: " + text}, ExitCode::Failed);
}

// What root writes here must stay the agent's own.
Result<void> become_owner(const std::string& directory) {
  struct stat found{};
  if (::stat(directory.c_str(), &found) != 0) {
    return std::unexpected(errno_error("stat " + directory, errno));
  }
  if (::geteuid() != 0 || found.st_uid == 0) return {};
  if (::setegid(found.st_gid) == 0 && ::seteuid(found.st_uid) == 0) return {};
  return std::unexpected(
      errno_error("become the owner of " + directory, errno));
}

void note_closed(const Config& config, const std::string& what) {
  Result<Audit> audit = Audit::open(config.audit, boot_of());
  const Result<void> noted = audit ? audit->note("breaker_close", what)
                                   : std::unexpected(audit.error());
  if (noted) return;
  fmt::print(
      stderr, "strayd: audit: {}, ignoring\n", one_line(noted.error().what));
}

// No agent runs here, and none can start meanwhile.
Result<std::string> close_in_file(const Config& config, State state) {
  std::string was = breaker_text(state.breaker);
  if (!state.breaker.open) return was;
  state.breaker = closed(state.breaker, unix_ms());
  // A `scan --reap` may be at it, and open it anew.
  if (auto saved = share_state(config.state_dir, state, {}); !saved) {
    return std::unexpected(saved.error());
  }
  if (state.breaker.open) {
    return fail(Fault::Io, "it was opened anew meanwhile");
  }
  note_closed(
      config,
      fmt::format("closed by user {} while no agent ran; {}", ::getuid(), was));
  return breaker_text({}) + " now; before that, " + was;
}

Result<std::string> without_agent(const Config& config,
                                  const std::string& request) {
  if (auto became = become_owner(config.state_dir); !became) {
    return std::unexpected(became.error());
  }
  const Result<UniqueFd> lock = lock_idle_state(config.state_dir);
  if (!lock) return std::unexpected(lock.error());
  const Result<State> state = peek_state(config.state_dir);
  if (!state) return std::unexpected(state.error());
  if (request == kBreakerClose) return close_in_file(config, *state);
  return breaker_text(state->breaker);
}

ExitCode ask(const CommandLine& line, const std::string& request) {
  const Result<Config> config = config_of_this_host(line, "state.dir");
  if (!config) return complain(config.error(), ExitCode::Usage);
  const Result<std::string> reply =
      ask_agent(config->state_dir, request, kPatience);
  if (reply) return tell(*reply);
  const Fault fault = reply.error().fault;
  if (fault != Fault::NotFound && fault != Fault::Unreachable) {
    return complain(reply.error(), ExitCode::Failed);
  }
  const Result<std::string> text = without_agent(*config, request);
  if (text) {
    fmt::print("no strayd runs on {}; {}\n",
               one_line(config->state_dir),
               one_line(*text));
    return ExitCode::Done;
  }
  if (text.error().fault == Fault::Exhausted) {
    return complain({.what = fmt::format(
                         "{}, but does not listen ({}): its log says why. Stop "
                         "it, and ask again",
                         text.error().what,
                         reply.error().what)},
                    ExitCode::Failed);
  }
  return complain(text.error(), ExitCode::Failed);
}

}  // namespace

ExitCode breaker_status_command(const CommandLine& line) {
  return ask(line, kBreakerStatus);
}

ExitCode breaker_close_command(const CommandLine& line) {
  return ask(line, kBreakerClose);
}

}  // namespace strayd
