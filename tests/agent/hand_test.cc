// Whether the hand may, and what it does: on real processes, in a PID namespace
// that each test makes.
#include "hand.h"

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"
#include "strayd/report/state.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "report/audit_support.h"
#include "support/pid_namespace.h"
#include "support/puppets.h"

namespace strayd::test {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

const AppKey kApp{.home = "/srv/.pm2", .app = "api"};

Config config_in(const RamDir& dir) {
  Config config = parse_config(R"({"mode": "enforce",
      "rules": [{"name": "server", "exe": "sleep", "pattern": "server\\.ts",
                 "grace": "100s"}]})",
                               "test")
                      .value();
  config.policy.min_age = {};
  config.policy.confirmations = 1;
  config.policy.interval = {};
  config.state_dir = dir / "state";
  config.audit.file = dir / "audit.jsonl";
  return config;
}

// Strays that a rule matches, and a hand above them.
class Scene {
 public:
  explicit Scene(int strays = 1) {
    const std::size_t second = puppets.fork_from_init();
    static_cast<void>(second);  // pid 2 would be taken for kthreadd
    for (int i = 0; i < strays; ++i) {
      strays_.push_back(puppets.fork_from_init());
      puppets.execute(strays_.back(), "server.ts");
    }
    hand = make_hand();
  }

  std::unique_ptr<Hand> make_hand(
      std::map<std::string, std::string> lacks = {}) {
    State state = load_state(terms.config.state_dir).value().state;
    return std::make_unique<Hand>(
        HandPorts{
            .snapshot = [this] { return snapshot(); },
            .read = [this](const ProcId& one) { return procfs.read(one); },
            .claims =
                [this](const Snapshot&, std::span<const ProcId> ids) {
                  on_claims();
                  return std::vector<std::optional<Claim>>(ids.size(), claim);
                },
            .stopping = [] { return false; },
            .ties =
                [](std::span<const AppFacts> apps,
                   std::span<const TreeOrder> orders) {
                  KillTies ties;
                  for (const AppFacts& app : apps) {
                    ties[app.app] = {.tie = Tie{}, .whole = true};
                  }
                  return std::vector<KillTies>(orders.size(), ties);
                },
            .ended =
                [this](const ProcId& one) {
                  ended.push_back(one);
                }},
        terms,
        std::move(lacks),
        Records(terms.config.state_dir,
                open_or_die({.file = terms.config.audit.file}),
                std::move(state)));
  }

  // What a look would see: all of them are strays.
  Seen seen(bool whole = true) {
    Seen seen{.snapshot = snapshot().value(), .whole = whole};
    for (std::size_t i = 0; i < strays_.size(); ++i) {
      seen.verdicts.push_back({.id = id(i),
                               .standing = Standing::Stray,
                               .reason = {.why = Why::NoOwner},
                               .rule = "server",
                               .tree = id(i),
                               .kind = Standing::Stray});
    }
    return seen;
  }

  // One scan's worth of acting. A suspect is held from its first sighting.
  Plan act(bool whole = true) { return act(seen(whole)); }
  Plan act(const Seen& seen) {
    hand->begin_scan();
    Plan plan = hand->plan(seen, {});
    hand->act(plan, seen);
    return plan;
  }

  ProcId id(std::size_t stray = 0) {
    const Snapshot now = snapshot().value();
    for (const Process& process : now.processes) {
      if (process.id.pid == puppets.pid(strays_[stray])) return process.id;
    }
    return {};
  }
  bool is_sleeping(std::size_t stray = 0) {
    return procfs.read(id(stray)).value().state == 'S';
  }
  std::vector<nlohmann::json> audit(const std::string& event) const {
    std::vector<nlohmann::json> found;
    for (nlohmann::json& line : lines_of(terms.config.audit.file)) {
      if (line["event"] == event) found.push_back(std::move(line));
    }
    return found;
  }
  State on_disk() const { return peek_state(terms.config.state_dir).value(); }

  RamDir dir{};
  Terms terms{.config = config_in(dir), .wish = Wish::Reap};
  Puppets puppets{};
  Procfs procfs = Procfs::open({}).value();
  std::optional<Claim> claim{};
  std::function<void()> on_claims = [] {
  };
  std::vector<ProcId> ended{};
  std::unique_ptr<Hand> hand{};

