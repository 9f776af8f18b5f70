// What is known of each host of the configuration.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/sockets.h"
#include "strayd/net/resolver.h"

#include "lookup.h"

namespace strayd {

class KnownHosts {
 public:
  // Those of which an IP address is given are known for ever.
  explicit KnownHosts(std::span<const RemoteHosts> remotes);

  std::vector<std::string> names() const;  // that must be looked up

  // The answer is not trusted: who has got hold of the helper writes it.
  void take_in(const std::string& name, const LookupAnswer& answer);
  void fail(const std::string& name, const std::string& why);

  Remote describe(const RemoteHosts& remote) const;
  std::vector<UnresolvedHost> unresolved() const;

 private:
  struct Host {
    bool is_name = true;
    bool found = false;                       // once at least
    std::vector<IpAddress> addresses{};       // the newest first
    std::optional<UnresolvedHost> failure{};  // of the newest look-up
  };

  static void remember(Host& host, std::span<const IpAddress> newest);

  std::map<std::string, Host> hosts_;
};

}  // namespace strayd
