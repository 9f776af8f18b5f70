// Held: evidence is missing or contradicts itself, so strayd holds its fire.
#include <chrono>
#include <string>
#include <string_view>

#include "strayd/core/fit.h"

#include "owners.h"
#include "scene.h"

namespace strayd {
namespace {

using std::chrono::seconds;

// PM2 ends an old generation itself: SIGINT, kill_timeout, SIGKILL (7.0.4:
// 1.6 s), in cluster mode after up to 3 s of listening and 8 s of grace.
constexpr auto kAfterKillTimeout = seconds{10};
constexpr auto kClusterMargin = seconds{11};
std::string_view word(Unread why) {
  switch (why) {
    case Unread::NotAsked:
      return "was not read";
    case Unread::Denied:
      return "may not be read";
    case Unread::Blocked:
      return "does not come back when read";
    case Unread::TooLong:
      return "is too long";
    case Unread::Failed:
      return "can't be read";
  }
  std::abort();
}

template <typename T>
std::optional<Claim> missing(const Observed<T>& fact,
                             const Process& process,
                             std::string_view what) {
  if (fact) return std::nullopt;
  return held(Why::Unreadable,
              std::string(what) + " of " + named(process) + " " +
                  std::string(word(fact.error())));
}

std::optional<Claim> unreadable_claim(const Process& process) {
  if (auto found = missing(process.uid, process, "the user")) return found;
  if (auto found =
          missing(process.pid_namespace_depth, process, "the pid namespace")) {
    return found;
  }
  if (auto found = missing(process.tracer, process, "the tracer")) return found;
  if (auto found = missing(process.argv, process, "the command line")) {
    return found;
  }
  if (auto found = missing(process.exe, process, "the executable")) {
    return found;
  }
  if (auto found = missing(process.environment, process, "the environment")) {
    return found;
  }
  return missing(process.cgroup, process, "the cgroup");
}

// A protect rule, or a supervisor of the configuration, of which nobody knows
// whether it means this process, or one above it.
std::optional<Claim> undecided_protection(const Scene& scene,
                                          const Process& process) {
  std::vector<const Process*> line{&process};
  const Forest::Chain chain = scene.forest.chain(process);
  line.insert(line.end(), chain.ancestors.begin(), chain.ancestors.end());
  for (const Process* above : line) {
    if (above->id.pid == 1 || is_kernel_thread(*above)) break;
    for (const ProtectRule& rule : scene.policy.protect) {
      if (scene.fit(rule.match, *above) != Fit::Unknown) continue;
      return held(Why::Unreadable,
                  "whether the protect rule '" + rule.name + "' matches " +
                      named(*above) + " can't be read");
    }
    for (const ProgramRule& rule : scene.policy.supervisors) {
      if (scene.fit(rule.match, *above) != Fit::Unknown) continue;
      return held(Why::Unreadable,
                  "whether " + named(*above) + " is the supervisor '" +
                      rule.name + "' can't be read");
    }
  }
  return std::nullopt;
}

std::optional<Claim> chain_claim(const Scene& scene, const Process& process) {
  const Forest::Chain chain = scene.forest.chain(process);
  if (chain.broken) {
    return held(Why::BrokenChain,
                "its chain of parents breaks: " + *chain.broken);
  }
  std::vector<const Process*> line{&process};
  line.insert(line.end(), chain.ancestors.begin(), chain.ancestors.end());
  for (const Process* ancestor : line) {
    if (const Listed* listed = scene.listed_in_vain(*ancestor)) {
      return held(Why::Pm2ListStale,
                  "PM2 lists " + named(*ancestor) + " as '" +
                      app_name(*listed->instance) +
                      "', but it started at another time");
    }
  }
  return std::nullopt;
}

// What could own a process that says nothing of its owner.
std::optional<Claim> cookieless_claim(const Scene& scene,
                                      const Process& process) {
  if (auto claim = silence_claim(scene, process)) return claim;
  return possible_unit_claim(scene, process);
}

// sudo and su keep the cookie from what they start as another user, so the
// judgement on an ancestor counts whoever's it is.
std::optional<Claim> ancestor_claim(const Scene& scene,
                                    const Process& ancestor) {
  const CookieReading reading = Scene::cookie(ancestor);
  if (const auto* broken = std::get_if<BrokenCookie>(&reading)) {
    return held(Why::CookieBroken,
                "its PM2 cookie is not whole: " + broken->why);
  }
  const auto* cookie = std::get_if<Cookie>(&reading);
  if (cookie == nullptr) return cookieless_claim(scene, ancestor);
  const auto judged = judge_cookie(scene, ancestor, *cookie);
  const auto* claim = std::get_if<Claim>(&judged);
  return claim != nullptr ? std::optional(*claim) : std::nullopt;
}

// A strayd without privileges may read its own user's processes alone, and
// would hold everything for the others that are above. sshd writes its title
// over its environment, and would hold every session.
bool must_be_read(const Process& ancestor, const Process& process) {
  if (ancestor.environment.error() == Unread::Failed &&
      opens_sessions(ancestor)) {
    return false;
  }
  return ancestor.environment.error() != Unread::Denied ||
         (ancestor.uid && process.uid && *ancestor.uid == *process.uid);
}

// An ancestor that PM2 may yet claim, or that can't be read, leaves its
// descendants in doubt.
std::optional<Claim> ancestors_claim(const Scene& scene,
                                     const Process& process) {
  for (const Process* ancestor : scene.forest.chain(process).ancestors) {
    if (ancestor->id.pid == 1 || is_kernel_thread(*ancestor)) break;
    if (!ancestor->environment && must_be_read(*ancestor, process)) {
      return missing(ancestor->environment, *ancestor, "the environment");
    }
    if (std::optional<Claim> found = ancestor_claim(scene, *ancestor)) {
      found->reason.text =
          named(*ancestor) + " above it: " + found->reason.text;
      return found;
    }
  }
  return std::nullopt;
}

const Pm2Instance* same_instance(const Pm2Answer& answer,
                                 const Cookie& cookie) {
  for (const Pm2Instance& instance : answer.instances) {
    if (instance.unique_id == cookie.unique_id &&
        instance.pm_id == cookie.pm_id) {
      return &instance;
    }
  }
  return nullptr;
}

// Does this launch serve, or will it? PM2 does not start an errored one again,
// while a stopped one is what its operator wants.
bool is_given_up(const Pm2Instance& instance) {
  switch (instance.status) {
    case Pm2Status::Errored:
    case Pm2Status::Unknown:
      return true;
    case Pm2Status::Online:
    case Pm2Status::Launching:
    case Pm2Status::Stopping:
    case Pm2Status::Stopped:
    case Pm2Status::WaitingRestart:
      return false;
  }
  std::abort();
}

// PM2 lets two apps have one name, and gives many the name of their file. What
// is not known is not the same.
bool runs_the_same(const Pm2Instance& instance, const Cookie& cookie) {
  return !cookie.pm_cwd.empty() && instance.pm_cwd == cookie.pm_cwd &&
         !cookie.pm_exec_path.empty() &&
         instance.pm_exec_path == cookie.pm_exec_path;
}

// One that takes its place, if there is one; else one that is given up.
const Pm2Instance* newer_namesake(const Pm2Answer& answer,
                                  const Cookie& cookie) {
  const Pm2Instance* found = nullptr;
  for (const Pm2Instance& instance : answer.instances) {
    if (instance.name != cookie.name ||
        instance.name_space != cookie.name_space ||
        instance.pm_uptime_ms.value_or(0) <= cookie.pm_uptime_ms) {
      continue;
    }
    const bool given_up = is_given_up(instance);
    if (!given_up && runs_the_same(instance, cookie)) return &instance;
    if (given_up || found == nullptr) found = &instance;
  }
  return found;
}

std::int64_t started_unix_ms(const Snapshot& snapshot, const Process& process) {
  return snapshot.boot_epoch_ms +
         std::chrono::duration_cast<std::chrono::milliseconds>(process.started)
             .count();
}

// The process that PM2 itself started for this generation.
bool is_generation_root(const Scene& scene,
                        const Process& process,
                        const Cookie& cookie) {
  const CookieReading reading = Scene::cookie(process);
  const auto* own = std::get_if<Cookie>(&reading);
  return own != nullptr && same_generation(*own, cookie) &&
         std::abs(started_unix_ms(scene.evidence.snapshot, process) -
                  cookie.pm_uptime_ms) < kSameStartMs;
}

// In fork mode PM2's child leads a session that its tree keeps for ever. While
// that leader lives outside of this process's own line, the generation may
// still be somebody's.
std::optional<Claim> leader_claim(const Scene& scene,
                                  const Process& process,
                                  const Cookie& cookie) {
  const Process* leader = scene.forest.find(process.session);
  if (leader == nullptr || is_dead(*leader)) return std::nullopt;
  bool in_line = leader == &process;
  for (const Process* ancestor : scene.forest.chain(process).ancestors) {
    in_line = in_line || leader == ancestor;
  }
  if (in_line && is_generation_root(scene, *leader, cookie)) {
    return std::nullopt;
  }
  return held(Why::LetGo,
              "the leader of its session, " + named(*leader) + ", lives");
}

bool waited(const Scene& scene,
            const std::map<LaunchKey, BootTime>& since,
            const Cookie& cookie,
            std::chrono::nanoseconds wait) {
  const auto first = since.find(launch_of(cookie));
  return first != since.end() &&
         scene.evidence.snapshot.taken - first->second >= wait;
}

std::chrono::nanoseconds ending_time(const Pm2Instance& instance,
                                     const Cookie& cookie) {
  return instance.kill_timeout + kAfterKillTimeout +
         (cookie.cluster ? kClusterMargin : seconds{0});
}

Claim given_up_claim(const Pm2Instance& newer) {
  return held(Why::OnlyCopy,
              "the newer launch of its app is " +
                  std::string(to_string(newer.status)) +
                  " and PM2 does not try again: it may be the only copy");
}

CookieJudgement judge_listed(const Scene& scene,
                             const Cookie& cookie,
                             const Pm2Instance& instance) {
  if (!instance.pm_uptime_ms || *instance.pm_uptime_ms < cookie.pm_uptime_ms) {
    return held(Why::Pm2Contradicts,
                "PM2 lists an older launch of its app than its cookie names");
  }
  if (*instance.pm_uptime_ms == cookie.pm_uptime_ms) {
    return held(Why::SameGeneration,
                "its cookie names the launch that PM2 lists now (" +
                    std::string(to_string(instance.status)) + ")");
  }
  if (is_given_up(instance)) return given_up_claim(instance);
  if (!waited(scene,
              scene.evidence.memory.superseded,
              cookie,
              ending_time(instance, cookie))) {
    return held(Why::NewerTooFresh,
                "PM2 has launched its app anew and may still be ending it");
  }
  return OrphanKind{
      .standing = Standing::Leftover,
      .reason = {.why = Why::Superseded,
                 .text = "PM2 has launched its app anew; this is an earlier "
                         "launch that nobody owns"}};
}

// Only what a daemon has listed can it have deleted. That it is older than the
// launch proves nothing: the clock may have been set, and a home may have had
// two daemons.
bool was_listed(const Scene& scene, const Cookie& cookie, const Pm2View& view) {
  const auto memory = scene.evidence.memory.homes.find(view.home);
  return memory != scene.evidence.memory.homes.end() &&
         memory->second.daemon == view.reply->daemon &&
         memory->second.listed.contains({cookie.unique_id, cookie.pm_id});
}

CookieJudgement judge_unlisted(const Scene& scene,
                               const Cookie& cookie,
                               const Pm2View& view) {
  const auto& unlisted = scene.evidence.memory.unlisted;
  if (const Pm2Instance* namesake = newer_namesake(*view.reply, cookie)) {
    if (is_given_up(*namesake)) return given_up_claim(*namesake);
    if (!waited(scene, unlisted, cookie, ending_time(*namesake, cookie))) {
      return held(Why::NewerTooFresh,
                  "PM2 has started its app anew and may still be ending it");
    }
    if (runs_the_same(*namesake, cookie)) {
      return OrphanKind{
          .standing = Standing::Leftover,
          .reason = {.why = Why::Superseded,
                     .text = "PM2 runs its app under a newer entry and knows "
                             "this one no more"}};
    }
  }
  if (!was_listed(scene, cookie, view)) {
    return held(Why::OnlyCopy,
                "PM2 was never seen to list it and no newer launch serves its "
                "app: it may be the only copy");
  }
  if (!waited(scene, unlisted, cookie, scene.policy.settle)) {
    return held(Why::NewerTooFresh,
                "its app was deleted from PM2 just now; PM2 may still be "
                "ending it");
  }
  return OrphanKind{
      .standing = Standing::Leftover,
      .reason = {.why = Why::Deleted,
                 .text = "the PM2 that listed its app has deleted it"}};
}

CookieJudgement judge_answer(const Scene& scene,
                             const Process& process,
                             const Cookie& cookie,
                             const Pm2View& view) {
  const Pm2Answer& answer = *view.reply;
  if (answer.uid != 0 && process.uid && answer.uid != *process.uid) {
    return held(Why::Pm2Contradicts,
                "its cookie names the PM2 of another user");
  }
  if (auto claim = unsettled_claim(scene, view, false)) return *claim;
  const Pm2Instance* instance = same_instance(answer, cookie);
  CookieJudgement judged = instance != nullptr
                               ? judge_listed(scene, cookie, *instance)
                               : judge_unlisted(scene, cookie, view);
  if (std::holds_alternative<OrphanKind>(judged)) {
    if (auto claim = leader_claim(scene, process, cookie)) return *claim;
  }
  return judged;
}

// By the PM2 that the cookie names; nullptr: there is no view of it.
CookieJudgement judge_by(const Pm2View* view,
                         const Scene& scene,
                         const Process& process,
                         const Cookie& cookie) {
  if (view == nullptr) {
    return held(Why::Pm2Silent, "the PM2 in " + cookie.home + " was not asked");
  }
  if (!view->reply) return silent_claim(*view);
  return judge_answer(scene, process, cookie, *view);
}

}  // namespace

CookieJudgement judge_cookie(const Scene& scene,
                             const Process& process,
                             const Cookie& cookie) {
  const Pm2View* view = scene.view(cookie.home);
  CookieJudgement judged = judge_by(view, scene, process, cookie);
  const Pm2Instance named_app{.name = cookie.name,
                              .name_space = cookie.name_space};
  std::visit(
      [&](auto& outcome) {
        outcome.app = app_name(named_app);
        outcome.home = view == nullptr ? cookie.home : view->home;
      },
      judged);
  return judged;
}

std::optional<Claim> held_claim(const Scene& scene, const Process& process) {
  if (auto claim = chain_claim(scene, process)) return claim;
  if (auto claim = unreadable_claim(process)) return claim;
  if (auto claim = undecided_protection(scene, process)) return claim;
  const CookieReading reading = Scene::cookie(process);
  if (const auto* broken = std::get_if<BrokenCookie>(&reading)) {
    return held(Why::CookieBroken,
                "its PM2 cookie is not whole: " + broken->why);
  }
  if (const auto* cookie = std::get_if<Cookie>(&reading)) {
    const auto judged = judge_cookie(scene, process, *cookie);
    if (const auto* claim = std::get_if<Claim>(&judged)) return *claim;
  } else if (auto claim = cookieless_claim(scene, process)) {
    return claim;
  }
  if (auto claim = ancestors_claim(scene, process)) return claim;
  if (!std::holds_alternative<NoCookie>(reading)) return std::nullopt;
  return possible_owner_claim(scene, process);
}

}  // namespace strayd
