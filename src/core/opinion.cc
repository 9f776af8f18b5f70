#include "strayd/core/opinion.h"

#include <algorithm>
#include <string>

namespace strayd {
namespace {

std::optional<Standing> standing_of(std::string_view word) {
  const auto found = std::ranges::find(
      kStandings, word, [](Standing each) { return to_string(each); });
  if (found == kStandings.end()) return std::nullopt;
  return *found;
}

std::optional<Why> why_of(std::string_view word) {
  for (int each = 0; each <= static_cast<int>(Why::NoOwner); ++each) {
    const auto why = static_cast<Why>(each);
    if (to_string(why) == word) return why;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Opinion> parse_opinion(std::string_view reply) {
  const std::size_t colon = reply.find(": ");
  const std::size_t open = reply.rfind(" (");
  if (colon == std::string_view::npos || open == std::string_view::npos ||
      open < colon + 2 || !reply.ends_with(')')) {
    return std::nullopt;
  }
  const auto standing = standing_of(reply.substr(0, colon));
  const auto why = why_of(reply.substr(open + 2, reply.size() - open - 3));
  if (!standing || !why) return std::nullopt;
  return Opinion{.standing = *standing,
                 .reason = {.why = *why,
                            .text = std::string(
                                reply.substr(colon + 2, open - colon - 2))}};
}

bool spares(const Opinion& opinion) {
  return opinion.standing == Standing::Protected ||
         opinion.standing == Standing::Managed ||
         opinion.standing == Standing::Held;
}

void add_opinion(Report& report, const ProcId& id, const Opinion& agent) {
  const auto found = std::ranges::find(report.verdicts, id, &Verdict::id);
  if (found == report.verdicts.end()) return;
  const bool same = found->standing == agent.standing &&
                    found->reason.why == agent.reason.why;
  if (same) return;
  report.alone.insert_or_assign(id, *found);
  found->standing = agent.standing;
  found->reason = agent.reason;
  if (is_orphan(agent.standing)) found->kind = agent.standing;
  if (spares(agent)) found->kind.reset();
}

}  // namespace strayd
