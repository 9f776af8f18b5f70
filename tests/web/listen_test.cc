#include "strayd/web/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/fd.h"

namespace strayd {
namespace {

using testing::HasSubstr;

// A listener on a free port of 127.0.0.1, and where it is.
struct Listener {
  UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ListenAddress address{};

  Listener() {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* pointer = reinterpret_cast<sockaddr*>(&raw);
    socklen_t size = sizeof raw;
    EXPECT_EQ(::bind(fd.get(), pointer, size), 0);
    EXPECT_EQ(::listen(fd.get(), 8), 0);
    EXPECT_EQ(::getsockname(fd.get(), pointer, &size), 0);
    address.port = ntohs(raw.sin_port);
  }

  bool listens() const {
    int on = 0;
    socklen_t size = sizeof on;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &on, &size);
    return on != 0;
  }
};

std::string refusal(std::string_view text) {
  const auto parsed = parse_listen(text);
  return parsed ? "accepted" : parsed.error().what;
}

TEST(ListenAddress, is_a_numeric_address_and_a_port) {
  EXPECT_EQ(parse_listen("127.0.0.1:9586"),
            (ListenAddress{.ip = "127.0.0.1", .port = 9586}));
  EXPECT_EQ(parse_listen("10.1.2.3:0"),
            (ListenAddress{.ip = "10.1.2.3", .port = 0}));
  EXPECT_EQ(parse_listen("localhost:65535"),
            (ListenAddress{.ip = "127.0.0.1", .port = 65535}));
}

TEST(ListenAddress, without_a_host_is_every_interface_as_exporters_have_it) {
  EXPECT_EQ(parse_listen(":9586"),
            (ListenAddress{.ip = "0.0.0.0", .port = 9586}));
}

TEST(ListenAddress, of_ipv6_or_a_unix_socket_is_refused_by_name) {
  EXPECT_THAT(refusal("[::1]:9586"), HasSubstr("IPv6 is not offered"));
  EXPECT_THAT(refusal("::1:9586"), HasSubstr("IPv6 is not offered"));
  EXPECT_THAT(refusal("/run/strayd.sock"), HasSubstr("unix sockets are not"));
  EXPECT_THAT(refusal("unix:strayd"), HasSubstr("unix sockets are not"));
}

TEST(ListenAddress, that_is_malformed_is_refused) {
  for (const char* text : {"",
                           "9586",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:+1",
                           "127.0.0.1:9586s",
                           "127.0.0.1:95,86",
                           "127.0.0.1: 9586",
                           "127.1:9586",
                           "256.0.0.1:9586",
                           "example.org:9586",
                           " 127.0.0.1:9586"}) {
    EXPECT_NE(refusal(text), "accepted") << text;
  }
}

TEST(CheckBind, names_the_address_and_the_likely_holder_of_a_port_in_use) {
  const Listener taken;
  const auto checked = check_bind(taken.address);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().what,
            "listen " + to_string(taken.address) +
                ": Address already in use (is another strayd running?)");
}

TEST(CheckBind, names_an_address_that_this_host_does_not_have) {
  const auto checked = check_bind({.ip = "192.0.2.1", .port = 0});
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, HasSubstr("listen 192.0.2.1:0: "));
}

TEST(CheckBind, leaves_the_port_free) {
  const ListenAddress any{.ip = "127.0.0.1", .port = 0};
  EXPECT_TRUE(check_bind(any));
  EXPECT_TRUE(check_bind(any));
}

TEST(ShutdownSocketsAt, ends_what_listens_there_and_nothing_else) {
  const Listener ours;
  const Listener other;
  shutdown_sockets_at(ours.address);
  EXPECT_FALSE(ours.listens());
  EXPECT_TRUE(other.listens());
}

TEST(CloseSocketsAt, closes_what_is_bound_there_and_nothing_else) {
  const Listener ours;  // whose own close will find nothing left to close
  const Listener other;
  close_sockets_at(ours.address);
  EXPECT_FALSE(ours.listens());
  EXPECT_TRUE(other.listens());
}

}  // namespace
}  // namespace strayd
