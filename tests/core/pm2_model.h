// A model of PM2 for the restart ledger: instances that are restarted for every
// cause there is, in small steps, between any two of which a list may be read.
// It knows the true cause of each restart.
//
// Sources: PM2 7.0.4, lib/God.js (executeApp, handleExit),
// lib/God/ActionMethods.js, lib/God/Reload.js.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "strayd/core/causes.h"
#include "strayd/core/supervisor.h"

#include "pm2_words.h"

namespace strayd::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool percent(unsigned p) { return below(100) < p; }

 private:
  std::mt19937_64 engine_;
};

class Pm2Model {
 public:
  using Hear = std::function<void(const Said&)>;
  // `plain`: nothing happens that can't be told by what PM2 and the kernel say.
  Pm2Model(Dice& dice, Hear hear, bool plain)
      : dice_(dice), hear_(std::move(hear)), plain_(plain) {
    for (const auto& [name, space, cluster, count] :
         {std::tuple{"api", "default", true, 2},
          std::tuple{"api", "ops", false, 1},
          std::tuple{"web", "default", false, 1}}) {
      const std::string id = new_unique_id();
      for (int i = 0; i < count; ++i) add(name, space, cluster, id);
    }
  }

  // One step of one instance.
  void step() {
    now_ += static_cast<std::int64_t>(1 + dice_.below(50));
    Instance& instance = all_.at(dice_.below(all_.size()));
    if (instance.todo.empty()) begin(instance);
    if (instance.todo.empty()) return;
    const auto next = std::move(instance.todo.front());
    instance.todo.pop_front();
    next(instance);
  }

  std::vector<Pm2Instance> list() const {
    std::vector<Pm2Instance> listed;
    for (const Instance& instance : all_) {
      if (instance.listed) listed.push_back(instance.now);
    }
    return listed;
  }

  static std::string home() { return Speaker{}.home; }

  // nullopt: there was no such restart.
  std::optional<Cause> truth(const InstanceKey& instance,
                             std::int64_t restart,
                             std::int64_t ended) const {
    const auto found = truths_.find({instance, restart, ended});
    if (found == truths_.end()) return std::nullopt;
    return found->second;
  }

  // What the kernel tells of those that ended since, as far as they were held.
  std::vector<Death> take_deaths() { return std::exchange(deaths_, {}); }
  bool strayd_ended(const LaunchKey& launch) const {
    return strayds_.contains(launch);
  }
  bool take_oom() { return std::exchange(oom_, false); }
  const std::set<ProcId>& signalled() const { return signalled_; }
  // A scan has seen what a list showed: its exit will be known.
  void hold(const std::vector<Pm2Instance>& seen) {
    for (Instance& it : all_) {
      it.held = it.running && std::ranges::any_of(seen, [&](const auto& then) {
                  return then.unique_id == it.now.unique_id &&
                         then.pm_id == it.now.pm_id &&
                         then.pm_uptime_ms == it.now.pm_uptime_ms;
                });
    }
  }
  void let_go() {
    for (Instance& instance : all_) instance.held = false;
    deaths_.clear();
  }

 private:
  struct Instance {
    Pm2Instance now{};
    bool cluster = false;
    bool listed = true;
    bool running = true;
    bool held = false;
    std::deque<std::function<void(Instance&)>> todo{};
  };

  std::string new_unique_id() { return "u-" + std::to_string(++unique_ids_); }

  void add(const char* name,
           const char* space,
           bool cluster,
           const std::string& unique_id) {
    Instance fresh{.now = {.name = name,
                           .name_space = space,
                           .pm_id = static_cast<std::int64_t>(all_.size()),
                           .status = Pm2Status::Online,
                           .unique_id = unique_id,
                           .pm_uptime_ms = ++now_},
                   .cluster = cluster};
    const Speaker pm2 = speaker(fresh);
    hear_(pm2.online(0, now_) + pm2.action(0, now_));
    all_.push_back(std::move(fresh));
  }

  static Speaker speaker(const Instance& instance) {
    return {.name = instance.now.name,
            .pm_id = instance.now.pm_id,
            .unique_id = instance.now.unique_id};
  }
  static InstanceKey key(const Instance& instance) {
    return {.home = home(),
            .unique_id = instance.now.unique_id,
            .pm_id = instance.now.pm_id};
  }
  // All that is said of it by its present state.
  void say(Instance& instance,
           Said (Speaker::*what)(std::int64_t, std::int64_t) const) {
    hear_((speaker(instance).*what)(instance.now.restart_time,
                                    *instance.now.pm_uptime_ms));
  }
  void say_exit(Instance& instance, Pm2Status status, int code = 0) {
    hear_(speaker(instance).exit(
        status, instance.now.restart_time, *instance.now.pm_uptime_ms, code));
  }

