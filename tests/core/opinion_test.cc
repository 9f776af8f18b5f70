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

TEST(Believed, is_the_agent_where_nothing_but_time_was_lacking) {
  for (const Why why :
       {Why::Unconfirmed, Why::Pm2Unsettled, Why::NewerTooFresh}) {
    const Verdict verdict = believed(own(Standing::Pending, why),
                                     agent(Standing::Stray, Why::NoOwner));
    EXPECT_EQ(verdict.standing, Standing::Stray);
    EXPECT_EQ(verdict.kind, Standing::Stray);
    EXPECT_EQ(verdict.reason.text, "seen there");
  }
}

TEST(Believed, is_no_agent_that_calls_an_orphan_what_has_a_claim_here) {
  for (const Verdict& here : {own(Standing::Held, Why::OnlyCopy),
                              own(Standing::Managed, Why::ListedByPm2),
                              own(Standing::Protected, Why::ProtectRule),
                              own(Standing::Pending, Why::TooYoung)}) {
    EXPECT_EQ(believed(here, agent(Standing::Leftover, Why::Superseded)), here);
  }
}

TEST(Believed, is_the_agent_where_it_spares) {
  for (const Standing here :
       {Standing::Pending, Standing::Leftover, Standing::Stray}) {
    const Verdict verdict = believed(own(here, Why::NoOwner),
                                     agent(Standing::Held, Why::ComesBack));
    EXPECT_EQ(verdict.standing, Standing::Held);
    EXPECT_EQ(verdict.reason.why, Why::ComesBack);
    EXPECT_FALSE(verdict.kind);
  }
}

TEST(Believed, is_this_look_where_the_agent_knows_no_more) {
  const Verdict stray = own(Standing::Stray, Why::NoOwner);
  EXPECT_EQ(believed(stray, agent(Standing::Pending, Why::Unconfirmed)), stray);
  EXPECT_EQ(believed(stray, agent(Standing::Stray, Why::NoOwner)), stray);
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
