#include "known_hosts.h"

#include <netdb.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <system_error>
#include <utility>

#include "strayd/sys/os.h"

#include "address.h"

namespace strayd {
namespace {

constexpr std::size_t kMostKnown = 256;

std::string why_failed(const LookupAnswer& answer) {
  if (answer.error == EAI_SYSTEM) {
    return std::generic_category().message(answer.system_error);
  }
  if (answer.error != 0) return ::gai_strerror(answer.error);
  return "it has no address";
}

}  // namespace

KnownHosts::KnownHosts(std::span<const RemoteHosts> remotes) {
  for (const RemoteHosts& remote : remotes) {
    for (const std::string& name : remote.hosts) {
      Host& host = hosts_[name];
      const std::optional<IpAddress> ip = to_ip(name);
      if (!ip) continue;
      host = Host{.is_name = false, .found = true, .addresses = {*ip}};
    }
  }
}

std::vector<std::string> KnownHosts::names() const {
  std::vector<std::string> all;
  for (const auto& [name, host] : hosts_) {
    if (host.is_name) all.push_back(name);
  }
  return all;
}

void KnownHosts::take_in(const std::string& name, const LookupAnswer& answer) {
  const std::size_t count =
      std::min<std::size_t>(answer.count, LookupAnswer::kMost);
  if (answer.error != 0 || count == 0) {
    fail(name, why_failed(answer));
    return;
  }
  Host& host = hosts_.at(name);
  host.found = true;
  host.failure.reset();
  remember(host, std::span{answer.addresses}.first(count));
}

void KnownHosts::remember(Host& host, std::span<const IpAddress> newest) {
  std::vector<IpAddress> all(newest.begin(), newest.end());
  for (const IpAddress& old : host.addresses) {
    if (std::ranges::find(newest, old) == newest.end()) all.push_back(old);
  }
  all.resize(std::min(all.size(), kMostKnown));
  host.addresses = std::move(all);
}

void KnownHosts::fail(const std::string& name, const std::string& why) {
  std::optional<UnresolvedHost>& failure = hosts_.at(name).failure;
  if (!failure) {
    failure = UnresolvedHost{.host = name, .since_unix_ms = unix_ms()};
  }
  failure->why = why;
}

Remote KnownHosts::describe(const RemoteHosts& remote) const {
  std::set<IpAddress> addresses;
  bool complete = true;
  for (const std::string& name : remote.hosts) {
    const Host& host = hosts_.at(name);
    complete = complete && host.found;
    addresses.insert(host.addresses.begin(), host.addresses.end());
  }
  return Remote{.name = remote.name,
                .addresses = {addresses.begin(), addresses.end()},
                .ports = remote.ports,
                .complete = complete};
}

std::vector<UnresolvedHost> KnownHosts::unresolved() const {
  std::vector<UnresolvedHost> all;
  for (const auto& [name, host] : hosts_) {
    if (host.failure) all.push_back(*host.failure);
  }
  return all;
}

}  // namespace strayd
