// Which paths tell nothing but life, and are answered without a password.
#include <poll.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/web/password.h"
#include "strayd/web/routes.h"
#include "strayd/web/server.h"

#include "web/client.h"

namespace strayd {
namespace {

constexpr auto kWrong = "Authorization: Basic cHJvbTp3cm9uZw==\r\n";

Response echo(const Request& request) {
  return {.body = request.method + " " + request.path};
}

// Nobody has a password for it. Each step of cost doubles the time that a check
// takes.
Server start_guarded(int cost = 4) {
  Server server = start_server(echo, {}, open_paths("/metrics"));
  server.set_users({{"prom", bcrypt_of_nobody(cost)}});
  return server;
}

TEST(OpenPaths, are_those_that_tell_nothing_but_life) {
  EXPECT_EQ(open_paths("/metrics"),
            (std::vector<std::string>{"/-/healthy", "/-/ready"}));
}

TEST(OpenPaths, are_never_where_the_metrics_are) {
  EXPECT_EQ(open_paths("/-/ready"), std::vector<std::string>{"/-/healthy"});
}

TEST(OpenPaths, are_answered_without_a_password) {
  const Server server = start_guarded();
  for (const char* path : {"/-/healthy", "/-/ready", "/-/ready?x=/metrics"}) {
    EXPECT_EQ(get(server.address(), path).status, 200) << path;
    EXPECT_EQ(get(server.address(), path, kWrong).status, 200) << path;
  }
  EXPECT_EQ(ask(server.address(), "HEAD /-/ready HTTP/1.1\r\n\r\n").status,
            200);
}

TEST(OpenPaths, are_what_the_handler_gets_however_it_was_escaped) {
  const Server server = start_guarded();
  EXPECT_EQ(get(server.address(), "/%2d/read%79").body, "GET /-/ready");
}

TEST(OpenPaths, open_nothing_that_only_looks_like_them) {
  const Server server = start_guarded();
  for (const char* path : {"/",
                           "/metrics",
                           "/api/v1/status",
                           "/-/",
                           "/-/ready/",
                           "/-/ready/x",
                           "/-/readyx",
                           "/-/READY",
                           "//-/ready",
                           "/-//ready",
                           "/./-/ready",
                           "/x/../-/ready",
                           "/-/ready/../metrics",
                           "/-/ready/../../metrics",
                           "/-/ready%2f..%2f..%2fmetrics",
                           "/metrics?/-/ready",
                           "/metrics#/-/ready",
                           "/-/ready;/metrics",
                           "/-/ready%00",
                           "/-/ready%00/metrics",
                           "/-/ready%",
                           "/%252d/ready",
                           R"(/-\ready)"}) {
    EXPECT_EQ(get(server.address(), path).status, 401) << path;
    EXPECT_EQ(get(server.address(), path, kWrong).status, 401) << path;
  }
}

TEST(OpenPaths, open_no_target_that_is_no_path) {
  const Server server = start_guarded();
  for (const std::string target :
       {"http://evil.example/-/ready", "*", "-/ready", "x/../-/ready"}) {
    const std::string line = "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
    EXPECT_NE(ask(server.address(), line).status, 200) << target;
  }
}

TEST(OpenPaths, are_answered_beside_passwords_that_are_being_checked) {
  const Server server = start_guarded(kMaxBcryptCost);
  std::vector<UniqueFd> guesses;
  for (int i = 0; i < 4; ++i) {
    guesses.push_back(dial(server.address()));
    send_bytes(guesses.back().get(),
               std::string("GET / HTTP/1.1\r\n") + kWrong + "\r\n");
  }
  EXPECT_EQ(get(server.address(), "/-/healthy").status, 200);
  const auto is_waiting = [](const UniqueFd& guess) {
    pollfd answered{.fd = guess.get(), .events = POLLIN, .revents = 0};
    return ::poll(&answered, 1, 0) == 0;
  };
  EXPECT_TRUE(std::ranges::any_of(guesses, is_waiting));
}

}  // namespace
}  // namespace strayd
