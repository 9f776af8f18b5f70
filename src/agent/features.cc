#include "strayd/agent/features.h"

#include "strayd/net/sockets.h"

namespace strayd {
namespace {

Feature probe_sock_diag() {
  SocketReader reader;
  const Result<SocketTable> table = reader.read(SocketScope::Listeners);
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

}  // namespace

std::vector<Feature> features_here(const std::string& procfs_root) {
  std::vector<Feature> features = probe_features(procfs_root);
  features.push_back(probe_sock_diag());
  return features;
}

}  // namespace strayd
