// Held: evidence is missing or contradicts itself, so strayd holds its fire.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "strayd/core/fit.h"

#include "owners.h"
#include "scene.h"

namespace strayd {
namespace {

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

std::optional<Claim> unreadable_claim(const Process& process, bool has_origin) {
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
  // From whom it comes is all that it could say.
  if (!has_origin) {
    auto found = missing(process.environment, process, "the environment");
    if (found) return found;
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
std::optional<Claim> ownerless_claim(const Scene& scene,
                                     const Process& process) {
  if (auto claim = silence_claim(scene, process)) return claim;
  return possible_unit_claim(scene, process);
}

// Of its own evidence alone: what it came from, else what may own it.
std::optional<Claim> own_claim(const Scene& scene, const Process& process) {
  const std::optional<Origin> origin = scene.origin_of(process);
  if (origin) {
    const auto judged = judge_origin(scene, process, *origin);
    const auto* claim = std::get_if<Claim>(&judged);
    if (claim != nullptr) return *claim;
  }
  const CookieReading reading = scene.cookie(process);
  if (const auto* broken = std::get_if<BrokenCookie>(&reading)) {
    if (origin) return std::nullopt;
    return held(Why::CookieBroken,
                "its PM2 cookie is not whole: " + broken->why);
  }
  const auto* cookie = std::get_if<Cookie>(&reading);
  if (cookie == nullptr) {
    return origin ? std::nullopt : ownerless_claim(scene, process);
  }
  // What it inherited may name another launch than the one it was seen below.
  const auto named = scene.origin_by_cookie(process);
  if (!named || (origin && named->launch == origin->launch)) {
    return std::nullopt;
  }
  const auto judged = judge_origin(scene, process, *named);
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

// Its origin may have been lost with the memory of it, or with that of one
// above it, from which it would have inherited.
std::optional<Claim> forgotten_claim(const Scene& scene,
                                     const Process& process) {
  const std::optional<BootTime>& since = scene.evidence.memory.forgotten;
  if (!since || scene.origin_of(process)) return std::nullopt;
  std::vector<const Process*> line{&process};
  const Forest::Chain chain = scene.forest.chain(process);
  line.insert(line.end(), chain.ancestors.begin(), chain.ancestors.end());
  for (const Process* above : line) {
    if (above->id.pid == 1 || is_kernel_thread(*above)) break;
    if (above->started > *since || opens_sessions(*above)) continue;
    return held(Why::Forgotten,
                "what strayd knew of the origin of " + named(*above) +
                    " is lost, and it is older than that loss");
  }
  return std::nullopt;
}

// An ancestor that PM2 may yet claim, or that can't be read, leaves its
// descendants in doubt.
std::optional<Claim> ancestors_claim(const Scene& scene,
                                     const Process& process) {
  for (const Process* ancestor : scene.forest.chain(process).ancestors) {
    if (ancestor->id.pid == 1 || is_kernel_thread(*ancestor)) break;
    if (!ancestor->environment && must_be_read(*ancestor, process) &&
        !scene.origin_of(*ancestor)) {
      return missing(ancestor->environment, *ancestor, "the environment");
    }
    // sudo and su keep the cookie from what they start as another user, so the
    // judgement on an ancestor counts whoever's it is.
    if (std::optional<Claim> found = own_claim(scene, *ancestor)) {
      found->reason.text =
          named(*ancestor) + " above it: " + found->reason.text;
      return found;
    }
  }
  return std::nullopt;
}

// Whoever keeps it keeps what is below it.
std::optional<Claim> kept_claim(const Scene& scene, const Process& process) {
  const KeptKeys& kept = scene.evidence.memory.kept;
  const bool may_be = std::ranges::any_of(kept, [&](const auto& entry) {
    return entry.first.uid == process.uid.value_or(entry.first.uid);
  });
  if (!may_be) return std::nullopt;
  if (auto found = missing(process.cwd, process, "the working directory")) {
    return found;
  }
  std::vector<const Process*> line{&process};
  const Forest::Chain chain = scene.forest.chain(process);
  line.insert(line.end(), chain.ancestors.begin(), chain.ancestors.end());
  for (const Process* above : line) {
    if (above->id.pid == 1) break;
    const auto key = reaction_key_of(*above);
    const auto found = key ? kept.find(*key) : kept.end();
    if (found == kept.end()) continue;
    const auto within =
        std::chrono::ceil<std::chrono::seconds>(found->second.within);
    return held(Why::ComesBack,
                (above == &process ? "" : named(*above) + " above it: ") +
                    "somebody keeps it: it was there again within " +
                    std::to_string(std::max<std::int64_t>(within.count(), 1)) +
                    " s of each of the last three kills");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Claim> held_claim(const Scene& scene, const Process& process) {
  if (auto claim = chain_claim(scene, process)) return claim;
  const bool has_origin = scene.origin_of(process).has_value();
  if (auto claim = unreadable_claim(process, has_origin)) return claim;
  if (auto claim = undecided_protection(scene, process)) return claim;
  if (auto claim = own_claim(scene, process)) return claim;
  if (auto claim = forgotten_claim(scene, process)) return claim;
  if (auto claim = ancestors_claim(scene, process)) return claim;
  if (!has_origin) {
    if (auto claim = possible_owner_claim(scene, process)) return claim;
  }
  return kept_claim(scene, process);
}

}  // namespace strayd
