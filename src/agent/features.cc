#include "strayd/agent/features.h"

#include "strayd/net/sockets.h"
#include "strayd/proc/process_events.h"

namespace strayd {
namespace {

Feature probe_sock_diag() {
  SocketReader reader;
  const Result<SocketTable> table = reader.read({});
  if (!table) {
    return {.name = "sock_diag",
            .detail = table.error().what,
            .remedy =
                "allow netlink sockets (RestrictAddressFamilies), and "
                "load the modules tcp_diag and inet_diag"};
  }
  return {.name = "sock_diag",
          .available = true,
          .detail = "shows " + std::to_string(table->listeners.size()) +
                    " listening sockets"};
}

Feature probe_process_events() {
  const Result<ProcessEvents> events = ProcessEvents::open();
  if (!events) {
    return {.name = "process_events",
            .detail = events.error().what,
            .remedy =
                "scans come at each interval all the same; before Linux 6.6 "
                "the kernel tells only who has CAP_NET_ADMIN, and it tells the "
                "initial pid and network namespaces alone"};
  }
  return {.name = "process_events",
          .available = true,
          .detail = "the kernel tells of births and ends"};
}

}  // namespace

std::vector<Feature> features_here(const std::string& procfs_root) {
  std::vector<Feature> features = probe_features(procfs_root);
  features.push_back(probe_sock_diag());
  features.push_back(probe_process_events());
  return features;
}

}  // namespace strayd