 private:
  Result<Snapshot> snapshot() {
    return procfs.snapshot([](const Snapshot& base) {
      std::vector<ProcId> all;
      for (const Process& process : base.processes) all.push_back(process.id);
      return all;
    });
  }
  std::vector<std::size_t> strays_{};
};

void in_scene(const std::function<void(Scene&)>& body, int strays = 1) {
  in_pid_namespace([&] {
    Scene scene(strays);
    body(scene);
  });
}

const auto kClaim = Claim{.standing = Standing::Held,
                          .reason = {.why = Why::OnlyCopy, .text = "mine"}};

// --- what it does where it may

TEST(Hand, ends_what_it_is_ordered_to) {
  in_scene([](Scene& scene) {
    const ProcId stray = scene.id();
    scene.act();
    EXPECT_EQ(scene.hand->awaited(), 1U);
    EXPECT_THAT(scene.audit("intent"), SizeIs(1));
    EXPECT_EQ(scene.on_disk().kills_unix_ms.size(), 1U);
    eventually([&] {
      Puppets::reap();
      scene.hand->advance();
      return scene.hand->awaited() == 0;
    });
    ASSERT_THAT(scene.hand->reaped(), SizeIs(1));
    EXPECT_EQ(scene.hand->reaped().front().outcome, Outcome::Terminated);
    EXPECT_THAT(scene.ended, testing::ElementsAre(stray));
  });
}

TEST(Hand, obeys_nobody_where_not_everything_was_read) {
  in_scene([](Scene& scene) {
    const Plan plan = scene.act(false);
    EXPECT_FALSE(plan.orders.empty());
    EXPECT_EQ(scene.hand->awaited(), 0U);
    EXPECT_THAT(scene.audit("intent"), IsEmpty());
    EXPECT_TRUE(scene.is_sleeping());
  });
}

TEST(Hand, would_act_on_what_it_would_end_and_on_nothing_else) {
  in_scene([](Scene& scene) {
    EXPECT_TRUE(scene.hand->would_act(scene.seen()));
    Seen held = scene.seen();
    held.verdicts.front().standing = Standing::Held;
    held.verdicts.front().kind.reset();
    EXPECT_FALSE(scene.hand->would_act(held));
    scene.terms.wish = Wish::Observe;
    EXPECT_FALSE(scene.hand->would_act(scene.seen()));
  });
}

// Its grace is over, and its end was not seen yet.
TEST(Hand, orders_nobody_again_whose_end_is_awaited) {
  in_scene([](Scene& scene) {
    scene.terms.config.policy.rules.front().grace = {};
    scene.act();
    ASSERT_EQ(scene.hand->awaited(), 1U);
    EXPECT_FALSE(scene.hand->would_act(scene.seen()));
    EXPECT_THAT(scene.act().orders, IsEmpty());
    EXPECT_THAT(scene.on_disk().kills_unix_ms, SizeIs(1));
  });
}

TEST(Hand, orders_nobody_in_whose_grace_another_strayd_left_him) {
  in_scene([](Scene& scene) {
    scene.act();
    ASSERT_EQ(scene.hand->awaited(), 1U);
    scene.hand = scene.make_hand();
    EXPECT_FALSE(scene.hand->would_act(scene.seen()));
  });
}

// --- before each signal

// What happens between the order and the signal, and what it is called.
struct Withdrawal {
  const char* what;
  std::function<void(Scene&)> happens;
};

std::vector<Withdrawal> withdrawals() {
  return {
      {"strayd only observes now",
       [](Scene& scene) {
         scene.terms.wish = Wish::Observe;
       }},
      {"the breaker is open",
       [](Scene& scene) {
         scene.hand->records().trip("the test");
       }},
      {"the last scan failed",
       [](Scene& scene) {
         scene.hand->note_failure();
       }},
      {"its rule is gone",
       [](Scene& scene) {
         scene.terms.config.policy.rules.clear();
       }},
      {"its rule was changed",
       [](Scene& scene) {
         scene.terms.config.policy.rules.front().match.exe = "node";
       }},
      {"its rule forbids it now",
       [](Scene& scene) {
         scene.terms.config.policy.rules.front().reap = ReapScope::Leftover;
       }},
      {"strayd is blind: state_file",
       [](Scene& scene) {
         std::filesystem::remove_all(scene.terms.config.state_dir);
         append_to(scene.terms.config.state_dir, "a file is in the way");
         Seen news = scene.seen();
         news.memory.homes["/srv/.pm2"] = {.seen = true};
         scene.hand->save(news);
       }},
  };
}

