// What PM2 may own and says nothing of: by its silence, by an answer that is
// not to be believed, and by the loss of a daemon.
#include <algorithm>
#include <string>

#include "scene.h"

namespace strayd {
namespace {

bool could_own(std::optional<uid_t> owner, const Process& process) {
  return !owner || *owner == 0 || !process.uid || *owner == *process.uid;
}

const HomeMemory* memory_of(const Scene& scene, const Pm2View& view) {
  const auto& homes = scene.evidence.memory.homes;
  const auto found = homes.find(view.home);
  return found == homes.end() ? nullptr : &found->second;
}

bool was_lost_long_ago(const Scene& scene, const Pm2View& view) {
  const HomeMemory* memory = memory_of(scene, view);
  return memory != nullptr && memory->lost &&
         scene.evidence.snapshot.taken - *memory->lost >=
             scene.policy.loss_hold;
}

// What a daemon leaves behind when it dies its successor knows nothing of, and
// `pm2 jlist` alone starts one. What is younger was never the dead one's.
std::optional<Claim> predecessor_claim(const Scene& scene,
                                       const Pm2View& view,
                                       const Process& process) {
  const HomeMemory* memory = memory_of(scene, view);
  if (memory == nullptr) return std::nullopt;
  const Process* daemon = scene.forest.find(view.reply->daemon);
  if (daemon != nullptr &&
      (process.started > daemon->started ||
       age(scene.evidence.snapshot, *daemon) >= scene.policy.loss_hold)) {
    return std::nullopt;
  }
  if (std::ranges::none_of(memory->predecessors, [&](std::optional<uid_t> uid) {
        return could_own(uid, process);
      })) {
    return std::nullopt;
  }
  return held(Why::Pm2Lost,
              "a PM2 daemon of " + view.home +
                  " was lost that may have owned it, and the one that answers "
                  "now started after it");
}

std::optional<Claim> answer_claim(const Scene& scene,
                                  const Pm2View& view,
                                  const Process& process) {
  if (could_own(view.uid, process)) {
    if (auto claim = unsettled_claim(scene, view, true)) return claim;
  }
  return predecessor_claim(scene, view, process);
}

// Which home a title names is its process's own word. Where that home is not
// heard through it, it holds only what is its own user's.
std::optional<Claim> unheard_claim(const Scene& scene, const Process& process) {
  const Process* daemon =
      process.uid ? scene.unheard_daemon(*process.uid) : nullptr;
  if (daemon == nullptr) return std::nullopt;
  return held(Why::Pm2Silent,
              named(*daemon) + " calls itself the daemon of " +
                  god_daemon_home(*daemon).value_or("") +
                  " and is not the one that answers there");
}

}  // namespace

std::optional<Claim> unsettled_claim(const Scene& scene,
                                     const Pm2View& view,
                                     bool empty_is_fine) {
  const Pm2Answer& answer = *view.reply;
  const Process* daemon = scene.forest.find(answer.daemon);
  if (daemon == nullptr ||
      age(scene.evidence.snapshot, *daemon) < scene.policy.settle) {
    return held(
        Why::Pm2Unsettled,
        "the PM2 daemon of " + view.home + " is younger than the settle time");
  }
  if (answer.instances.empty()) {
    if (empty_is_fine && scene.forest.children(answer.daemon.pid).empty()) {
      return std::nullopt;
    }
    return held(Why::Pm2ListEmpty,
                "the PM2 in " + view.home +
                    " lists nothing, as one that was started by accident "
                    "would");
  }
  const HomeMemory* memory = memory_of(scene, view);
  if (memory == nullptr || memory->same_list < 2) {
    return held(Why::Pm2Unsettled,
                "the list of the PM2 in " + view.home +
                    " was not yet the same in two scans");
  }
  return std::nullopt;
}

Claim silent_claim(const Pm2View& view) {
  const Pm2Silence& silence = view.reply.error();
  if (silence.kind == Pm2Quiet::Silent) {
    return held(Why::Pm2Silent,
                "the PM2 in " + view.home + " does not answer: " + silence.why);
  }
  return held(Why::Pm2Lost,
              "no PM2 runs in " + view.home + " any more: " + silence.why);
}

std::optional<Claim> silence_claim(const Scene& scene, const Process& process) {
  for (const Pm2View& view : scene.evidence.pm2) {
    if (view.reply) {
      if (auto claim = answer_claim(scene, view, process)) return claim;
      continue;
    }
    if (!could_own(view.uid, process)) continue;
    const Pm2Silence& silence = view.reply.error();
    if (silence.kind == Pm2Quiet::Silent) return silent_claim(view);
    if (silence.kind == Pm2Quiet::NeverSeen) continue;
    if (!was_lost_long_ago(scene, view)) return silent_claim(view);
  }
  return unheard_claim(scene, process);
}

}  // namespace strayd