  void counted(Instance& instance, Cause cause) {
    ++instance.now.restart_time;
    truths_[{
        key(instance), instance.now.restart_time, *instance.now.pm_uptime_ms}] =
        cause;
  }

  // ---- the steps ----

  void launch(Instance& instance, bool asked) {
    instance.todo.emplace_back([this](Instance& it) {
      it.now.pm_uptime_ms = now_;
      it.now.status = Pm2Status::Launching;
      it.running = true;
      it.held = false;
    });
    // PM2 5.x says it late or never, for it looks at the app's git first.
    const bool late = old_ && dice_.percent(50);
    instance.todo.emplace_back([this, late](Instance& it) {
      if (!late) say(it, &Speaker::online);
      it.now.status = Pm2Status::Online;
    });
    if (asked) {
      instance.todo.emplace_back([this](Instance& it) {
        hear_(speaker(it).action(it.now.restart_time, *it.now.pm_uptime_ms));
      });
    }
    if (!late || dice_.percent(20)) return;
    instance.todo.emplace_back(
        [this](Instance& it) { say(it, &Speaker::online); });
  }

  void end(Instance& instance) {
    instance.now.status = Pm2Status::Stopping;
    instance.todo.emplace_back([this](Instance& it) {
      it.running = false;
      die(it, {.how = ExitStatus::How::Signalled, .value = 2}, false);
      hear_(speaker(it).exit_line(0));
      say_exit(it, Pm2Status::Stopping);
    });
  }

  void restart(Instance& instance, Cause cause, bool asked) {
    end(instance);
    instance.todo.emplace_back([this, cause](Instance& it) {
      say_exit(it, Pm2Status::Stopped);
      it.now.status = Pm2Status::Stopped;
      counted(it, cause);
    });
    launch(instance, asked);
  }

  void stop(Instance& instance) {
    end(instance);
    instance.todo.emplace_back([this](Instance& it) {
      say_exit(it, Pm2Status::Stopped);
      it.now.status = Pm2Status::Stopped;
    });
  }

  void stop_and_start(Instance& instance) {
    stop(instance);
    instance.todo.emplace_back([this](Instance& it) {
      hear_(speaker(it).action(
          it.now.restart_time, *it.now.pm_uptime_ms, Pm2Status::Stopped));
    });
    launch(instance, true);
  }

  void delete_and_start(Instance& instance) {
    stop(instance);
    instance.todo.emplace_back([](Instance& it) { it.listed = false; });
    instance.todo.emplace_back([this](Instance& it) {
      it.now.unique_id = new_unique_id();
      it.now.restart_time = 0;
      it.listed = true;
    });
    launch(instance, true);
  }

  void reload(Instance& instance, Cause cause, bool asked) {
    counted(instance, cause);
    launch(instance, asked);
    // At once: no list shows the higher count with the old worker.
    instance.todo.front()(instance);
    instance.todo.pop_front();
  }

  // It raised its count, and its process lives on.
  void fail_to_end(Instance& instance) {
    instance.now.status = Pm2Status::Stopping;
    instance.todo.emplace_back([this](Instance& it) {
      say_exit(it, Pm2Status::Stopped);
      it.now.status = Pm2Status::Errored;
      counted(it, Cause::Operator);
    });
    instance.todo.emplace_back([this](Instance& it) {
      it.running = false;
      hear_(speaker(it).exit_line(0, "SIGKILL"));
      say_exit(it, Pm2Status::Errored);
    });
    launch(instance, true);
  }

  struct End {
    int code = 0;
    const char* word = "SIGINT";
    ExitStatus status{};
    Cause cause = Cause::ExitCode;
    bool oom = false;
    bool by_strayd = false;
  };

  End any_end() {
    using How = ExitStatus::How;
    const std::array<End, 7> ends{
        {{.code = 1, .status = {.how = How::Exited, .value = 1}},
         {.code = 0, .status = {.how = How::Exited, .value = 0}},
         {.word = "SIGSEGV",
          .status = {.how = How::Signalled, .value = 11},
          .cause = Cause::Fault},
         {.word = "SIGINT",
          .status = {.how = How::Signalled, .value = 2},
          .cause = Cause::Signal},
         {.word = "SIGKILL",
          .status = {.how = How::Signalled, .value = 9},
          .cause = Cause::Oom,
          .oom = true},
         {.word = "SIGTERM",
          .status = {.how = How::Signalled, .value = 15},
          .cause = Cause::Strayd,
          .by_strayd = true},
         // npm, of a server that was killed
         {.code = 137,
          .status = {.how = How::Signalled, .value = 9},
          .cause = Cause::Signal}}};
    return ends[dice_.below(ends.size())];
  }

