#include "strayd/web/routes.h"

#include <gtest/gtest.h>

namespace strayd {
namespace {

Pages pages() {
  return {.metrics = [] { return std::string("m\n"); },
          .page = [] { return std::string("<p>"); },
          .status = [] { return std::string("{}"); },
          .ready = true};
}

Response get(const std::string& path) {
  return route({.method = "GET", .path = path}, pages());
}

TEST(Routes, serve_what_each_path_stands_for) {
  EXPECT_EQ(get("/metrics").body, "m\n");
  EXPECT_EQ(get("/").body, "<p>");
  EXPECT_EQ(get("/api/v1/status").body, "{}");
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(get("/-/ready").status, 200);
}

TEST(Routes, name_the_type_of_each_body) {
  EXPECT_EQ(get("/metrics").content_type,
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(get("/api/v1/status").content_type, "application/json");
  EXPECT_EQ(get("/nothing").content_type, "text/plain; charset=utf-8");
}

TEST(Routes, match_a_path_whole_and_as_it_is_written) {
  for (const char* path : {"/metrics/",
                           "/metrics/x",
                           "/metricsfoo",
                           "//metrics",
                           "/METRICS",
                           "/./metrics",
                           "/x/../metrics",
                           "/metric",
                           "",
                           "*",
                           "/api/v1",
                           "/api/v1/status/",
                           "/-/reload",
                           "/-/quit"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST(Routes, answer_head_as_they_answer_get) {
  const Response head = route({.method = "HEAD", .path = "/metrics"}, pages());
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "m\n");
}

TEST(Routes, refuse_every_method_that_could_change_something) {
  for (const char* method :
       {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "get", ""}) {
    const Response refused = route({.method = method, .path = "/"}, pages());
    EXPECT_EQ(refused.status, 405) << method;
  }
}

TEST(Routes, are_not_ready_before_the_first_scan) {
  Pages before = pages();
  before.ready = false;
  EXPECT_EQ(route({.method = "GET", .path = "/-/ready"}, before).status, 503);
  EXPECT_EQ(route({.method = "GET", .path = "/-/healthy"}, before).status, 200);
}

TEST(Routes, move_the_metrics_to_the_telemetry_path) {
  Pages moved = pages();
  moved.telemetry_path = "/strayd";
  EXPECT_EQ(route({.method = "GET", .path = "/strayd"}, moved).body, "m\n");
  EXPECT_EQ(route({.method = "GET", .path = "/metrics"}, moved).status, 404);
  moved.telemetry_path = "/";
  EXPECT_EQ(route({.method = "GET", .path = "/"}, moved).body, "m\n");
}

TEST(Routes, answer_404_for_a_page_that_nobody_provides) {
  EXPECT_EQ(route({.method = "GET", .path = "/metrics"}, {}).status, 404);
}

}  // namespace
}  // namespace strayd
