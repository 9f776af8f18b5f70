// The restart ledger against a PM2 that restarts for every cause, heard over a
// bus that lags, breaks, repeats itself, or is not to be trusted at all.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/core/restarts.h"

#include "pm2_model.h"

namespace strayd {
namespace {

using test::Dice;
using test::Pm2Model;
using test::Said;
using test::Speaker;

constexpr std::uint64_t kRuns = 250;
constexpr int kScans = 60;

// How PM2's words come to strayd.
enum class Bus {
  Perfect,  // all of it, at once
  Real,     // late; broken off with a Gap in that place; some of it twice
  Lying     // lost without a Gap, out of order, made up
};

class World {
 public:
  World(std::uint64_t seed, Bus bus)
      : dice_(seed),
        bus_(bus),
        breaks_(bus == Bus::Perfect ? 0 : dice_.below(30)),
        model_(
            dice_,
            [this](const Said& said) { speak(said); },
            bus == Bus::Perfect) {
    said_.clear();
    pm2_says_gap();
    scan();  // the past
    scan();
  }

  void live() {
    for (int i = 0; i < kScans && !testing::Test::HasFailure(); ++i) {
      steps(dice_.below(60));
      if (bus_ != Bus::Perfect) whims();
      scan();
    }
  }

  std::uint64_t total() const {
    return count([](Cause) { return true; });
  }
  std::uint64_t known() const {
    return count([](Cause cause) {
      return cause != Cause::Missed && cause != Cause::Unknown;
    });
  }

 private:
  void steps(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      model_.step();
      if (dice_.below(1000) < (connected_ ? breaks_ : 200)) break_or_mend();
    }
  }

  void speak(const Said& said) {
    for (const Pm2Event& event : said) {
      if (!connected_) return;
      said_.push_back(event);
      if (event.unique_id.empty()) continue;
      if (bus_ != Bus::Perfect && dice_.percent(10)) {
        said_.push_back(event);
      }
    }
  }
  void pm2_says_gap() {
    said_.push_back({.kind = Pm2Event::Kind::Gap, .home = Pm2Model::home()});
  }
  void break_or_mend() {
    connected_ = !connected_;
    unbroken_ = false;
    // What had come and was not yet taken may be lost as well.
    if (!connected_) said_.resize(dice_.below(said_.size() + 1));
    pm2_says_gap();
  }

  // Of strayd, and of PM2's socket.
  void whims() {
    if (dice_.percent(3)) {
      accounts_ = {.ledger = accounts_.ledger};
      said_.clear();
      model_.let_go();
      pm2_says_gap();
      unbroken_ = false;
    }
    if (dice_.percent(5)) account(std::unexpected(Pm2Silence{}), {});
    if (dice_.percent(5)) account(Pm2Answer{}, {});
  }

  void scan() {
    const std::vector<Pm2Instance> list = model_.list();
    unbroken_ = connected_;
    if (bus_ != Bus::Perfect) steps(dice_.below(5));
    Clues clues;
    clues.at = now_ += std::chrono::seconds{1 + dice_.below(20)};
    const bool all = bus_ == Bus::Perfect || dice_.percent(60);
    clues.events = take(all ? said_.size() : dice_.below(said_.size() + 1));
    if (all && unbroken_ && connected_) {
      clues.caught_up.insert(Pm2Model::home());
    }
    clues.deaths = model_.take_deaths();
    clues.oom = model_.take_oom();
    clues.signalled = model_.signalled();
    if (bus_ == Bus::Lying) spoil(clues.events);
    expect(list);
    account(Pm2Answer{.instances = list}, clues);
    model_.hold(list);
  }

  Said take(std::size_t count) {
    const auto end = said_.begin() + static_cast<std::ptrdiff_t>(count);
    Said taken(said_.begin(), end);
    said_.erase(said_.begin(), end);
    return taken;
  }

  void spoil(Said& said) {
    std::erase_if(said, [&](const Pm2Event&) { return dice_.percent(20); });
    for (std::size_t i = 1; i < said.size(); ++i) {
      if (dice_.percent(20)) std::swap(said[i], said[dice_.below(i)]);
    }
    const Speaker liar{.unique_id = "u-1"};
    for (std::size_t i = dice_.below(20); i > 0; --i) {
      Pm2Event lie = liar.exit(Pm2Status::Stopped,
                               static_cast<std::int64_t>(dice_.below(10)),
                               static_cast<std::int64_t>(dice_.below(1000)),
                               1)
                         .front();
      lie.kind = static_cast<Pm2Event::Kind>(dice_.below(8));
      said.push_back(lie);
    }
  }