  // Whether the kernel says how.
  bool die(Instance& it, const ExitStatus& status, bool oom, bool npm = false) {
    if (!it.held) return false;
    const bool says = plain_ || dice_.percent(70);
    deaths_.push_back(
        {.launch = {.instance = key(it), .pm_uptime_ms = *it.now.pm_uptime_ms},
         .id = process(it),
         .served = npm,
         .status = says ? status : ExitStatus{},
         .oom = oom});
    return says;
  }
  static ProcId process(const Instance& it) {
    return {.pid = static_cast<pid_t>(2 + it.now.pm_id),
            .start_ticks = static_cast<std::uint64_t>(*it.now.pm_uptime_ms)};
  }

  // Of what only the kernel could tell, and does not, nothing can be said; and
  // behind npm's code nothing is seen.
  static Cause knowable(const End& how, bool seen, bool told) {
    if (how.code == 137) return told ? how.cause : Cause::ExitCode;
    if (how.code != 0 || told) return how.cause;
    if (std::string(how.word) == "SIGINT") return Cause::Unknown;
    return how.oom && !seen ? Cause::Unknown : how.cause;
  }

  void death(Instance& instance, bool restarts) {
    instance.todo.emplace_back([this, restarts](Instance& it) {
      End how = any_end();
      // It signals only what it has seen.
      if (how.by_strayd && !it.held) how.cause = Cause::Signal;
      if (how.by_strayd && it.held) {
        signalled_.insert(process(it));
        strayds_.insert(
            {.instance = key(it), .pm_uptime_ms = *it.now.pm_uptime_ms});
      }
      oom_ = oom_ || how.oom;
      it.running = false;
      const bool told = die(it, how.status, how.oom, how.code == 137);
      const Cause cause = knowable(how, it.held, told);
      hear_(speaker(it).exit_line(how.code, how.word));
      say_exit(it, Pm2Status::Stopped, how.code);
      it.now.status = restarts ? Pm2Status::WaitingRestart : Pm2Status::Stopped;
      it.todo.emplace_front([this, restarts, cause](Instance& dead) {
        if (!restarts) return;
        dead.now.status = Pm2Status::Stopped;
        counted(dead, cause);
      });
    });
    launch(instance, !restarts);
  }

  // PM2 restarts all of a name, in every namespace.
  void change(const std::string& name) {
    for (const Instance& it : all_) {
      const bool idle = it.todo.empty() && it.now.status == Pm2Status::Online;
      if (it.now.name == name && (!idle || !it.listed)) return;
    }
    hear_(Speaker{.name = name}.watch());
    for (Instance& it : all_) {
      if (it.now.name == name) restart(it, Cause::Watch, false);
    }
  }

  void too_much_memory(Instance& instance) {
    hear_(speaker(instance).memory_limit());
    if (instance.cluster) {
      reload(instance, Cause::MemoryLimit, false);
    } else {
      restart(instance, Cause::MemoryLimit, false);
    }
  }

  void begin(Instance& instance) {
    switch (dice_.below(plain_ ? 8 : 12)) {
      case 0:
        return restart(instance, Cause::Operator, dice_.percent(70));
      case 1:
      case 2:
        return death(instance, true);
      case 3:
        return change(instance.now.name);
      case 4:
        return too_much_memory(instance);
      case 5:
        if (instance.cluster) {
          reload(instance, Cause::Operator, dice_.percent(70));
        }
        return;
      case 6:
        return stop_and_start(instance);
      case 7:
        return death(instance, false);
      case 8:
        instance.now.restart_time = 0;  // pm2 reset
        return;
      case 9:
        return delete_and_start(instance);
      case 10:
        return fail_to_end(instance);
      case 11:
        if (all_.size() < 8) {  // pm2 scale
          add("api", "default", true, instance.now.unique_id);
        }
        return;
      default:
        return;
    }
  }

  Dice& dice_;
  Hear hear_;
  bool plain_;
  bool old_ = !plain_ && dice_.percent(20);  // PM2 5.x
  std::int64_t now_ = 1'700'000'000'000;
  int unique_ids_ = 0;
  std::deque<Instance> all_{};
  std::map<std::tuple<InstanceKey, std::int64_t, std::int64_t>, Cause>
      truths_{};
  std::vector<Death> deaths_{};
  bool oom_ = false;
  std::set<ProcId> signalled_{};
  std::set<LaunchKey> strayds_{};
};

}  // namespace strayd::test
