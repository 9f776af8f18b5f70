// The restart ledger against everything that PM2's own counter does.
#include "strayd/core/ledger.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/core/restarts.h"

namespace strayd {
namespace {

constexpr const char* kHome = "/srv/.pm2";

Pm2Instance instance(std::int64_t restarts,
                     std::int64_t pm_id = 0,
                     const char* unique_id = "u-1") {
  return {.name = "api",
          .pm_id = pm_id,
          .unique_id = unique_id,
          .restart_time = restarts};
}

class Ledger : public ::testing::Test {
 protected:
  void sees(std::vector<Pm2Instance> instances) {
    const std::vector<Pm2View> views{
        {.home = kHome, .reply = Pm2Answer{.instances = std::move(instances)}}};
    accounts_ = account_restarts(std::move(accounts_), views, {});
  }
  void hears_nothing() {
    const std::vector<Pm2View> views{
        {.home = kHome, .reply = std::unexpected(Pm2Silence{})}};
    accounts_ = account_restarts(std::move(accounts_), views, {});
  }
  std::uint64_t restarts(const char* app = "api") const {
    const auto found = accounts_.ledger.apps.find({.home = kHome, .app = app});
    if (found == accounts_.ledger.apps.end()) return 0;
    std::uint64_t sum = 0;
    for (const auto& [cause, count] : found->second.restarts) sum += count;
    return sum;
  }
  std::uint64_t resets() const {
    return accounts_.ledger.apps.at({.home = kHome, .app = "api"}).resets;
  }

