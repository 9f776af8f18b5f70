// What strangers may send: the server answers or hangs up, and lives on.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "web/client.h"

namespace strayd {
namespace {

using namespace std::string_literals;

Response echo(const Request& request) {
  return {.body = request.method + " " + request.path};
}

constexpr std::string_view kRequest =
    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n"
    "Content-Length: 3\r\nRange: bytes=0-5\r\nIf-Modified-Since: x\r\n"
    "Authorization: Basic eA==\r\nAccept-Encoding: gzip\r\n"
    "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\nabc";

// A few bytes changed, left out, put in or repeated.
std::string mutate(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return random() % limit;
  };
  for (std::size_t step = 1 + below(6); step > 0; --step) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(9));
        break;
      case 2:
        text.insert(at, 1 + below(9), static_cast<char>(below(256)));
        break;
      default:
        text.insert(at, text.substr(at, 1 + below(40)));
    }
    if (text.empty()) text = "\r\n\r\n";
  }
  return text;
}

TEST(Robustness, two_thousand_mutated_requests_do_no_harm) {
  const Server server = start_server(echo);
  std::mt19937 random(20240517);  // NOLINT(cert-msc51-cpp): the same each run
  for (int i = 0; i < 2000; ++i) {
    const UniqueFd fd = dial(server.address());
    ASSERT_TRUE(fd) << i;
    send_bytes(fd.get(), mutate(std::string(kRequest), random));
    ::shutdown(fd.get(), SHUT_WR);
    receive_all(fd.get());
  }
  EXPECT_EQ(get(server.address(), "/").status, 200);
}

TEST(Robustness, garbage_is_a_bad_request) {
  const Server server = start_server(echo);
  for (const std::string& garbage :
       {"garbage\r\n\r\n"s,
        "\r\n\r\n"s,
        "GET\r\n\r\n"s,
        "GET / HTTP/9.9\r\n\r\n"s,
        "BREW / HTTP/1.1\r\n\r\n"s,
        "GET /a\0b HTTP/1.1\r\n\r\n"s,
        "GET /a HTTP/1.1\r\nX: a\0b\r\n\r\n"s,
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s}) {
    const int status = ask(server.address(), garbage).status;
    EXPECT_TRUE(status == 0 || status == 400 || status == 505)
        << garbage << status;
  }
}

TEST(Robustness, a_head_of_more_than_16_kib_is_refused) {
  const Server server = start_server(echo);
  const std::string much(20'000, 'x');
  EXPECT_EQ(get(server.address(), "/", "X: " + much + "\r\n").status, 400);
  EXPECT_EQ(get(server.address(), "/" + much).status, 400);
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "X-Y: z\r\n";
  EXPECT_EQ(get(server.address(), "/", many).status, 400);
}

TEST(Robustness, an_endless_head_is_cut_off) {
  const Server server = start_server(echo);
  const UniqueFd fd = dial(server.address());
  const std::string much(65'536, 'x');
  std::size_t sent = 0;
  while (sent < (64U << 20U) && send_bytes(fd.get(), much)) sent += much.size();
  EXPECT_LT(sent, 64U << 20U);
}

TEST(Robustness, what_civetweb_refuses_itself_looks_like_the_rest) {
  const Server server = start_server(echo);
  const Answer answer = ask(server.address(), "BREW / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer.headers.at("cache-control"), "no-store");
}

TEST(Robustness, nothing_is_upgraded_or_smuggled) {
  const Server server = start_server(echo);
  const Answer upgrade =
      get(server.address(),
          "/ws",
          "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n");
  EXPECT_EQ(upgrade.body, "GET /ws");
  const Answer first = ask(server.address(),
                           "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                           "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.body, "GET /a");
  EXPECT_EQ(first.headers.at("connection"), "close");
}

TEST(Robustness, a_client_that_hangs_up_early_ends_only_its_own_answer) {
  const std::string body(8U << 20U, 'x');
  const Server server =
      start_server([&](const Request&) { return Response{.body = body}; });
  // Not even with SIGPIPE as deadly as it is by default.
  struct sigaction deadly{};
  struct sigaction before{};
  deadly.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &deadly, &before);
  for (int i = 0; i < 5; ++i) {
    const UniqueFd fd = dial(server.address());
    send_bytes(fd.get(), "GET / HTTP/1.1\r\n\r\n");
    std::array<char, 10> some{};
    EXPECT_GT(::recv(fd.get(), some.data(), some.size(), 0), 0);
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  EXPECT_EQ(get(server.address(), "/").body.size(), body.size());
  ::sigaction(SIGPIPE, &before, nullptr);
}

}  // namespace
}  // namespace strayd
