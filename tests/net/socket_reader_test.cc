// What the reader makes of answers that the kernel seldom gives: they lie ready
// in a socket pair before it asks.
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/net/sockets.h"
#include "strayd/sys/os.h"

#include "diag_text.h"

namespace strayd::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint16_t kInterrupted = NLM_F_MULTI | NLM_F_DUMP_INTR;

class FakeKernel {
 public:
  // The answers to all that is asked by one socket.
  void add(const std::vector<std::string>& answers) {
    std::array<int, 2> ends{};
    ASSERT_EQ(
        ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()),
        0);
    const timeval patience{.tv_sec = 0, .tv_usec = 1000};
    ASSERT_EQ(::setsockopt(
                  ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience),
              0);
    ours_.emplace_back(ends[0]);
    theirs_.emplace_back(ends[1]);
    for (const std::string& answer : answers) {
      ASSERT_EQ(::send(ends[0], answer.data(), answer.size(), 0),
                static_cast<ssize_t>(answer.size()));
    }
  }

  SocketReader reader() {
    return SocketReader{[this]() -> Result<UniqueFd> {
      if (opened_ == theirs_.size()) {
        return std::unexpected(errno_error("open", EPERM));
      }
      return std::move(theirs_[opened_++]);
    }};
  }

  std::size_t opened() const { return opened_; }

 private:
  std::vector<UniqueFd> ours_;
  std::vector<UniqueFd> theirs_;
  std::size_t opened_ = 0;
};

std::string listener(std::uint32_t sequence, std::uint32_t inode) {
  return message(sequence, DiagSocket{.state = kListen, .inode = inode});
}

std::vector<SocketInode> inodes_of(const Result<SocketTable>& table) {
  EXPECT_TRUE(table) << table.error().what;
  std::vector<SocketInode> inodes;
  if (!table) return inodes;
  for (const Listener& one : table->listeners) inodes.push_back(one.inode);
  return inodes;
}

TEST(SocketReader, joins_the_parts_of_both_families) {
  FakeKernel kernel;
  kernel.add({listener(1, 30) + listener(1, 10),
              listener(1, 40),
              done(1),
              listener(2, 20),
              done(2)});
  EXPECT_THAT(inodes_of(kernel.reader().read({})), ElementsAre(10, 20, 30, 40));
}

TEST(SocketReader, counts_a_socket_once_that_was_told_twice) {
  FakeKernel kernel;
  kernel.add(
      {listener(1, 10) + listener(1, 20), listener(1, 10) + done(1), done(2)});
  EXPECT_THAT(inodes_of(kernel.reader().read({})), ElementsAre(10, 20));
}

TEST(SocketReader, keeps_its_socket) {
  FakeKernel kernel;
  kernel.add({done(1), done(2), listener(3, 10) + done(3), done(4)});
  SocketReader reader = kernel.reader();
  EXPECT_THAT(inodes_of(reader.read({})), ElementsAre());
  EXPECT_THAT(inodes_of(reader.read({})), ElementsAre(10));
  EXPECT_EQ(kernel.opened(), 1U);
}

TEST(SocketReader, asks_again_where_a_dump_was_interrupted) {
  FakeKernel kernel;
  kernel.add({message(SOCK_DIAG_BY_FAMILY,
                      1,
                      body_of({.state = kListen, .inode = 10}),
                      kInterrupted),
              done(1),
              listener(2, 20),
              done(2),
              done(3)});
  EXPECT_THAT(inodes_of(kernel.reader().read({})), ElementsAre(20));
}

TEST(SocketReader, gives_up_where_every_dump_is_interrupted) {
  FakeKernel kernel;
  kernel.add({done(1, 0, kInterrupted),
              done(2, 0, kInterrupted),
              done(3, 0, kInterrupted),
              done(4, 0, kInterrupted),
              done(5, 0, kInterrupted),
              done(6),
              done(7)});
  SocketReader reader = kernel.reader();
  const Result<SocketTable> table = reader.read({});
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().what, HasSubstr("changed"));
  EXPECT_TRUE(reader.read({}));
}

