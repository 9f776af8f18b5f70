#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/net/parse.h"

#include "diag_text.h"

namespace strayd::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t kSequence = 5;

SocketTable with_connections() {
  return {.listeners = {}, .connections = std::vector<Connection>{}};
}

SocketTable table_of(const std::string& datagram) {
  SocketTable table = with_connections();
  const Result<DiagPart> part =
      parse_diag(as_bytes(datagram), kSequence, table);
  EXPECT_TRUE(part) << part.error().what;
  return table;
}

Result<DiagPart> parsed(const std::string& datagram) {
  SocketTable table = with_connections();
  return parse_diag(as_bytes(datagram), kSequence, table);
}

TEST(ParseDiag, takes_a_listener) {
  const SocketTable table = table_of(message(
      kSequence,
      DiagSocket{.state = kListen, .inode = 4'294'967'295, .remote_port = 0}));
  EXPECT_THAT(
      table.listeners,
      ElementsAre(Listener{.inode = 4'294'967'295,
                           .local = {.ip = v4(127, 0, 0, 1), .port = 3000}}));
  EXPECT_THAT(*table.connections, IsEmpty());
}

TEST(ParseDiag, takes_an_established_connection_with_its_last_byte) {
  const SocketTable table =
      table_of(message(kSequence, DiagSocket{.attributes = info(1234)}));
  EXPECT_THAT(table.listeners, IsEmpty());
  EXPECT_THAT(
      *table.connections,
      ElementsAre(Connection{.inode = 7,
                             .local = {.ip = v4(127, 0, 0, 1), .port = 3000},
                             .remote = {.ip = v4(192, 0, 2, 7), .port = 443},
                             .since_receive = 1234ms}));
}

TEST(ParseDiag, gives_ipv4_and_mapped_ipv4_the_same_address) {
  const SocketTable table = table_of(
      message(kSequence, DiagSocket{.inode = 1, .local = {10, 0, 0, 1}}) +
      message(
          kSequence,
          DiagSocket{
              .inode = 2,
              .family = AF_INET6,
              .local = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1}}));
  ASSERT_EQ(table.connections->size(), 2U);
  EXPECT_EQ(table.connections->at(0).local, table.connections->at(1).local);
}

TEST(ParseDiag, takes_an_ipv6_address_as_it_is) {
  const SocketTable table = table_of(message(
      kSequence,
      DiagSocket{
          .state = kListen,
          .family = AF_INET6,
          .local = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}}));
  EXPECT_EQ(
      table.listeners.at(0).local.ip,
      (IpAddress{{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}}));
}

TEST(ParseDiag, leaves_out_what_no_process_holds) {
  const SocketTable table =
      table_of(message(kSequence, DiagSocket{.state = kListen, .inode = 0}) +
               message(kSequence, DiagSocket{.inode = 0}));
  EXPECT_THAT(table.listeners, IsEmpty());
  EXPECT_THAT(*table.connections, IsEmpty());
}

TEST(ParseDiag, leaves_out_other_states_and_families) {
  const SocketTable table =
      table_of(message(kSequence, DiagSocket{.state = kTimeWait}) +
               message(kSequence, DiagSocket{.family = AF_UNIX}));
  EXPECT_THAT(table.listeners, IsEmpty());
  EXPECT_THAT(*table.connections, IsEmpty());
}

TEST(ParseDiag, leaves_out_connections_that_were_not_asked_for) {
  SocketTable table;
  const std::string text = message(kSequence, DiagSocket{});
  ASSERT_TRUE(parse_diag(as_bytes(text), kSequence, table));
  EXPECT_EQ(table.connections, std::nullopt);
}

TEST(ParseDiag, leaves_out_what_belongs_to_another_dump) {
  const SocketTable table = table_of(message(kSequence - 1, DiagSocket{}) +
                                     refusal(kSequence - 1, EACCES));
  EXPECT_THAT(*table.connections, IsEmpty());
}

TEST(ParseDiag, finds_the_last_byte_among_other_attributes) {
  const SocketTable table = table_of(message(
      kSequence,
      DiagSocket{.attributes = attribute(INET_DIAG_SHUTDOWN, "\1") + info(88) +
                               attribute(INET_DIAG_CONG, "cubic\0"s)}));
  EXPECT_EQ(table.connections->at(0).since_receive, 88ms);
}

TEST(ParseDiag, knows_no_last_byte_where_the_kernel_does_not_say) {
  constexpr std::size_t kBefore = offsetof(tcp_info, tcpi_last_data_recv);
  for (const std::string& attributes : {std::string{},
                                        attribute(INET_DIAG_CONG, "cubic\0"s),
                                        info(5, kBefore - 4),
                                        info(5, kBefore),
                                        info(5, kBefore + 3)}) {
    const SocketTable table =
        table_of(message(kSequence, DiagSocket{.attributes = attributes}));
    EXPECT_EQ(table.connections->at(0).since_receive, std::nullopt);
  }
  const SocketTable table = table_of(
      message(kSequence, DiagSocket{.attributes = info(5, kBefore + 4)}));
  EXPECT_EQ(table.connections->at(0).since_receive, 5ms);
}

TEST(ParseDiag, sees_the_end_of_a_dump) {
  EXPECT_FALSE(parsed(message(kSequence, DiagSocket{}))->last);
  EXPECT_TRUE(parsed(message(kSequence, DiagSocket{}) + done(kSequence))->last);
  EXPECT_FALSE(parsed(done(kSequence + 1))->last);
}

TEST(ParseDiag, sees_an_interruption_in_any_message) {
  constexpr std::uint16_t kFlags = NLM_F_MULTI | NLM_F_DUMP_INTR;
  EXPECT_FALSE(parsed(done(kSequence))->interrupted);
  EXPECT_TRUE(parsed(done(kSequence, 0, kFlags))->interrupted);
  EXPECT_TRUE(
      parsed(message(SOCK_DIAG_BY_FAMILY, kSequence, body_of({}), kFlags) +
             done(kSequence))
          ->interrupted);
}

TEST(ParseDiag, says_what_the_kernel_refused) {
  for (const std::string& text :
       {refusal(kSequence, EACCES), done(kSequence, -EACCES)}) {
    const Result<DiagPart> part = parsed(text);
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().fault, Fault::Denied);
    EXPECT_THAT(part.error().what, HasSubstr("Permission denied"));
  }
}

