// What comes from somebody: still his, or left behind by him. The judgement on
// a process whose origin is known.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "scene.h"
#include "serving.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// PM2 ends an old launch itself: SIGINT, kill_timeout, SIGKILL (7.0.4: 1.6 s),
// in cluster mode after up to 3 s of listening and 8 s of grace.
constexpr auto kAfterKillTimeout = seconds{10};
constexpr auto kClusterMargin = seconds{11};

// One process of a launch, and the answer of that launch's home.
class Case {
 public:
  Case(const Scene& scene,
       const Process& process,
       const Origin& origin,
       const LaunchMemory& launch,
       const Pm2View& view)
      : scene_(scene),
        process_(process),
        origin_(origin),
        launch_(launch),
        view_(view),
        answer_(*view.reply),
        successors_(successors_of(answer_, origin.launch, launch)) {}

  OriginJudgement judge() const {
    if (auto claim = doubt()) return *claim;
    if (auto claim = launch_claim()) return *claim;
    if (auto claim = copy_claim()) return *claim;
    const bool removed = launch_.end == LaunchEnd::Removed;
    return OrphanKind{
        .standing = Standing::Leftover,
        .reason = {.why = removed ? Why::Deleted : Why::Superseded,
                   .text = text()}};
  }

 private:
  // ---- whether the answer may be believed, and of whom

  std::optional<Claim> doubt() const {
    if (answer_.uid != 0 && process_.uid && answer_.uid != *process_.uid &&
        launch_.daemon != answer_.daemon) {
      return held(Why::Pm2Contradicts,
                  "its cookie names the PM2 of another user");
    }
    const bool known = launch_.daemon == answer_.daemon;
    return unsettled_claim(scene_, view_, known);
  }

  // ---- whether it was left, by a launch that is over

  std::optional<Claim> launch_claim() const {
    if (is_told_to_leave()) {
      return held(Why::ToldToLeave,
                  "PM2 is told to end no more than its own child of this app "
                  "(treekill)");
    }
    if (auto claim = parting_claim()) return claim;
    if (launch_.end == LaunchEnd::None || is_unheard_of()) {
      return living_claim();
    }
    const auto ended = launch_.ended.value_or(scene_.evidence.snapshot.taken);
    if (launch_.lists < 2 ||
        scene_.evidence.snapshot.taken - ended < ending_time()) {
      return held(Why::NewerTooFresh,
                  "its launch ended just now, and PM2 may still be ending it");
    }
    return std::nullopt;
  }

  // Of a launch that PM2 was never seen to list its successors tell.
  bool is_told_to_leave() const {
    if (launch_.daemon) return !launch_.treekill;
    return std::ranges::any_of(successors_, [](const Pm2Instance* successor) {
      return !successor->treekill;
    });
  }

  std::optional<Claim> parting_claim() const {
    switch (origin_.parting) {
      case Parting::LetGo:
        return held(Why::LetGo,
                    "what started it ended by itself while its app lived: it "
                    "was let go on purpose");
      case Parting::Unseen:
        return held(Why::LetGo,
                    "it was started to live on (it ignores SIGHUP or leads a "
                    "session), and how its parent ended was not seen");
      case Parting::None:
      case Parting::Left:
        return std::nullopt;
    }
    std::abort();
  }

  // The answer of a daemon that neither has listed it nor lists what came after
  // it says nothing of it.
  bool is_unheard_of() const {
    return successors_.empty() && launch_.daemon != answer_.daemon;
  }

  const Pm2Instance* entry() const {
    for (const Pm2Instance& instance : answer_.instances) {
      if (instance.unique_id == origin_.launch.instance.unique_id &&
          instance.pm_id == origin_.launch.instance.pm_id) {
        return &instance;
      }
    }
    return nullptr;
  }

  std::optional<Claim> living_claim() const {
    const Pm2Instance* listed = entry();
    if (listed == nullptr) {
      return held(Why::OnlyCopy,
                  "this PM2 was never seen to list it and no newer launch "
                  "serves its app: it may be the only copy");
    }
    if (listed->pm_uptime_ms.value_or(0) < origin_.launch.pm_uptime_ms) {
      return held(Why::Pm2Contradicts,
                  "PM2 lists an older launch of its app than its own");
    }
    return held(Why::SameGeneration,
                "it is of the launch that PM2 lists now (" +
                    std::string(to_string(listed->status)) + ")");
  }

