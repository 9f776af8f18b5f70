// Harm that is told from coincidence, on a host where much ends by itself: days
// of it, in a moment.
//
//   harm_simulation DAYS [SEED]
//
// Twenty apps end by themselves every 6, 10 and 60 minutes and daily: like
// clockwork, with jitter, and at random. Six kills an hour come at any moment,
// and nothing ties anybody to them: fewer than one in a thousand may open the
// breaker. Then the same hosts with kills that an app does not survive, which
// ends once a day by itself: the third opens it, but on one host in a hundred
// where kills and its own ends happen to crowd.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "strayd/core/harm.h"

namespace strayd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kScan{5};
constexpr minutes kBetweenKills{10};
constexpr hours kDay{24};

nanoseconds next_scan(nanoseconds time) {
  return (time / kScan + 1) * nanoseconds{kScan};
}

struct SimulatedApp {
  AppFacts facts{};
  nanoseconds period{};
  int kind = 0;  // of its clock
  nanoseconds next{};
};

struct Tally {
  std::size_t kills = 0;
  std::size_t openings = 0;
  std::size_t coincidences = 0;
};

class Host {
 public:
  explicit Host(unsigned seed) : random_(seed) {
    const std::vector<nanoseconds> periods{
        minutes{6}, minutes{10}, minutes{60}, kDay};
    for (int i = 0; i < 20; ++i) {
      SimulatedApp app{.period = periods[static_cast<std::size_t>(i) % 4],
                       .kind = i / 4 % 3};
      app.facts.app = {.home = "/srv/.pm2", .app = "app" + std::to_string(i)};
      facts_.push_back(app.facts);
      app.next = now_ + part(app.period);
      apps_.push_back(std::move(app));
    }
    kill_ = now_ + gap_to_kill();
    look({}, {});
  }

  // Those that nothing ties to anybody.
  Tally live(nanoseconds time) {
    Tally tally;
    const nanoseconds end = now_ + time;
    while (now_ < end) {
      if (!step()) continue;
      ++tally.kills;
    }
    tally.openings = openings_;
    tally.coincidences = coincidences_;
    return tally;
  }

  // How many kills the breaker stays closed for if one of the daily apps ends
  // after each; it may open for no other.
  std::size_t kills_until_open(std::size_t app) {
    victim_ = &apps_[app];
    openings_ = 0;
    for (std::size_t kills = 1;; ++kills) {
      while (!step()) {
      }
      end_now(*victim_, now_ + part(seconds{40}));
      if (openings_ > 0) return kills;
      if (kills == 20) return kills;
    }
  }

 private:
  nanoseconds part(nanoseconds whole) {
    const double share = std::uniform_real_distribution<>(0, 1)(random_);
    return nanoseconds{
        static_cast<std::int64_t>(share * static_cast<double>(whole.count()))};
  }
  nanoseconds exponential(nanoseconds mean) {
    const double share = std::exponential_distribution<>(1)(random_);
    return nanoseconds{
        static_cast<std::int64_t>(share * static_cast<double>(mean.count()))};
  }
  nanoseconds gap_to_kill() { return exponential(kBetweenKills); }
  nanoseconds gap_of(const SimulatedApp& app) {
    switch (app.kind) {
      case 0:
        return app.period;
      case 1:
        return app.period * 4 / 5 + part(app.period * 2 / 5);
      default:
        return exponential(app.period);
    }
  }

  void look(std::vector<Restart> restarts, std::vector<Ended> ended) {
    HarmFindings found = look_for_harm(
        std::move(memory_),
        {.now = now_, .apps = facts_, .restarts = restarts, .ended = ended});
    memory_ = std::move(found.memory);
    coincidences_ += found.coincidences.size();
    if (found.harms.empty()) return;
    ++openings_;
    memory_ = pardoned(std::move(memory_));
  }

  void end_now(SimulatedApp& app, nanoseconds at) {
    now_ = std::max(now_, next_scan(at));
    look({{.app = app.facts.app,
           .cause = Cause::ExitCode,
           .how = {.how = ExitStatus::How::Exited, .value = 1}}},
         {});
  }

  // The next event; true: it was a kill.
  bool step() {
    SimulatedApp& next =
        *std::ranges::min_element(apps_, {}, &SimulatedApp::next);
    const nanoseconds until = watch_ ? *watch_ : nanoseconds::max();
    if (until <= next.next && until <= kill_) {
      now_ = std::max(now_, next_scan(until));
      watch_.reset();
      look({}, {});
      return false;
    }
    if (next.next <= kill_) {
      const nanoseconds at = next.next;
      next.next += gap_of(next);
      // Its own end would be the kill's, as soon as that.
      if (&next != victim_) end_now(next, at);
      return false;
    }
    now_ = std::max(now_, next_scan(kill_));
    kill_ += gap_to_kill();
    const Kill kill{.tree = {.pid = ++pid_}, .rule = "server"};
    KillTies ties;
    for (const AppFacts& app : facts_) ties[app.app] = {.whole = true};
    memory_ = begin_watch(std::move(memory_), kill, ties, now_);
    now_ += kScan;
    look({}, {{.id = kill.tree, .kill = kill}});
    watch_ = now_ + kHarmWatch;
    return true;
  }

  std::mt19937_64 random_;
  std::vector<SimulatedApp> apps_{};
  std::vector<AppFacts> facts_{};
  HarmMemory memory_{};
  nanoseconds now_ = hours{1};
  nanoseconds kill_{};
  std::optional<nanoseconds> watch_{};
  pid_t pid_ = 1000;
  SimulatedApp* victim_ = nullptr;  // what no kill spares
  std::size_t openings_ = 0;
  std::size_t coincidences_ = 0;
};

constexpr nanoseconds kLife = 20 * kDay;  // of one host

int run(int days, unsigned seed) {
  std::atomic<int> next{0};
  std::atomic<std::size_t> kills{0};
  std::atomic<std::size_t> openings{0};
  std::atomic<std::size_t> coincidences{0};
  std::atomic<std::size_t> late{0};
  const int hosts = std::max(1, static_cast<int>(hours{24} * days / kLife));
  const auto work = [&] {
    for (int i = next++; i < hosts; i = next++) {
      Host host(seed + static_cast<unsigned>(i));
      const Tally tally = host.live(kLife);
      kills += tally.kills;
      openings += tally.openings;
      coincidences += tally.coincidences;
      constexpr std::array<std::size_t, 3> kDaily{3, 7, 11};
      const std::size_t victim = kDaily[static_cast<std::size_t>(i) % 3];
      if (host.kills_until_open(victim) > kKillsToTell) ++late;
    }
  };
  {
    const std::jthread other(work);
    work();
  }
  const double rate = 1000.0 * static_cast<double>(openings) /
                      static_cast<double>(std::max<std::size_t>(kills, 1));
  std::printf(
      "%d hosts of 20 days: %zu kills, %zu coincidences, %zu false "
      "openings (%.4f in 1000 kills)\n",
      hosts,
      kills.load(),
      coincidences.load(),
      openings.load(),
      rate);
  std::printf(
      "kills that an app did not survive: not open by the third on %zu "
      "of %d hosts\n",
      late.load(),
      hosts);
  const bool soon = late * 100 < static_cast<std::size_t>(hosts);
  return rate < 1 && soon ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace strayd

int main(int argc, char** argv) {
  const int days = argc > 1 ? std::atoi(argv[1]) : 100;
  const unsigned seed =
      argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 1;
  return strayd::run(days, seed);
}
