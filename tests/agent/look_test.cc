// What one look makes of what it reads, on a host that a test writes.
#include "look.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace strayd {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kBootMs;
using ::testing::Key;
using testing::kHome;
using testing::kNow;
using testing::World;

constexpr pid_t kStray = 60;

// A host with one stray on it, and how it is read.
struct Host {
  Host() { world.server(kStray, 1); }

  // What the next reading shows, and all that follow.
  void becomes(World now, std::size_t reading) {
    later[reading] = std::move(now);
  }

  Look look(Memory memory = {}) {
    return {
        {.renew =
             [this](Snapshot& known, std::span<const ProcId> ids) {
               renewed_whole.emplace_back(ids.begin(), ids.end());
               Result<Snapshot> fresh = read();
               known = fresh ? *fresh : Snapshot{};
               if (!fresh) return Result<void>(std::unexpected(fresh.error()));
               return Result<void>{};
             },
         .read =
             [this] {
               ++whole_readings;
               return read();
             },
         .ask = [this](const Snapshot&, const Memory&) { return world.pm2; },
         .sockets = [](const Snapshot&,
                       std::span<const Pm2View>,
                       std::span<const Verdict>) { return std::nullopt; },
         .facts = [](const HostQuestions&) { return HostFacts{}; },
         .resolve = [this](std::span<const std::string> written, bool fresh)
             -> std::optional<std::map<std::string, std::string>> {
           resolved.emplace_back(fresh);
           if (!fresh && !links_moved) return std::nullopt;
           std::map<std::string, std::string> all;
           for (const std::string& path : written) all[path] = "/real";
           return all;
         }},
        std::move(memory)};
  }

  World world{};
  std::map<std::size_t, World> later{};  // by the number of a reading
  std::size_t fails_at = 0;              // the number of a reading; 0: none
  bool links_moved = true;

  // What was asked.
  std::size_t readings = 0;
  std::size_t whole_readings = 0;
  std::vector<std::vector<ProcId>> renewed_whole{};
  std::vector<bool> resolved{};

 private:
  Result<Snapshot> read() {
    ++readings;
    if (const auto now = later.find(readings); now != later.end()) {
      world = now->second;
    }
    if (readings == fails_at) return fail(Fault::Exhausted, "no descriptors");
    return world.snapshot;
  }
};

bool never(const Seen&) {
  return false;
}
bool always(const Seen&) {
  return true;
}

Standing standing(const Look& look, pid_t pid) {
  for (const Verdict& verdict : look.seen().verdicts) {
    if (verdict.id.pid == pid) return verdict.standing;
  }
  ADD_FAILURE() << "there is no verdict on " << pid;
  return Standing::Protected;
}

// A PM2 of its user, which does not answer: the stray may be its.
World with_a_silent_pm2(World world) {
  world.god(5);
  world.is_quiet(Pm2Quiet::Silent);
  return world;
}

TEST(Look, finds_a_stray_in_two_readings) {
  Host host;
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_EQ(standing(look, kStray), Standing::Stray);
  EXPECT_EQ(host.readings, 2U);
  EXPECT_FALSE(look.seen().whole);
}

TEST(Look, reads_once_where_there_is_no_orphan) {
  Host host;
  host.world = with_a_silent_pm2(std::move(host.world));
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_EQ(standing(look, kStray), Standing::Held);
  EXPECT_EQ(host.readings, 1U);
}

TEST(Look, calls_nobody_an_orphan_that_is_none_in_the_second_reading) {
  Host host;
  World guarded = host.world;
  guarded.find(kStray).tracer = 4711;
  host.becomes(guarded, 2);
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_FALSE(is_orphan(standing(look, kStray)));
}

TEST(Look, reads_all_of_a_suspect_and_of_what_is_above_it) {
  Host host;
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  const ProcId stray = host.world.find(kStray).id;
  EXPECT_THAT(host.renewed_whole[0], IsEmpty());
  EXPECT_THAT(host.renewed_whole[1], Contains(stray));
  EXPECT_THAT(host.renewed_whole[1], Contains(host.world.find(1).id));
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_THAT(host.renewed_whole[2], Contains(stray)) << "known from before";
}

TEST(Look, reads_everything_twice_before_anybody_is_signalled) {
  Host host;
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, always));
  EXPECT_EQ(host.whole_readings, 2U);
  EXPECT_TRUE(look.seen().whole);
  EXPECT_EQ(standing(look, kStray), Standing::Stray);
}

TEST(Look, does_not_believe_the_first_of_two_whole_readings) {
  for (const std::size_t reading : {3UZ, 4UZ}) {
    Host host;
    World guarded = host.world;
    guarded.find(kStray).tracer = 4711;
    host.becomes(host.world, 1);
    host.becomes(guarded, reading);
    host.becomes(reading == 3 ? host.world : guarded, 4);
    Look look = host.look();
    ASSERT_TRUE(look.look(host.world.policy, always));
    EXPECT_FALSE(is_orphan(standing(look, kStray))) << "guarded in " << reading;
  }
}

TEST(Look, asks_whether_it_matters_of_what_it_would_tell) {
  Host host;
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, [](const Seen& seen) {
    EXPECT_FALSE(seen.verdicts.empty());
    EXPECT_FALSE(seen.snapshot.processes.empty());
    return false;
  }));
}