  // What the lists alone say.
  void expect(const std::vector<Pm2Instance>& list) {
    if (list.empty()) return;
    std::map<std::pair<std::string, std::int64_t>, std::int64_t> now;
    for (const Pm2Instance& instance : list) {
      const std::pair key{instance.unique_id, instance.pm_id};
      const std::int64_t count = instance.restart_time;
      now[key] = count;
      const auto before = counts_.find(key);
      if (before == counts_.end()) {
        gained_ += watched_ ? count : 0;
      } else {
        gained_ += count >= before->second ? count - before->second : count;
      }
    }
    counts_ = std::move(now);
    watched_ = true;
  }

  void account(std::expected<Pm2Answer, Pm2Silence> reply, const Clues& clues) {
    const RestartLedger before = accounts_.ledger;
    followed_ = accounts_.trails.homes[Pm2Model::home()].followed;
    const std::vector<Pm2View> views{
        {.home = Pm2Model::home(), .reply = std::move(reply)}};
    accounts_ = account_restarts(std::move(accounts_), views, clues);
    EXPECT_EQ(total(), static_cast<std::uint64_t>(gained_))
        << "the sum is what PM2 counted";
    expect_no_fall(before);
    if (bus_ != Bus::Lying) expect_truth();
  }

  std::uint64_t count(bool (*wanted)(Cause)) const {
    std::uint64_t sum = 0;
    for (const auto& [key, account] : accounts_.ledger.apps) {
      for (const auto& [cause, restarts] : account.restarts) {
        if (wanted(cause)) sum += restarts;
      }
    }
    return sum;
  }

  void expect_no_fall(const RestartLedger& before) const {
    for (const auto& [key, account] : before.apps) {
      for (const auto& [cause, count] : account.restarts) {
        EXPECT_GE(accounts_.ledger.apps.at(key).restarts.at(cause), count);
      }
    }
  }

  void expect_truth() const {
    for (const Restart& restart : accounts_.restarts) {
      const bool unexplained =
          restart.cause == Cause::Missed || restart.cause == Cause::Unknown;
      if (bus_ == Bus::Real && unexplained) continue;
      // Then an operator's word is believed without the end before it.
      if (!followed_ && restart.cause == Cause::Operator) continue;
      ASSERT_TRUE(restart.pm_uptime_ms);
      if (restart.cause == Cause::Strayd) {
        EXPECT_TRUE(
            model_.strayd_ended({.instance = restart.instance,
                                 .pm_uptime_ms = *restart.pm_uptime_ms}));
        continue;
      }
      const std::optional<Cause> truth = model_.truth(
          restart.instance, restart.restart_time, *restart.pm_uptime_ms);
      SCOPED_TRACE(restart.instance.unique_id + " pm_id " +
                   std::to_string(restart.instance.pm_id) + " restart " +
                   std::to_string(restart.restart_time) + " of " +
                   std::to_string(*restart.pm_uptime_ms));
      ASSERT_TRUE(truth) << "there was no such restart";
      EXPECT_EQ(to_string(restart.cause), to_string(*truth));
    }
  }

  Dice dice_;
  Bus bus_;
  std::size_t breaks_;  // of a thousand steps
  bool connected_ = true;
  bool unbroken_ = true;  // since the list was asked for
  std::deque<Pm2Event> said_{};
  Pm2Model model_;
  BootTime now_{};
  Accounts accounts_{};
  bool watched_ = false;
  bool followed_ = false;  // the bus, before this scan
  std::int64_t gained_ = 0;
  std::map<std::pair<std::string, std::int64_t>, std::int64_t> counts_{};
};

// Of the restarts, how many are explained.
struct Told {
  std::uint64_t known = 0;
  std::uint64_t all = 0;
};

Told live_through(Bus bus) {
  Told told;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    World world(seed, bus);
    world.live();
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
      break;
    }
    told.known += world.known();
    told.all += world.total();
  }
  return told;
}

TEST(Restarts, have_their_true_causes_where_all_is_heard) {
  live_through(Bus::Perfect);
}

TEST(Restarts, have_no_wrong_cause_where_the_bus_lags_and_breaks) {
  const Told told = live_through(Bus::Real);
  EXPECT_GT(told.known, told.all / 4) << "and not for saying nothing";
}

TEST(Restarts, are_all_counted_whatever_the_bus_says) {
  live_through(Bus::Lying);
}

}  // namespace
}  // namespace strayd
