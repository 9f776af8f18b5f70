#include "agent_word.h"

#include <chrono>

#include <fmt/core.h>

#include "strayd/agent/control.h"
#include "strayd/report/render.h"

namespace strayd {
namespace {

// Somebody waits at a terminal, and has what the command saw itself. An agent
// in the middle of a scan replies after it.
constexpr std::chrono::seconds kPatience{2};

AgentWord without_reply(const Error& error) {
  switch (error.fault) {
    case Fault::Denied:
      return {.text = "can't be asked by this user; root may"};
    case Fault::TimedOut:
      return {.text =
                  fmt::format("did not reply within {} s", kPatience.count())};
    case Fault::NotFound:
    case Fault::Malformed:
    case Fault::Unreachable:
    case Fault::Exhausted:
    case Fault::Io:
      break;
  }
  return {.text = "can't be asked: " + one_line(error.what)};
}

}  // namespace

std::optional<AgentWord> ask_for_word(const std::string& state_dir,
                                      const std::string& request) {
  const Result<std::string> reply = ask_agent(state_dir, request, kPatience);
  if (!reply) {
    const Error& error = reply.error();
    const bool nobody =
        error.fault == Fault::NotFound || error.fault == Fault::Unreachable;
    if (nobody) return std::nullopt;
    return without_reply(error);
  }
  const std::string text = one_line(reply->substr(reply->find(' ') + 1));
  if (reply->starts_with("ok ")) return AgentWord{.heard = true, .text = text};
  return AgentWord{.text = "does not say: " + text};
}

}  // namespace strayd