  nanoseconds ending_time() const {
    nanoseconds kill_timeout = launch_.kill_timeout;
    if (!launch_.daemon) {
      for (const Pm2Instance* successor : successors_) {
        kill_timeout =
            std::max(kill_timeout, nanoseconds{successor->kill_timeout});
      }
    }
    const nanoseconds time = kill_timeout + kAfterKillTimeout +
                             (launch_.cluster ? kClusterMargin : seconds{0});
    // A deletion may be the first half of a start.
    return launch_.end == LaunchEnd::Removed
               ? std::max(time, nanoseconds{scene_.policy.settle})
               : time;
  }

  // ---- whether it may be the only one that serves (I15)

  std::optional<Claim> copy_claim() const {
    const std::optional<Service> service = scene_.services().of(process_);
    if (service && service->none()) return std::nullopt;
    if (successors_.empty()) {
      // Its own daemon lists it no more: somebody has deleted it.
      return std::nullopt;
    }
    const bool gone =
        std::ranges::all_of(successors_, [&](const Pm2Instance* successor) {
          return is_unwanted(*successor) || serves(*successor, service) ||
                 waits(*successor, service);
        });
    if (gone) return std::nullopt;
    if (!service) {
      return held(Why::OnlyCopy,
                  "its sockets are not known: it may be the only copy");
    }
    return held(Why::OnlyCopy, only_copy_text());
  }

  std::string only_copy_text() const {
    const Pm2Instance& successor = *successors_.front();
    const std::string status(to_string(successor.status));
    if (successor.status == Pm2Status::Errored ||
        successor.status == Pm2Status::Unknown) {
      return "the newer launch of its app is " + status +
             " and PM2 does not try again: it may be the only copy";
    }
    return "it serves, and the newer launch of its app (" + status +
           ") does not: it may be the only copy";
  }

  // An operator stopped it. What stops by itself, and is not started again,
  // looks the same in the list, unless PM2 was seen to end it.
  bool is_unwanted(const Pm2Instance& successor) const {
    if (successor.status != Pm2Status::Stopped) return false;
    if (successor.restarts) return true;
    const auto found = scene_.evidence.memory.launches.find(
        {.instance = {.home = view_.home,
                      .unique_id = successor.unique_id,
                      .pm_id = successor.pm_id},
         .pm_uptime_ms = successor.pm_uptime_ms.value_or(0)});
    return found != scene_.evidence.memory.launches.end() &&
           found->second.wanted;
  }

  const Process* root_of(const Pm2Instance& successor) const {
    if (!successor.pid) return nullptr;
    const Process* process = scene_.forest.find(*successor.pid);
    if (process == nullptr) return nullptr;
    const Listed* listed = scene_.listed(*process);
    return listed != nullptr && listed->instance == &successor ? process
                                                               : nullptr;
  }

  std::vector<const Process*> tree_of(const Pm2Instance& successor) const {
    const Process* root = root_of(successor);
    if (root == nullptr) return {};
    std::vector<const Process*> tree = scene_.forest.subtree(*root);
    std::erase_if(tree, [](const Process* member) { return is_dead(*member); });
    return tree;
  }

  bool listens(const Pm2Instance& successor, bool port_only) const {
    return std::ranges::any_of(tree_of(successor), [&](const Process* member) {
      const auto service = scene_.services().of(*member);
      return service &&
             (!service->ports.empty() || (!port_only && service->other));
    });
  }

  // The God Daemon listens for the workers of all its clusters, so nothing but
  // the very port tells of this one.
  bool daemon_listens(const Pm2Instance& successor,
                      const Service& service) const {
    if (successor.exec_mode != "cluster_mode" ||
        root_of(successor) == nullptr) {
      return false;
    }
    const Process* daemon = scene_.forest.find(answer_.daemon);
    const auto held =
        daemon == nullptr ? std::nullopt : scene_.services().of(*daemon);
    return held && std::ranges::any_of(service.ports, [&](std::uint16_t port) {
             return held->ports.contains(port);
           });
  }

