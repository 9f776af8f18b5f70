#include "strayd/web/routes.h"

namespace strayd {
namespace {

constexpr auto kHtml = "text/html; charset=utf-8";
constexpr auto kJson = "application/json";
// https://prometheus.io/docs/instrumenting/exposition_formats/
constexpr auto kMetrics = "text/plain; version=0.0.4; charset=utf-8";

constexpr auto kHealthy = "/-/healthy";
constexpr auto kReady = "/-/ready";

Response plain(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

Response made(const std::function<std::string()>& make, const char* type) {
  if (!make) return plain(404, "not found\n");
  return {.content_type = type, .body = make()};
}

}  // namespace

std::vector<std::string> open_paths(const std::string& telemetry_path) {
  std::vector<std::string> open{kHealthy, kReady};
  std::erase(open, telemetry_path);
  return open;
}

Response route(const Request& request, const Pages& pages) {
  if (request.method != "GET" && request.method != "HEAD") {
    return plain(405, "only GET and HEAD: nothing here can be changed\n");
  }
  // First, so that a telemetry path of "/" replaces the page.
  if (request.path == pages.telemetry_path) {
    return made(pages.metrics, kMetrics);
  }
  if (request.path == "/") return made(pages.page, kHtml);
  if (request.path == "/api/v1/status") return made(pages.status, kJson);
  if (request.path == kHealthy) {
    return pages.healthy ? plain(200, "healthy\n")
                         : plain(503,
                                 "not healthy: no scan came to an end "
                                 "for ten intervals\n");
  }
  if (request.path == kReady) {
    return pages.ready ? plain(200, "ready\n")
                       : plain(503, "not ready: no scan is done yet\n");
  }
  return plain(404, "not found\n");
}

}  // namespace strayd
