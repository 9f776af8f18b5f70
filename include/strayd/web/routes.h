// Which path answers what. Pure: the agent fills in the pages.
#pragma once

#include <functional>
#include <string>

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

// Paths match exactly: no prefixes, no normalisation, no other case. Whatever
// is neither GET nor HEAD is a 405, on every path.
Response route(const Request& request, const Pages& pages);

}  // namespace strayd
