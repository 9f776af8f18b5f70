// The addresses of the hosts that the configuration names, looked up beside the
// scans.
//
// getaddrinfo(3) takes as long as a name server or a network disk does, and
// nothing stops it: a thread in it could not be joined, and gai_cancel(3)
// leaves alone what is under way. So a forked helper looks up, and is ended
// where it takes too long or is not wanted any more. It is this program under
// the same seccomp filter, which allows what glibc does there (to load the
// modules of nsswitch.conf(5), to speak to name services); the filter forbids
// exec, which it has no need of. It has no descriptor and no capability of
// ours: what a name server sends is parsed without them. No thread is needed
// either: whoever asks for the addresses starts what is due and takes in what
// has come.
//
// Large services give a few others of their addresses each time, and their
// connections last for days. So an address that a host once had still counts,
// up to 256 for each host.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "strayd/core/sockets.h"

namespace strayd {

struct RemoteHosts {
  std::string name{};
  std::vector<std::string> hosts{};  // names or IP addresses
  std::vector<std::uint16_t> ports{};
};

struct ResolverOptions {
  std::chrono::nanoseconds interval = std::chrono::seconds{60};
  std::chrono::nanoseconds patience = std::chrono::seconds{30};  // for one host
};

// A host whose newest look-up has failed; what was known before still counts.
struct UnresolvedHost {
  std::string host{};
  std::int64_t since_unix_ms = 0;  // the first failure after the last success
  std::string why{};
};

// Used by one thread.
class Resolver {
 public:
  explicit Resolver(std::vector<RemoteHosts> remotes,
                    ResolverOptions options = {});
  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) noexcept;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // Ends a look-up that is under way. If the kernel does not let it end, it is
  // left behind after a second.
  ~Resolver();

  // In the order of the configuration, with what is known now; never waits for
  // an answer. IP addresses are known at once.
  std::vector<Remote> remotes();

  std::vector<UnresolvedHost> unresolved() const;  // ascending by host

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
