#include "strayd/net/resolver.h"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "strayd/sys/os.h"

#include "known_hosts.h"
#include "lookup.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;

// For a helper that was just killed.
constexpr std::chrono::milliseconds kToEnd{20};

std::string in_ms(nanoseconds time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  return std::to_string(ms.count()) + " ms";
}

}  // namespace

// There is one look-up at a time, and none beside one that does not end.
struct Resolver::Impl {
  Impl(std::vector<RemoteHosts> wanted, ResolverOptions how)
      : remotes(std::move(wanted)), options(how), hosts(remotes) {}

  std::vector<RemoteHosts> remotes;
  ResolverOptions options;
  KnownHosts hosts;
  nanoseconds next_round{};

  std::optional<Lookup> lookup{};
  std::size_t taken = 0;      // of its answers
  nanoseconds last_answer{};  // when the newest of them came
  bool given_up = false;      // killed, and not gone yet

  void advance(nanoseconds now) {
    if (lookup) follow(*lookup, now);
    if (now < next_round) return;
    if (lookup && !given_up) return;
    next_round = now + options.interval;
    if (lookup) {
      fail_rest(*lookup, "the look-up before does not end");
    } else {
      start(hosts.names(), now);
    }
  }

  void start(const std::vector<std::string>& names, nanoseconds now) {
    if (names.empty()) return;
    Result<Lookup> started = Lookup::start(names);
    if (!started) {
      for (const std::string& name : names) {
        hosts.fail(name, started.error().what);
      }
      return;
    }
    lookup.emplace(*std::move(started));
    taken = 0;
    last_answer = now;
    given_up = false;
  }

  void follow(Lookup& running, nanoseconds now) {
    if (!given_up) {
      // Asked first: what it answered before its end has come by then.
      const bool ended = running.ended(std::chrono::milliseconds{0});
      take_in(running, now);
      if (taken == running.hosts().size()) {
        lookup.reset();
        return;
      }
      if (!ended && now - last_answer < options.patience) return;
      give_up(running,
              ended ? "the helper that looked it up has died"
                    : "no answer within " + in_ms(options.patience));
    }
    if (running.ended(kToEnd)) go_on(running, now);
  }

  void take_in(const Lookup& running, nanoseconds now) {
    const std::span<const LookupAnswer> answers = running.answers();
    for (; taken < answers.size(); ++taken) {
      // A copy: what is shared may change.
      const LookupAnswer answer = answers[taken];
      hosts.take_in(running.hosts()[taken], answer);
      last_answer = now;
    }
  }

  // On the host that it is at.
  void give_up(Lookup& running, const std::string& why) {
    hosts.fail(running.hosts()[taken], why);
    ++taken;
    running.kill();
    given_up = true;
  }

  // With the hosts behind the one that was given up.
  void go_on(const Lookup& running, nanoseconds now) {
    const std::vector<std::string>& all = running.hosts();
    const std::vector<std::string> rest(
        all.begin() + static_cast<std::ptrdiff_t>(taken), all.end());
    lookup.reset();  // and `running`
    start(rest, now);
  }

  void fail_rest(const Lookup& running, const std::string& why) {
    for (std::size_t i = taken; i < running.hosts().size(); ++i) {
      hosts.fail(running.hosts()[i], why);
    }
  }
};

Resolver::Resolver(std::vector<RemoteHosts> remotes, ResolverOptions options)
    : impl_(std::make_unique<Impl>(std::move(remotes), options)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

std::vector<Remote> Resolver::remotes() {
  impl_->advance(steady_time());
  std::vector<Remote> all;
  all.reserve(impl_->remotes.size());
  for (const RemoteHosts& remote : impl_->remotes) {
    all.push_back(impl_->hosts.describe(remote));
  }
  return all;
}

std::vector<UnresolvedHost> Resolver::unresolved() const {
  return impl_->hosts.unresolved();
}

}  // namespace strayd
