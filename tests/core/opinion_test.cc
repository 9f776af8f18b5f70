// Whose verdict is told where an agent and another look have one each.
#include "strayd/core/opinion.h"

#include <string>

#include <gtest/gtest.h>

namespace strayd {
namespace {

constexpr ProcId kOne{.pid = 60, .start_ticks = 7};

Verdict own(Standing standing, Why why) {
  Verdict verdict{.id = kOne,
                  .standing = standing,
                  .reason = {.why = why, .text = "seen here"},
                  .tree = kOne};
  if (is_orphan(standing)) verdict.kind = standing;
  return verdict;
}

Opinion agent(Standing standing, Why why) {
  return {.standing = standing, .reason = {.why = why, .text = "seen there"}};
}

TEST(Opinion, is_read_from_the_reply_of_an_agent) {
  const auto opinion = parse_opinion(
      "held: pid 5 (node: main) above it may be its supervisor "
      "(possible_supervisor)");
  ASSERT_TRUE(opinion);
  EXPECT_EQ(opinion->standing, Standing::Held);
  EXPECT_EQ(opinion->reason.why, Why::PossibleSupervisor);
  EXPECT_EQ(opinion->reason.text,
            "pid 5 (node: main) above it may be its supervisor");
}

TEST(Opinion, is_read_for_every_reason) {
  for (const Standing standing : kStandings) {
    for (int each = 0; each <= static_cast<int>(Why::NoOwner); ++each) {
      const auto why = static_cast<Why>(each);
      const auto opinion =
          parse_opinion(std::string(to_string(standing)) + ": so (" +
                        std::string(to_string(why)) + ")");
      ASSERT_TRUE(opinion) << to_string(why);
      EXPECT_EQ(opinion->reason.why, why);
      EXPECT_EQ(opinion->standing, standing);
    }
  }
}

TEST(Opinion, is_none_in_words_that_this_strayd_does_not_know) {
  for (const char* reply : {"",
                            "no rule matches it",
                            "its last scan has not seen this process",
                            "no verdict, its last scan failed: EMFILE (24)",
                            "adopted: by somebody (no_owner)",
                            "held: for a reason of later (of_later)",
                            "held: (no_owner)",
                            "held: no_owner)",
                            " (no_owner)"}) {
    EXPECT_FALSE(parse_opinion(reply)) << reply;
  }
}

// What the report says after the agent has.
Verdict told(const Verdict& here, const Opinion& there) {
  Report report{.verdicts = {here}};
  add_opinion(report, kOne, there);
  return report.verdicts.front();
}

TEST(Opinion, of_the_agent_is_told_whatever_this_look_has_said) {
  for (const Standing here : kStandings) {
    for (const Standing there : kStandings) {
      const Verdict verdict =
          told(own(here, Why::Unconfirmed), agent(there, Why::NoOwner));
      EXPECT_EQ(verdict.standing, there);
      EXPECT_EQ(verdict.reason.text, "seen there");
    }
  }
}

TEST(Opinion, makes_an_orphan_of_what_it_calls_one_and_of_nothing_else) {
  EXPECT_EQ(told(own(Standing::Held, Why::OnlyCopy),
                 agent(Standing::Leftover, Why::Superseded))
                .kind,
            Standing::Leftover);
  EXPECT_FALSE(told(own(Standing::Stray, Why::NoOwner),
                    agent(Standing::Held, Why::ComesBack))
                   .kind);
  EXPECT_EQ(told(own(Standing::Stray, Why::NoOwner),
                 agent(Standing::Pending, Why::Unconfirmed))
                .kind,
            Standing::Stray);
}

TEST(Opinion, that_is_the_same_in_other_words_is_not_told) {
  const Verdict stray = own(Standing::Stray, Why::NoOwner);
  EXPECT_EQ(told(stray, agent(Standing::Stray, Why::NoOwner)), stray);
}

TEST(Opinion, spares_what_it_does_not_call_an_orphan) {
  for (const Standing standing :
       {Standing::Protected, Standing::Managed, Standing::Held}) {
    EXPECT_TRUE(spares(agent(standing, Why::Pidfile)));
  }
  for (const Standing standing :
       {Standing::Pending, Standing::Leftover, Standing::Stray}) {
    EXPECT_FALSE(spares(agent(standing, Why::NoOwner)));
  }
}

TEST(Opinion, is_told_with_what_this_look_alone_has_said) {
  Report report;
  report.verdicts = {own(Standing::Pending, Why::Unconfirmed)};
  const Verdict before = report.verdicts.front();
  add_opinion(report, {.pid = 61}, agent(Standing::Stray, Why::NoOwner));
  EXPECT_TRUE(report.alone.empty()) << "of another process";
  add_opinion(report, kOne, agent(Standing::Stray, Why::NoOwner));
  EXPECT_EQ(report.verdicts.front().standing, Standing::Stray);
  EXPECT_EQ(report.alone.at(kOne), before);
}

}  // namespace
}  // namespace strayd
