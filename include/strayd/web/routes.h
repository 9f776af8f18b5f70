// Which path answers what. Pure: the agent fills in the pages.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "strayd/web/server.h"

namespace strayd {

// What there is to show. Each function is called once per request for it, from
// any of the server's threads.
struct Pages {
  std::function<std::string()> metrics{};  // text exposition format 0.0.4
  std::function<std::string()> page{};     // HTML
  std::function<std::string()> status{};   // JSON
  bool ready = false;  // the first scan is done: /-/ready says 200, not 503
  // Scans come when they should: /-/healthy says 200, not 503.
  bool healthy = true;
  std::string telemetry_path = "/metrics";
};

// What is answered without a password: /-/healthy and /-/ready, which tell
// nothing but life. The probes of a kubelet or a container have none. Where the
// metrics are is never among them.
std::vector<std::string> open_paths(const std::string& telemetry_path);

// Paths match exactly: no prefixes, no normalisation, no other case. Whatever
// is neither GET nor HEAD is a 405, on every path.
Response route(const Request& request, const Pages& pages);

}  // namespace strayd
