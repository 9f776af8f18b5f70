#include "strayd/net/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include "strayd/sys/os.h"

#include "address.h"
#include "lookup.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kMostKnown = 256;
// For a helper that was just killed.
constexpr std::chrono::milliseconds kToEnd{20};

struct Host {
  bool literal = false;
  bool found = false;                   // once at least
  std::vector<IpAddress> addresses{};   // the newest first
  std::optional<Unresolved> failure{};  // of the newest look-up
};

void remember(Host& host, std::span<const IpAddress> newest) {
  std::vector<IpAddress> all(newest.begin(), newest.end());
  for (const IpAddress& old : host.addresses) {
    if (std::ranges::find(newest, old) == newest.end()) all.push_back(old);
  }
  all.resize(std::min(all.size(), kMostKnown));
  host.addresses = std::move(all);
}

std::string why_failed(const LookupAnswer& answer) {
  if (answer.error == EAI_SYSTEM) {
    return std::generic_category().message(answer.system_error);
  }
  if (answer.error != 0) return ::gai_strerror(answer.error);
  return "it has no address";
}

std::string in_ms(nanoseconds time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  return std::to_string(ms.count()) + " ms";
}

}  // namespace

struct Resolver::Impl {
  std::vector<RemoteHosts> remotes;
  ResolverOptions options;
  std::map<std::string, Host> hosts{};
  nanoseconds next_round{};

  // The look-up under way, what was taken in of it, and when something last
  // came.
  std::optional<Lookup> lookup{};
  std::size_t taken = 0;
  nanoseconds last_answer{};
  // Killed, and not gone yet.
  bool given_up = false;

  void add(const std::string& name) {
    Host& host = hosts[name];
    const std::optional<IpAddress> ip = to_ip(name);
    if (!ip) return;
    host = Host{.literal = true, .found = true, .addresses = {*ip}};
  }

  void advance(nanoseconds now) {
    if (lookup) follow(now);
    if (now < next_round) return;
    if (lookup && !given_up) return;
    next_round = now + options.interval;
    if (lookup) {
      fail_rest("the look-up before does not end");
    } else {
      start(names(), now);
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, host] : hosts) {
      if (!host.literal) all.push_back(name);
    }
    return all;
  }

  void start(std::vector<std::string> wanted, nanoseconds now) {
    if (wanted.empty()) return;
    Result<Lookup> started = Lookup::start(wanted);
    if (!started) {
      for (const std::string& name : wanted) fail(name, started.error().what);
      return;
    }
    lookup.emplace(*std::move(started));
    taken = 0;
    last_answer = now;
    given_up = false;
  }

  void follow(nanoseconds now) {
    if (!given_up) {
      // Asked first: what it answered before its end has come by then.
      const bool ended = lookup->ended(std::chrono::milliseconds{0});
      take_in(now);
      if (taken == lookup->hosts().size()) {
        lookup.reset();
        return;
      }
      if (!ended && now - last_answer < options.patience) return;
      give_up(ended ? "the helper that looked it up has died"
                    : "no answer within " + in_ms(options.patience));
    }
    if (lookup->ended(kToEnd)) go_on(now);
  }

  void take_in(nanoseconds now) {
    const std::span<const LookupAnswer> answers = lookup->answers();
    for (; taken < answers.size(); ++taken) {
      last_answer = now;
      // A copy: whoever got hold of the helper could write into it still.
      take_in(lookup->hosts()[taken], LookupAnswer{answers[taken]});
    }
  }

  void take_in(const std::string& name, const LookupAnswer& answer) {
    if (answer.error != 0 || answer.count == 0) {
      return fail(name, why_failed(answer));
    }
    Host& host = hosts.at(name);
    host.found = true;
    host.failure.reset();
    const std::size_t count =
        std::min<std::size_t>(answer.count, LookupAnswer::kMost);
    remember(host, std::span{answer.addresses}.first(count));
  }

  // On the host that it is at.
  void give_up(const std::string& why) {
    fail(lookup->hosts()[taken], why);
    ++taken;
    lookup->kill();
    given_up = true;
  }

  // With the hosts behind the one that was given up.
  void go_on(nanoseconds now) {
    const std::vector<std::string>& all = lookup->hosts();
    std::vector<std::string> rest(
        all.begin() + static_cast<std::ptrdiff_t>(taken), all.end());
    lookup.reset();
    start(std::move(rest), now);
  }

  void fail_rest(const std::string& why) {
    for (std::size_t i = taken; i < lookup->hosts().size(); ++i) {
      fail(lookup->hosts()[i], why);
    }
  }

  void fail(const std::string& name, const std::string& why) {
    std::optional<Unresolved>& failure = hosts.at(name).failure;
    if (!failure)
      failure = Unresolved{.host = name, .since_unix_ms = unix_ms()};
    failure->why = why;
  }

  Remote describe(const RemoteHosts& remote) const {
    std::set<IpAddress> addresses;
    bool complete = true;
    for (const std::string& name : remote.hosts) {
      const Host& host = hosts.at(name);
      complete = complete && host.found;
      addresses.insert(host.addresses.begin(), host.addresses.end());
    }
    return Remote{.name = remote.name,
                  .addresses = {addresses.begin(), addresses.end()},
                  .ports = remote.ports,
                  .complete = complete};
  }
};

Resolver::Resolver(std::vector<RemoteHosts> remotes, ResolverOptions options)
    : impl_(std::make_unique<Impl>(
          Impl{.remotes = std::move(remotes), .options = options})) {
  for (const RemoteHosts& remote : impl_->remotes) {
    for (const std::string& host : remote.hosts) impl_->add(host);
  }
}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

std::vector<Remote> Resolver::remotes() {
  impl_->advance(steady_time());
  std::vector<Remote> all;
  all.reserve(impl_->remotes.size());
  for (const RemoteHosts& remote : impl_->remotes) {
    all.push_back(impl_->describe(remote));
  }
  return all;
}

std::vector<Unresolved> Resolver::unresolved() const {
  std::vector<Unresolved> all;
  for (const auto& [name, host] : impl_->hosts) {
    if (host.failure) all.push_back(*host.failure);
  }
  return all;
}

}  // namespace strayd