TEST(Hand, withdraws_an_order_when_what_it_rests_on_changes) {
  for (const Withdrawal& withdrawal : withdrawals()) {
    in_scene([&](Scene& scene) {
      scene.on_claims = [&] {
        withdrawal.happens(scene);
      };
      scene.act();
      EXPECT_EQ(scene.hand->awaited(), 0U) << withdrawal.what;
      ASSERT_THAT(scene.hand->reaped(), SizeIs(1)) << withdrawal.what;
      EXPECT_EQ(scene.hand->reaped().front().failure, FailureWhy::Withdrawn);
      EXPECT_EQ(scene.hand->reaped().front().detail, withdrawal.what);
      EXPECT_TRUE(scene.is_sleeping()) << withdrawal.what;
    });
  }
}

TEST(Hand, orders_nobody_while_something_required_is_missing) {
  in_scene([](Scene& scene) {
    scene.hand = scene.make_hand({{"seccomp_filter", "no"}});
    EXPECT_FALSE(scene.hand->would_act(scene.seen()));
    const Plan plan = scene.act();
    ASSERT_THAT(plan.withheld, SizeIs(1));
    EXPECT_EQ(plan.withheld.front().why, Withheld::Disarmed);
  });
}

// --- a tree that turned out to be owned

TEST(Hand, lets_a_refused_tree_ripen_again) {
  in_scene([](Scene& scene) {
    scene.terms.config.policy.confirmations = 2;
    scene.act();
    EXPECT_TRUE(scene.hand->suspects(scene.id()));
    scene.claim = kClaim;
    scene.act();
    ASSERT_THAT(scene.hand->reaped(), SizeIs(1));
    EXPECT_EQ(scene.hand->reaped().front().outcome, Outcome::Refused);
    EXPECT_FALSE(scene.hand->suspects(scene.id()));
    scene.claim.reset();
    EXPECT_THAT(scene.act().orders, IsEmpty()) << "its first confirmation";
    EXPECT_EQ(scene.hand->awaited(), 0U);
    const Plan plan = scene.act();
    EXPECT_THAT(plan.orders, SizeIs(1));
    EXPECT_THAT(plan.withheld, IsEmpty());
    EXPECT_EQ(scene.hand->awaited(), 1U);
  });
}

TEST(Hand, suspects_nobody_after_a_scan_that_failed) {
  in_scene([](Scene& scene) {
    scene.terms.config.policy.confirmations = 2;
    scene.act();
    scene.hand->note_failure();
    EXPECT_FALSE(scene.hand->suspects(scene.id()));
    EXPECT_THAT(scene.act().orders, IsEmpty());
  });
}

// --- the budget

TEST(Hand, gives_back_what_it_spent_on_a_tree_that_was_refused) {
  in_scene([](Scene& scene) {
    scene.claim = kClaim;
    scene.act();
    EXPECT_EQ(scene.hand->awaited(), 0U);
    EXPECT_EQ(scene.hand->records().kills_last_hour(), 0U);
    EXPECT_THAT(scene.on_disk().kills_unix_ms, IsEmpty());
    EXPECT_THAT(scene.on_disk().in_grace, IsEmpty());
  });
}