  bool is_settled(const Process& process, const Pm2Instance& successor) const {
    return age(scene_.evidence.snapshot, process) >=
           std::max(nanoseconds{successor.min_uptime}, scene_.policy.settle);
  }

  bool serves(const Pm2Instance& successor,
              const std::optional<Service>& service) const {
    if (successor.status != Pm2Status::Online) return false;
    if (service && daemon_listens(successor, *service)) return true;
    if (!service || !service->ports.empty()) return listens(successor, true);
    if (service->other) return listens(successor, false);
    return runs_the_same(successor);
  }

  // Without a port there is nothing to ask but whether the same program runs.
  bool runs_the_same(const Pm2Instance& successor) const {
    return std::ranges::any_of(tree_of(successor), [&](const Process* member) {
      return !is_carrier(*member) && is_same_program(*member, process_) &&
             is_settled(*member, successor);
    });
  }

  // It can't listen before this one is gone. One that ends well each time, or
  // has only just started, may be content to find this one.
  bool waits(const Pm2Instance& successor,
             const std::optional<Service>& service) const {
    if (!service || service->ports.empty()) return false;
    switch (successor.status) {
      case Pm2Status::Online:
      case Pm2Status::Launching:
      case Pm2Status::WaitingRestart:
        break;
      case Pm2Status::Stopping:
      case Pm2Status::Stopped:
      case Pm2Status::Errored:
      case Pm2Status::Unknown:
        return false;
    }
    const std::vector<const Process*> tree = tree_of(successor);
    const bool seen = std::ranges::all_of(tree, [&](const Process* member) {
      const auto held = scene_.services().of(*member);
      return held && held->ports.empty();
    });
    if (!seen) return false;
    if (successor.exit_code.value_or(0) != 0) return true;
    return !tree.empty() && is_settled(*tree.front(), successor);
  }

  std::string text() const {
    switch (launch_.end) {
      case LaunchEnd::Removed:
        return "the PM2 that listed its app has deleted it";
      case LaunchEnd::Down:
        return "its launch is over, and PM2 runs nothing for it now; this is "
               "left of it";
      case LaunchEnd::Replaced:
      case LaunchEnd::None:
        return "PM2 has launched its app anew; this is of an earlier launch "
               "that nobody owns";
    }
    std::abort();
  }

  const Scene& scene_;
  const Process& process_;
  const Origin& origin_;
  const LaunchMemory& launch_;
  const Pm2View& view_;
  const Pm2Answer& answer_;
  std::vector<const Pm2Instance*> successors_;
};

OriginJudgement judge_launch(const Scene& scene,
                             const Process& process,
                             const Origin& origin) {
  const std::string& home = origin.launch.instance.home;
  const Pm2View* view = scene.view(home);
  if (view == nullptr) {
    return held(Why::Pm2Silent, "the PM2 in " + home + " was not asked");
  }
  if (!view->reply) return silent_claim(*view);
  if (origin.owner == Origin::Owner::Pm2) {
    return held(Why::SeenBelowSupervisor,
                "it was seen below the PM2 in " + home +
                    ", and of which launch it is is not known");
  }
  const auto found = scene.evidence.memory.launches.find(origin.launch);
  const LaunchMemory unknown{.app = origin.name};
  return Case(scene,
              process,
              origin,
              found == scene.evidence.memory.launches.end() ? unknown
                                                            : found->second,
              *view)
      .judge();
}

}  // namespace

OriginJudgement judge_origin(const Scene& scene,
                             const Process& process,
                             const Origin& origin) {
  if (origin.owner == Origin::Owner::Supervisor) {
    return held(Why::SeenBelowSupervisor,
                "it was seen below the supervisor " + origin.name +
                    ", which it has parted from");
  }
  if (origin.owner == Origin::Owner::Forgotten) {
    return held(Why::Forgotten,
                "what strayd knew of its origin, or of that of what started "
                "it, is lost");
  }
  OriginJudgement judged = judge_launch(scene, process, origin);
  const Pm2View* view = scene.view(origin.launch.instance.home);
  std::visit(
      [&](auto& outcome) {
        outcome.app = origin.name;
        outcome.home =
            view == nullptr ? origin.launch.instance.home : view->home;
      },
      judged);
  return judged;
}

}  // namespace strayd
