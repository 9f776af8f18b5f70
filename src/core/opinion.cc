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

bool spares(Standing standing) {
  return standing == Standing::Protected || standing == Standing::Managed ||
         standing == Standing::Held;
}

// Two looks of a command are too few, and one after another too soon.
bool lacks_time(const Verdict& own) {
  return own.reason.why == Why::Unconfirmed ||
         own.reason.why == Why::Pm2Unsettled ||
         own.reason.why == Why::NewerTooFresh;
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

Verdict believed(const Verdict& own, const Opinion& agent) {
  const bool spared = spares(agent.standing) && !spares(own.standing);
  const bool known_for_long = is_orphan(agent.standing) && lacks_time(own);
  if (!spared && !known_for_long) return own;
  Verdict verdict = own;
  verdict.standing = agent.standing;
  verdict.reason = agent.reason;
  verdict.kind = known_for_long ? std::optional(agent.standing) : std::nullopt;
  return verdict;
}

void add_opinion(Report& report, const ProcId& id, const Opinion& agent) {
  const auto own = std::ranges::find(report.verdicts, id, &Verdict::id);
  if (own == report.verdicts.end()) return;
  Verdict verdict = believed(*own, agent);
  if (verdict == *own) return;
  report.alone.insert_or_assign(id, *own);
  *own = std::move(verdict);
}

}  // namespace strayd