TEST(SocketReader, takes_another_socket_after_a_failure) {
  FakeKernel kernel;
  kernel.add({refusal(1, ENOENT), listener(1, 66) + done(1)});
  kernel.add({done(2), done(3)});
  SocketReader reader = kernel.reader();
  const Result<SocketTable> table = reader.read({});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().fault, Fault::NotFound);
  EXPECT_THAT(inodes_of(reader.read({})), ElementsAre());
  EXPECT_EQ(kernel.opened(), 2U);
}

TEST(SocketReader, has_no_other_servers_where_the_kernel_can_not_tell) {
  for (const auto& answers :
       {std::vector{done(1), done(2), refusal(3, ENOENT)},
        std::vector{done(1),
                    done(2),
                    unix_message(3, kListen, 10) + done(3),
                    done(4, -ENOENT)}}) {
    FakeKernel kernel;
    kernel.add(answers);
    const Result<SocketTable> table =
        kernel.reader().read({.other_servers = true});
    ASSERT_TRUE(table) << table.error().what;
    EXPECT_EQ(table->other_servers, std::nullopt);
  }
}

TEST(SocketReader, fails_where_other_servers_are_refused) {
  FakeKernel kernel;
  kernel.add({done(1), done(2), refusal(3, EPERM)});
  const Result<SocketTable> table =
      kernel.reader().read({.other_servers = true});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().fault, Fault::Denied);
}

TEST(SocketReader, asks_for_all_again_where_other_servers_were_interrupted) {
  FakeKernel kernel;
  kernel.add({done(1),
              done(2),
              done(3, 0, kInterrupted),
              done(4),
              done(5),
              unix_message(6, kListen, 30) + unix_message(6, kListen, 20),
              unix_message(6, kListen, 30) + done(6),
              message(7, DiagSocket{.state = kClose, .inode = 10}) + done(7),
              done(8)});
  const Result<SocketTable> table =
      kernel.reader().read({.other_servers = true});
  ASSERT_TRUE(table) << table.error().what;
  EXPECT_THAT(*table->other_servers, ElementsAre(10, 20, 30));
}

TEST(SocketReader, says_why_it_may_not_ask) {
  FakeKernel kernel;
  const Result<SocketTable> table = kernel.reader().read({});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().fault, Fault::Denied);
}

TEST(SocketReader, does_not_wait_for_an_answer_for_ever) {
  FakeKernel kernel;
  kernel.add({listener(1, 10)});
  const Result<SocketTable> table = kernel.reader().read({});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().fault, Fault::TimedOut);
}

TEST(SocketReader, refuses_a_part_that_is_longer_than_its_room) {
  FakeKernel kernel;
  std::string room;  // what fits is in order, and not all
  while (room.size() < 32768) room += message(NLMSG_NOOP, 1, "");
  kernel.add({room + listener(1, 10), done(1), done(2)});
  const Result<SocketTable> table = kernel.reader().read({});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().fault, Fault::Malformed);
}

TEST(SocketReader, has_no_unix_pairs_where_the_kernel_can_not_tell) {
  FakeKernel kernel;
  kernel.add({done(1), done(2), refusal(3, ENOENT)});
  const Result<SocketTable> table = kernel.reader().read({.unix_pairs = true});
  ASSERT_TRUE(table) << table.error().what;
  EXPECT_EQ(table->unix_pairs, std::nullopt);
}

TEST(SocketReader, asks_again_where_unix_pairs_changed_meanwhile) {
  FakeKernel kernel;
  kernel.add({done(1),
              done(2),
              unix_pair_message(3, 10, 11) + done(3, 0, kInterrupted),
              done(4),
              done(5),
              unix_pair_message(6, 12, 13) + done(6)});
  const Result<SocketTable> table = kernel.reader().read({.unix_pairs = true});
  ASSERT_TRUE(table) << table.error().what;
  EXPECT_THAT(*table->unix_pairs,
              ElementsAre(UnixPair{.inode = 12, .peer = 13}));
}

}  // namespace
}  // namespace strayd::test