TEST(ParseDiag, bears_an_error_that_is_none) {
  for (const int outcome : {-4096, -2147483647 - 1}) {
    const Result<DiagPart> part = parsed(done(kSequence, outcome));
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().fault, Fault::Malformed);
  }
}

TEST(ParseDiag, refuses_a_dump_that_lost_data) {
  const Result<DiagPart> part = parsed(message(NLMSG_OVERRUN, kSequence, ""));
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().fault, Fault::Exhausted);
}

TEST(ParseDiag, refuses_every_datagram_that_is_cut) {
  const std::string whole =
      message(kSequence, DiagSocket{.attributes = info(1)}) + done(kSequence);
  const std::size_t first =
      message(kSequence, DiagSocket{.attributes = info(1)}).size();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == first) continue;
    const Result<DiagPart> part = parsed(whole.substr(0, size));
    ASSERT_FALSE(part) << size;
    EXPECT_EQ(part.error().fault, Fault::Malformed) << size;
  }
}

TEST(ParseDiag, refuses_lengths_that_are_too_short) {
  std::string no_message = done(kSequence);
  no_message[0] = 15;
  EXPECT_FALSE(parsed(no_message));
  EXPECT_FALSE(parsed(message(SOCK_DIAG_BY_FAMILY, kSequence, "short")));
  EXPECT_FALSE(parsed(message(NLMSG_DONE, kSequence, "abc")));
  std::string no_attribute = info(1);
  no_attribute[0] = 3;
  no_attribute[1] = 0;
  EXPECT_FALSE(
      parsed(message(kSequence, DiagSocket{.attributes = no_attribute})));
}

TEST(ParseDiag, refuses_a_unix_socket_whose_peer_is_cut_off) {
  std::string text = unix_pair_message(1, 10, 11);
  nlmsghdr head{};
  std::memcpy(&head, text.data(), sizeof head);
  head.nlmsg_len -= 2;
  std::memcpy(text.data(), &head, sizeof head);
  SocketTable table;
  table.unix_pairs.emplace();
  const Result<DiagPart> part = parse_diag(as_bytes(text), 1, table);
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().fault, Fault::Malformed);
}

}  // namespace
}  // namespace strayd::test
