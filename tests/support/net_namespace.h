// A network of a test's own: a loopback and nothing else, with PID and mount
// namespaces around it.
#pragma once

#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>

#include <gtest/gtest.h>
#include <net/if.h>

#include "strayd/sys/fd.h"

#include "support/pid_namespace.h"

namespace strayd::test {

// As `ip link set lo up`.
inline bool raise_loopback() {
  const UniqueFd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return fd && ::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
}

inline void in_net_namespace(const std::function<void()>& body) {
  in_namespaces(CLONE_NEWNET, [&] {
    ASSERT_TRUE(raise_loopback());
    body();
  });
}

}  // namespace strayd::test
