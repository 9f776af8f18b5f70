#include "agent_word.h"

#include <chrono>
#include <cstddef>
#include <vector>

#include <fmt/core.h>

#include "strayd/agent/commands.h"
#include "strayd/agent/control.h"
#include "strayd/core/opinion.h"
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

std::optional<std::string> ask_for_opinions(const std::string& state_dir,
                                            bool acted,
                                            Report& report) {
  constexpr std::size_t kMostAsked = 64;
  std::vector<ProcId> asked;
  for (const Verdict& verdict : report.verdicts) {
    const bool settled = verdict.standing == Standing::Protected ||
                         verdict.standing == Standing::Managed;
    if (!settled && asked.size() < kMostAsked) asked.push_back(verdict.id);
  }
  for (const ProcId& id : asked) {
    const auto word = ask_for_word(state_dir, verdict_request(id));
    if (!word) return std::nullopt;
    if (!word->heard) return "The agent " + word->text;
    const auto opinion = parse_opinion(word->text);
    if (opinion && (!acted || spares(*opinion))) {
      add_opinion(report, id, *opinion);
    }
  }
  return std::nullopt;
}

std::function<std::optional<Claim>(const ProcId&)> claims_of_agent(
    const std::string& state_dir) {
  return [state_dir,
          answers = true](const ProcId& id) mutable -> std::optional<Claim> {
    if (!answers) return std::nullopt;
    const auto word = ask_for_word(state_dir, verdict_request(id));
    answers = word && word->heard;
    const auto opinion = answers ? parse_opinion(word->text) : std::nullopt;
    if (!opinion || !spares(*opinion)) return std::nullopt;
    return Claim{.standing = opinion->standing,
                 .reason = {.why = opinion->reason.why,
                            .text = "the agent: " + opinion->reason.text}};
  };
}

}  // namespace strayd
