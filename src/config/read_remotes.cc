#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "strayd/config/config.h"

#include "host.h"
#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd::config {
namespace {

constexpr WholeRange kPorts{.least = 1, .most = 65535};
constexpr WholeRange kAtLeastOne{.least = 1, .most = 100};

std::vector<std::string> read_hosts(const Value& value) {
  static constexpr std::string_view kWanted = "a host name or an IP address";
  std::vector<std::string> hosts;
  for (const Value& item :
       value.items(kAtLeastOne, "an array of host names or IP addresses")) {
    std::optional<std::string> host = item.string(kWanted);
    if (!host) continue;
    if (!is_host(*host)) {
      item.expected(kWanted);
    } else if (std::ranges::find(hosts, *host) != hosts.end()) {
      item.complain("this host is listed twice");
    } else {
      hosts.push_back(*std::move(host));
    }
  }
  return hosts;
}

std::vector<int> read_ports(const Value& value) {
  std::vector<int> ports;
  for (const Value& item : value.items(kAtLeastOne, "an array of ports")) {
    const std::optional<std::int64_t> number = item.whole(kPorts);
    if (!number) continue;
    const int port = static_cast<int>(*number);
    if (std::ranges::find(ports, port) != ports.end()) {
      item.complain("this port is listed twice");
    } else {
      ports.push_back(port);
    }
  }
  return ports;
}

RemoteConfig read_remote(const Value& value, std::set<std::string>& taken) {
  Section keys(value);
  RemoteConfig remote;
  if (const auto name = keys.require("name")) {
    remote.name = name->name().value_or("");
    if (!remote.name.empty() && !taken.insert(remote.name).second) {
      name->complain(fmt::format("the name \"{}\" is taken", remote.name));
    }
  }
  if (const auto hosts = keys.require("hosts")) {
    remote.hosts = read_hosts(*hosts);
  }
  if (const auto ports = keys.take("ports")) remote.ports = read_ports(*ports);
  keys.finish();
  return remote;
}

}  // namespace

void read_remotes(const Value& value, std::vector<RemoteConfig>& out) {
  out.clear();
  std::set<std::string> taken;
  for (const Value& item : value.items(kListLength, "an array of remotes")) {
    out.push_back(read_remote(item, taken));
  }
}

}  // namespace strayd::config