  Accounts accounts_{};
};

TEST_F(Ledger, what_pm2_counted_before_strayd_is_the_past) {
  sees({instance(40)});
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(Ledger, a_rising_count_is_added) {
  sees({instance(40)});
  sees({instance(43)});
  EXPECT_EQ(restarts(), 3U);
}

TEST_F(Ledger, a_reset_loses_nothing_and_is_counted) {
  sees({instance(40)});
  sees({instance(2)});
  EXPECT_EQ(restarts(), 2U);
  EXPECT_EQ(resets(), 1U);
}

TEST_F(Ledger, scaling_down_invents_nothing) {
  sees({instance(30), instance(10, 1)});
  sees({instance(30)});
  EXPECT_EQ(restarts(), 0U);
  EXPECT_EQ(resets(), 0U);
}

TEST_F(Ledger, scaling_up_counts_only_what_the_new_instance_restarts) {
  sees({instance(30)});
  sees({instance(30), instance(0, 1)});
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(Ledger, silence_changes_nothing) {
  sees({instance(40)});
  hears_nothing();
  sees({instance(40)});
  EXPECT_EQ(restarts(), 0U);
}

TEST_F(Ledger, the_empty_list_of_a_new_daemon_changes_nothing) {
  sees({instance(40)});
  sees({});
  sees({instance(41)});
  EXPECT_EQ(restarts(), 1U);
}

TEST_F(Ledger, a_resurrected_app_goes_on_where_it_was) {
  sees({instance(40)});
  sees({instance(41)});
  sees({instance(0, 0, "u-2")});
  sees({instance(2, 0, "u-2")});
  EXPECT_EQ(restarts(), 3U);
}

TEST_F(Ledger, a_crash_loop_before_the_first_sight_of_a_new_app_is_counted) {
  sees({instance(0)});
  Pm2Instance fresh = instance(15, 1, "u-9");
  fresh.name = "web";
  sees({instance(0), fresh});
  EXPECT_EQ(restarts("web"), 15U);
}

TEST_F(Ledger, two_apps_of_one_name_in_two_namespaces_are_two) {
  Pm2Instance other = instance(7, 1, "u-2");
  other.name_space = "ops";
  sees({instance(1), other});
  other.restart_time = 9;
  sees({instance(2), other});
  EXPECT_EQ(restarts("api"), 1U);
  EXPECT_EQ(restarts("ops/api"), 2U);
}

TEST_F(Ledger, a_name_with_a_slash_is_not_that_of_another_namespace) {
  Pm2Instance slashed = instance(1, 1, "u-2");
  slashed.name = "prod/api";
  Pm2Instance other = instance(1, 2, "u-3");
  other.name_space = "prod";
  sees({slashed, other});
  slashed.restart_time = 2;
  other.restart_time = 4;
  sees({slashed, other});
  EXPECT_EQ(restarts("default/prod/api"), 1U);
  EXPECT_EQ(restarts("prod/api"), 3U);
}

TEST_F(Ledger, a_namespace_with_a_slash_is_not_the_beginning_of_a_name) {
  Pm2Instance one = instance(0, 1, "u-2");
  one.name_space = "a/b";
  Pm2Instance other = instance(0, 2, "u-3");
  other.name_space = "a";
  other.name = "b/api";
  Pm2Instance escaped = instance(0, 3, "u-4");
  escaped.name_space = "a%2Fb";
  const std::set<std::string> names{
      app_name(one), app_name(other), app_name(escaped)};
  EXPECT_EQ(names,
            (std::set<std::string>{"a%2Fb/api", "a/b/api", "a%252Fb/api"}));
}

TEST_F(Ledger, a_reused_pm_id_of_another_app_starts_a_new_line) {
  sees({instance(40)});
  Pm2Instance other = instance(1);
  other.name = "web";
  sees({other});
  EXPECT_EQ(restarts("api"), 0U);
  EXPECT_EQ(restarts("web"), 1U);
}

// --- limits

Pm2View lists(const std::string& home, const std::vector<std::string>& names) {
  Pm2Answer answer;
  for (const std::string& name : names) {
    Pm2Instance app = instance(1, 0, "u");
    app.name = name;
    app.unique_id = name;
    answer.instances.push_back(app);
  }
  return {.home = home, .reply = std::move(answer)};
}

RestartLedger counted(RestartLedger ledger, const std::vector<Pm2View>& views) {
  return account_restarts({.ledger = std::move(ledger)}, views, {}).ledger;
}

// ---- what PM2 lists no more

constexpr std::int64_t kDay = std::int64_t{24} * 3600 * 1000;
const AppKey kApi{.home = kHome, .app = "api"};

// Nobody listed, at that time.
void see_none(RestartLedger& ledger, std::int64_t now) {
  note_unlisted(ledger,
                std::vector<Pm2View>{{.home = kHome, .reply = Pm2Answer{}}},
                {},
                now);
}

RestartLedger with_api() {
  RestartLedger ledger;
  ledger.apps[kApi] = {.restarts = {{Cause::Signal, 7}}};
  ledger.apps[{.home = "/other", .app = "api"}] = {};
  return ledger;
}

TEST(Deleted, app_is_told_of_for_a_day) {
  RestartLedger ledger = with_api();
  EXPECT_FALSE(is_long_gone(ledger, kApi, 5)) << "it is listed";
  see_none(ledger, 1000);
  see_none(ledger, 5000);
  EXPECT_FALSE(is_long_gone(ledger, kApi, 1000 + kDay - 1));
  EXPECT_TRUE(is_long_gone(ledger, kApi, 1000 + kDay));
  EXPECT_FALSE(is_long_gone(ledger, {.home = "/other", .app = "api"}, 9 * kDay))
      << "its home said nothing";
}

TEST(Deleted, app_that_comes_back_goes_on_counting_and_is_told_of) {
  RestartLedger ledger = with_api();
  see_none(ledger, 1000);
  const std::vector<Pm2View> back{
      {.home = kHome, .reply = Pm2Answer{.instances = {instance(0)}}}};
  note_unlisted(ledger, back, {}, 1000 + 2 * kDay);
  EXPECT_FALSE(is_long_gone(ledger, kApi, 1000 + 2 * kDay));
  EXPECT_EQ(ledger.apps.at(kApi).restarts.at(Cause::Signal), 7U);
}

TEST(Deleted, is_not_what_a_silent_home_has) {
  RestartLedger ledger = with_api();
  const std::vector<Pm2View> silent{
      {.home = kHome, .reply = std::unexpected(Pm2Silence{})}};
  note_unlisted(ledger, silent, {}, 1000);
  EXPECT_FALSE(is_long_gone(ledger, kApi, 9 * kDay));
}

TEST(Deleted, are_the_apps_of_a_home_that_ended_on_purpose) {
  RestartLedger ledger = with_api();
  const std::vector<Pm2View> dead{
      {.home = kHome,
       .reply = std::unexpected(Pm2Silence{.kind = Pm2Quiet::Dead})}};
  note_unlisted(ledger, dead, {kHome}, 1000);
  EXPECT_TRUE(is_long_gone(ledger, kApi, 1000 + kDay));
}

TEST(Deleted, is_told_of_for_a_day_also_where_the_clock_is_set_back) {
  RestartLedger ledger = with_api();
  see_none(ledger, 9 * kDay);
  see_none(ledger, 1000);
  EXPECT_FALSE(is_long_gone(ledger, kApi, 1000 + kDay - 1));
  EXPECT_TRUE(is_long_gone(ledger, kApi, 1000 + kDay));
}

TEST(LedgerLimits, take_what_is_listed_no_more_from_the_largest_home) {
  const LedgerLimits limits{.apps = 3};
  RestartLedger ledger;
  for (const char* sha : {"a", "b", "c", "d"}) {
    const std::vector<Pm2View> views{lists("/ci", {sha}), lists("/srv", {"x"})};
    ledger = bounded(counted(std::move(ledger), views), views, limits);
    EXPECT_LE(ledger.apps.size(), limits.apps);
  }
  EXPECT_TRUE(ledger.apps.contains({.home = "/srv", .app = "x"}));
  EXPECT_TRUE(ledger.apps.contains({.home = "/ci", .app = "d"}));
}

TEST(LedgerLimits, take_a_whole_home_where_all_of_it_is_listed) {
  const std::vector<Pm2View> views{lists("/ci", {"a", "b", "c"}),
                                   lists("/srv", {"x"})};
  for (const LedgerLimits& limits :
       {LedgerLimits{.apps = 3}, LedgerLimits{.instances = 3}}) {
    const RestartLedger ledger = bounded(counted({}, views), views, limits);
    EXPECT_EQ(ledger.apps.size(), 1U);
    EXPECT_EQ(ledger.instances.size(), 1U);
    EXPECT_TRUE(ledger.homes.contains("/srv"));
  }
}

TEST(LedgerLimits, take_homes_that_answer_no_more) {
  RestartLedger ledger;
  for (const char* job : {"/job/9", "/job/1", "/job/5"}) {
    const std::vector<Pm2View> views{lists(job, {"x"})};
    ledger = bounded(counted(std::move(ledger), views), views, {.homes = 1});
    EXPECT_EQ(ledger.homes.size(), 1U);
    EXPECT_TRUE(ledger.homes.contains(job));
    EXPECT_EQ(ledger.apps.size(), 1U);
  }
}

}  // namespace
}  // namespace strayd