TEST(Hand, leaves_it_to_another_strayd_that_is_reaping) {
  in_scene([](Scene& scene) {
    const std::string path = scene.terms.config.state_dir + "/reap.lock";
    UniqueFd other(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    const Plan plan = scene.act();
    EXPECT_EQ(scene.hand->awaited(), 0U);
    EXPECT_THAT(scene.on_disk().kills_unix_ms, IsEmpty());
    ASSERT_THAT(plan.withheld, SizeIs(1));
    other = {};
    scene.act();
    EXPECT_EQ(scene.hand->awaited(), 1U);
  });
}

// Between the plan and the signal.
TEST(Hand, heeds_a_breaker_that_another_strayd_has_just_opened) {
  in_scene([](Scene& scene) {
    scene.hand->begin_scan();
    const Seen seen = scene.seen();
    Plan plan = scene.hand->plan(seen, {});
    ASSERT_THAT(plan.orders, SizeIs(1));
    State beside = scene.on_disk();
    beside.breaker = opened(beside.breaker, "harm", unix_ms());
    ASSERT_TRUE(share_state(scene.terms.config.state_dir, beside, {}));
    scene.hand->act(plan, seen);
    EXPECT_EQ(scene.hand->awaited(), 0U);
    ASSERT_THAT(plan.withheld, SizeIs(1));
    EXPECT_EQ(plan.withheld.front().why, Withheld::BreakerOpen);
    EXPECT_TRUE(scene.is_sleeping());
  });
}

TEST(Hand, opens_the_breaker_where_a_plan_is_over_the_budget) {
  in_scene(
      [](Scene& scene) {
        EXPECT_TRUE(scene.hand->would_act(scene.seen()));
        scene.act();
        EXPECT_EQ(scene.hand->awaited(), 0U);
        EXPECT_TRUE(scene.on_disk().breaker.open) << "durably";
      },
      4);
}

// --- what came of it

AppFacts app_with(const ProcId& process) {
  return {.app = kApp, .processes = {process}};
}

TEST(Hand, opens_the_breaker_durably_when_a_kill_did_harm) {
  in_scene([](Scene& scene) {
    const Seen seen = scene.seen();
    const std::vector<AppFacts> apps{app_with({.pid = 99, .start_ticks = 1})};
    scene.hand->look_for_harm(seen, boot_time(), apps, {});
    scene.act();
    ASSERT_EQ(scene.hand->awaited(), 1U);
    const std::vector<Restart> crash{{.app = kApp, .cause = Cause::ExitCode}};
    scene.hand->look_for_harm(seen, boot_time(), apps, crash);
    EXPECT_THAT(scene.hand->take_harms(), SizeIs(1));
    EXPECT_TRUE(scene.hand->records().breaker().open);
    EXPECT_TRUE(scene.on_disk().breaker.open);
    std::vector<std::string> notes;
    for (const auto& line : scene.audit("note")) notes.push_back(line["what"]);
    EXPECT_THAT(notes, testing::ElementsAre("harm", "breaker_open"));
  });
}

TEST(Hand, does_not_watch_for_harm_of_a_kill_that_was_refused) {
  in_scene([](Scene& scene) {
    const Seen seen = scene.seen();
    const std::vector<AppFacts> apps{app_with({.pid = 99, .start_ticks = 1})};
    scene.hand->look_for_harm(seen, boot_time(), apps, {});
    scene.claim = kClaim;
    scene.act();
    const std::vector<Restart> crash{{.app = kApp, .cause = Cause::ExitCode}};
    scene.hand->look_for_harm(seen, boot_time(), apps, crash);
    EXPECT_THAT(scene.hand->take_harms(), IsEmpty());
    EXPECT_FALSE(scene.hand->records().breaker().open);
  });
}

TEST(Hand, watches_a_kill_on_disk_before_the_signal) {
  in_scene([](Scene& scene) {
    const Seen seen = scene.seen();
    const std::vector<AppFacts> apps{app_with({.pid = 99, .start_ticks = 1})};
    scene.hand->look_for_harm(seen, boot_time(), apps, {});
    std::size_t watched = 0;
    scene.on_claims = [&] {
      watched = scene.on_disk().harm.kills.size();
    };
    scene.act();
    EXPECT_EQ(watched, 1U);
  });
}

TEST(Hand, forgives_a_kill_when_an_operator_closes_the_breaker) {
  in_scene([](Scene& scene) {
    const Seen seen = scene.seen();
    const std::vector<AppFacts> apps{app_with({.pid = 99, .start_ticks = 1})};
    scene.hand->look_for_harm(seen, boot_time(), apps, {});
    scene.act();
    const std::vector<Restart> crash{{.app = kApp, .cause = Cause::ExitCode}};
    scene.hand->look_for_harm(seen, boot_time(), apps, crash);
    ASSERT_TRUE(scene.hand->close_breaker("the test"));
    EXPECT_FALSE(scene.on_disk().breaker.open);
    scene.hand->save(seen);
    EXPECT_THAT(scene.on_disk().harm.kills, IsEmpty());
  });
}

TEST(Hand, that_only_looks_signals_and_writes_nothing) {
  in_scene([](Scene& scene) {
    scene.terms.wish = Wish::Look;
    const auto before = scene.audit("intent");
    scene.act();
    scene.hand->save(scene.seen());
    EXPECT_EQ(scene.hand->awaited(), 0U);
    EXPECT_THAT(scene.on_disk().kills_unix_ms, IsEmpty());
    EXPECT_TRUE(scene.is_sleeping());
  });
}

}  // namespace
}  // namespace strayd::test
