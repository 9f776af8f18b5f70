#include "strayd/web/server.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/web/routes.h"

#include "web/client.h"

namespace strayd {
namespace {

using testing::HasSubstr;

// The password is "secret".
constexpr auto kHash =
    "$2b$04$zwH9hcUrjDkCNZTJiQChceh1L4665lNC9qQZV2iSOItKCLlP/49sG";
constexpr auto kRight = "Authorization: Basic cHJvbTpzZWNyZXQ=\r\n";
constexpr auto kWrong = "Authorization: Basic cHJvbTp3cm9uZw==\r\n";

Server start_routes() {
  const Pages pages{.metrics = [] { return std::string("strayd_up 1\n"); },
                    .page = [] { return std::string("<h1>strayd</h1>"); },
                    .status = [] { return std::string("{}"); },
                    .ready = true};
  return start_server(
      [pages](const Request& request) { return route(request, pages); });
}

// Tells what it was asked.
Response echo(const Request& request) {
  return {.body = request.method + " " + request.path};
}

Server start_guarded() {
  Server server = start_server(echo);
  server.set_users({{"prom", kHash}});
  return server;
}

// The web-config file of a test.
class TempFile {
 public:
  explicit TempFile(const std::string& text) {
    ::close(::mkstemp(path_.data()));
    std::ofstream(path_) << text;
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "web-config-XXXXXX";
};

TEST(Server, serves_the_routes_with_their_types) {
  const Server server = start_routes();
  const Answer metrics = get(server.address(), "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.body, "strayd_up 1\n");
  EXPECT_EQ(metrics.headers.at("content-type"),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get(server.address(), "/").body, "<h1>strayd</h1>");
  EXPECT_EQ(get(server.address(), "/api/v1/status").body, "{}");
  EXPECT_EQ(get(server.address(), "/-/healthy").status, 200);
  EXPECT_EQ(get(server.address(), "/-/ready").status, 200);
}

TEST(Server, ignores_the_query) {
  const Server server = start_routes();
  EXPECT_EQ(get(server.address(), "/metrics?name[]=a&x=%00").status, 200);
}

TEST(Server, does_not_find_what_only_looks_like_a_route) {
  const Server server = start_routes();
  for (const char* path : {"/metrics/x",
                           "/METRICS",
                           "//metrics",
                           "/metrics/",
                           "/metrics%2f",
                           "/%2fmetrics",
                           "/./metrics",
                           "/x/../metrics",
                           "/..%2fmetrics",
                           "/../../../../etc/passwd",
                           "/%2e%2e/%2e%2e/etc/passwd",
                           R"(/..\..\etc\passwd)",
                           "/etc/passwd",
                           "/proc/self/environ",
                           "/.htpasswd"}) {
    EXPECT_EQ(get(server.address(), path).status, 404) << path;
  }
}

TEST(Server, finds_a_route_however_its_letters_are_escaped) {
  const Server server = start_routes();
  EXPECT_EQ(get(server.address(), "/%6d%65trics").body, "strayd_up 1\n");
}

TEST(Server, refuses_a_path_that_hides_something_behind_a_nul) {
  const Server server = start_routes();
  EXPECT_EQ(get(server.address(), "/metrics%00").status, 400);
  EXPECT_EQ(get(server.address(), "/metrics%00/x").status, 400);
  EXPECT_EQ(get(server.address(), "/metrics%zz").status, 400);
}

TEST(Server, answers_head_with_the_head_of_get_alone) {
  const Server server = start_routes();
  const Answer head =
      ask(server.address(), "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "12");
  EXPECT_EQ(head.body, "");
}

TEST(Server, refuses_other_methods_and_names_its_own) {
  const Server server = start_routes();
  for (const std::string method :
       {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "CONNECT"}) {
    const Answer answer =
        ask(server.address(),
            method +
                " /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                "Origin: http://evil.example\r\n"
                "Access-Control-Request-Method: PUT\r\n\r\nab");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD") << method;
    EXPECT_FALSE(answer.headers.contains("access-control-allow-origin"));
  }
}

TEST(Server, forbids_caching_sniffing_and_scripts) {
  const Server server = start_routes();
  const Answer page =
      get(server.address(), "/", "Origin: http://a.example\r\n");
  EXPECT_EQ(page.headers.at("cache-control"), "no-store");
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.headers.at("content-security-policy"),
            "default-src 'none'; style-src 'unsafe-inline'");
  EXPECT_FALSE(page.headers.contains("access-control-allow-origin"));
}

TEST(Server, compresses_long_bodies_for_who_asks) {
  const std::string body(20'000, 'm');
  const Server server =
      start_server([&](const Request&) { return Response{.body = body}; });
  const Answer packed = get(server.address(), "/", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_LT(packed.body.size(), body.size() / 10);
  EXPECT_EQ(packed.headers.at("content-length"),
            std::to_string(packed.body.size()));
  const Answer plain = get(server.address(), "/");
  EXPECT_FALSE(plain.headers.contains("content-encoding"));
  EXPECT_EQ(plain.body, body);
}

TEST(Server, does_not_compress_short_bodies) {
  const Server server = start_routes();
  const Answer answer =
      get(server.address(), "/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_FALSE(answer.headers.contains("content-encoding"));
}

TEST(Server, sends_a_large_body_whole) {
  std::string body;
  for (int i = 0; i < 700'000; ++i) body += std::to_string(i);
  const Server server =
      start_server([&](const Request&) { return Response{.body = body}; });
  EXPECT_EQ(get(server.address(), "/").body, body);
}

TEST(Server, turns_what_its_handler_throws_into_a_500_and_lives_on) {
  const Server server = start_server([](const Request& request) -> Response {
    if (request.path == "/throw") throw std::runtime_error("a secret");
    if (request.path == "/int") throw 7;
    return {};
  });
  const Answer answer = get(server.address(), "/throw");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "internal error\n");
  EXPECT_EQ(get(server.address(), "/int").status, 500);
  EXPECT_EQ(get(server.address(), "/").status, 200);
}

TEST(Server, asks_for_a_password_on_every_path_that_is_not_open) {
  const Server server = start_guarded();
  for (const char* path : {"/", "/metrics", "/-/healthy", "/nothing", "/%00"}) {
    const Answer answer = get(server.address(), path);
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_THAT(answer.headers.at("www-authenticate"), HasSubstr("Basic "));
    EXPECT_EQ(answer.body, "unauthorized\n");
  }
  EXPECT_EQ(ask(server.address(), "POST / HTTP/1.1\r\n\r\n").status, 401);
}

TEST(Server, lets_in_who_has_the_password_and_nobody_else) {
  const Server server = start_guarded();
  EXPECT_EQ(get(server.address(), "/a", kRight).body, "GET /a");
  EXPECT_EQ(get(server.address(), "/a", kWrong).status, 401);
  for (const char* header : {"Authorization:\r\n",
                             "Authorization: Basic\r\n",
                             "Authorization: Basic !!!\r\n",
                             "Authorization: Bearer cHJvbTpzZWNyZXQ=\r\n"}) {
    EXPECT_EQ(get(server.address(), "/a", header).status, 401) << header;
  }
}

TEST(Server, takes_new_users_while_it_runs) {
  Server server = start_guarded();
  EXPECT_EQ(get(server.address(), "/a", kRight).status, 200);
  server.set_users({{"eve", kHash}});
  EXPECT_EQ(get(server.address(), "/a", kRight).status, 401);
  server.set_users({});
  EXPECT_EQ(get(server.address(), "/a").status, 200);
}

TEST(Server, begins_with_the_users_of_its_config_file) {
  const TempFile file(std::string("basic_auth_users:\n  prom: ") + kHash);
  const Server server = start_server(echo, {.config_file = file.path()});
  EXPECT_EQ(get(server.address(), "/a").status, 401);
  EXPECT_EQ(get(server.address(), "/a", kRight).status, 200);
}

TEST(Server, does_not_start_unguarded_when_its_config_file_is_bad) {
  const TempFile file("tls_server_config: {}\n");
  const auto server = Server::start(
      {.listen = "127.0.0.1:0", .config_file = file.path()}, echo);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().what, HasSubstr("TLS is not offered"));
  EXPECT_FALSE(Server::start(
      {.listen = "127.0.0.1:0", .config_file = file.path() + ".no"}, echo));
}

TEST(Server, names_the_port_that_is_in_use) {
  const Server first = start_server(echo);
  const auto second = Server::start({.listen = first.address()}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what,
            "listen " + first.address() +
                ": Address already in use (is another strayd running?)");
  EXPECT_EQ(get(first.address(), "/").status, 200);
}

TEST(Server, tells_the_port_that_was_really_bound) {
  const Server server = start_server(echo);
  EXPECT_THAT(server.address(), testing::StartsWith("127.0.0.1:"));
  EXPECT_THAT(server.address(), testing::Not(testing::EndsWith(":0")));
}

TEST(Server, listens_on_every_interface_only_when_told) {
  const auto server = Server::start({.listen = ":0"}, echo);
  ASSERT_TRUE(server) << server.error().what;
  EXPECT_THAT(server->address(), testing::StartsWith("0.0.0.0:"));
  const std::string port = server->address().substr(8);
  EXPECT_EQ(get("127.0.0.1:" + port, "/").status, 200);
  EXPECT_EQ(get("127.0.0.2:" + port, "/").status, 200);

  const Server local = start_server(echo);
  EXPECT_EQ(get("127.0.0.2" + local.address().substr(9), "/").status, 0);
}

TEST(Server, leaves_the_signals_to_the_thread_that_waits_for_them) {
  sigset_t before{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const Server server = start_server(echo);
  sigset_t after{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(::sigismember(&after, SIGTERM), ::sigismember(&before, SIGTERM));

  std::size_t threads = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream comm(task.path() / "comm");
    std::string word;
    std::getline(comm, word);
    if (!word.starts_with("civetweb")) continue;
    ++threads;
    std::ifstream status(task.path() / "status");
    while (status >> word && word != "SigBlk:") {
    }
    status >> word;
    const std::uint64_t blocked = std::stoull(word, nullptr, 16);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE}) {
      EXPECT_NE(blocked & (std::uint64_t{1} << (signal - 1)), 0U) << signal;
    }
  }
  EXPECT_GT(threads, 1U);
}

TEST(Server, can_be_moved_and_serves_on) {
  Server first = start_server(echo);
  const std::string address = first.address();
  Server second = std::move(first);
  EXPECT_EQ(get(address, "/a").body, "GET /a");
  second = start_server(echo);
  EXPECT_EQ(get(second.address(), "/a").body, "GET /a");
  EXPECT_FALSE(dial(address));
}

}  // namespace
}  // namespace strayd