// A launch that PM2 was heard to end: what its processes leave is left.
World with_app() {
  World world;
  world.god(5);
  world.process(10, 5, seconds{9900}, {"node", "/srv/app/start.js"});
  world.process(11, 10, seconds{9901}, {"sh", "start.sh"}, "/bin/sh");
  world.server(12, 11, seconds{9902});
  world.find(12).ignores_hangup = true;
  world.lists(5, {World::instance(10, seconds{9900})});
  return world;
}

// Each reading of a look that would act may fail: nothing of it is kept.
void expect_nothing_is_kept(const World& first, std::size_t fails_at) {
  Host host;
  host.world = first;
  Look look = host.look();
  const Policy policy = host.world.policy;
  ASSERT_TRUE(look.look(policy, never));
  const Memory before = look.seen().memory;
  const std::vector<Verdict> verdicts = look.seen().verdicts;

  World later = host.world;
  later.end(11);
  later.pm2.clear();
  later.snapshot.taken += seconds{5};
  host.becomes(later, host.readings + 1);
  host.fails_at = host.readings + fails_at;
  Life life;
  life.wanted.insert(LaunchKey{});
  look.hear({}, life);
  const Result<void> failed = look.look(policy, always);

  ASSERT_FALSE(failed) << "reading " << fails_at;
  EXPECT_EQ(failed.error().fault, Fault::Exhausted);
  EXPECT_EQ(look.seen().memory, before) << "reading " << fails_at;
  EXPECT_EQ(look.seen().verdicts, verdicts);
  EXPECT_THAT(look.seen().snapshot.processes, IsEmpty())
      << "so that the next one reads all anew";
}

TEST(Look, keeps_what_it_knew_whole_where_any_reading_fails) {
  World strays;
  strays.server(kStray, 1);
  for (const std::size_t reading : {1UZ, 2UZ, 3UZ, 4UZ}) {
    expect_nothing_is_kept(strays, reading);
  }
  for (const std::size_t reading : {1UZ, 2UZ, 3UZ}) {
    expect_nothing_is_kept(with_app(), reading);
  }
}

Life shell_ends(World& world) {
  Life life;
  life.ends[world.find(11).id] = {.how = ExitStatus::How::Exited, .value = 0};
  return life;
}

World without_shell(World world) {
  world.end(11);
  world.snapshot.taken += seconds{5};
  return world;
}

Parting parting_of(const Look& look, World& world, pid_t pid) {
  return look.seen().memory.origins.at(world.find(pid).id).parting;
}

TEST(Look, tells_a_look_what_happened_before_it) {
  Host host;
  host.world = with_app();
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  look.hear({}, shell_ends(host.world));
  host.world = without_shell(std::move(host.world));
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_EQ(parting_of(look, host.world, 12), Parting::LetGo);
}

TEST(Look, tells_the_next_one_again_what_one_that_failed_was_told) {
  Host host;
  host.world = with_app();
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  look.hear({}, shell_ends(host.world));
  host.world = without_shell(std::move(host.world));
  host.fails_at = host.readings + 1;
  ASSERT_FALSE(look.look(host.world.policy, never));
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_EQ(parting_of(look, host.world, 12), Parting::LetGo);
}

// A pid is used again.
TEST(Look, tells_what_happened_once) {
  Host host;
  host.world = with_app();
  Look look = host.look();
  look.hear({}, shell_ends(host.world));
  ASSERT_TRUE(look.look(host.world.policy, never));
  host.world = without_shell(std::move(host.world));
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_EQ(parting_of(look, host.world, 12), Parting::Unseen);
}

TEST(Look, forgets_events_of_pids_that_an_earlier_strayd_knew) {
  Host host;
  host.world = with_app();
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  Life events;
  events.events.emplace_back(Life::End{
      .pid = 11, .status = {.how = ExitStatus::How::Exited, .value = 0}});
  look.hear(events, {});
  look.forget_events();
  host.world = without_shell(std::move(host.world));
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_EQ(parting_of(look, host.world, 12), Parting::Unseen);
}

TEST(Look, resolves_the_links_of_the_configuration_anew_before_a_signal) {
  Host host;
  host.world.policy.protect.push_back(
      {.name = "current", .match = {.cwd = "/srv/current"}});
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, always));
  EXPECT_THAT(host.resolved, ElementsAre(false, true));
  EXPECT_EQ(look.seen().memory.directories.at("/srv/current"), "/real");
}

TEST(Look, remembers_where_links_led_until_it_asks_again) {
  Host host;
  host.world.policy.protect.push_back(
      {.name = "current", .match = {.cwd = "/srv/current"}});
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  host.links_moved = false;
  ASSERT_TRUE(look.look(host.world.policy, never));
  EXPECT_THAT(look.seen().memory.directories, Contains(Key("/srv/current")));
}

TEST(Look, holds_at_once_what_somebody_was_found_to_keep) {
  Host host;
  Look look = host.look();
  ASSERT_TRUE(look.look(host.world.policy, never));
  ASSERT_EQ(standing(look, kStray), Standing::Stray);
  const auto key = reaction_key_of(host.world.find(kStray));
  ASSERT_TRUE(key);
  look.keep({{*key, {.until = kNow + seconds{3600}}}}, host.world.policy);
  EXPECT_EQ(standing(look, kStray), Standing::Held);
}

}  // namespace
}  // namespace strayd
