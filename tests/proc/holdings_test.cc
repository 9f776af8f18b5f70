// Which sockets a process holds.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/parse.h"
#include "strayd/proc/procfs.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "support/child.h"
#include "support/proc_tree.h"
#include "support/told.h"

namespace strayd {
namespace {

using test::Child;
using test::fake_id;
using test::ProcTree;
using Inodes = std::vector<SocketInode>;
using testing::ElementsAre;
using testing::Pair;

Observed<Inodes> unread(Unread why) {
  return std::unexpected(why);
}

Holdings held_in(const ProcTree& tree,
                 const std::vector<ProcId>& ids,
                 ProcfsOptions options = {}) {
  options.root = tree.root();
  Result<Procfs> procfs = Procfs::open(options);
  EXPECT_TRUE(procfs);
  Result<Holdings> holdings = procfs->holdings(ids);
  EXPECT_TRUE(holdings) << holdings.error().what;
  return *std::move(holdings);
}

void open_many(const ProcTree& tree, pid_t pid, int count) {
  for (int i = 0; i < count; ++i) {
    tree.open(pid, i, "socket:[" + std::to_string((100 * pid) + i) + "]");
  }
}

TEST(Holdings, are_the_sockets_among_the_descriptors) {
  const ProcTree tree{{.pid = 30}};
  tree.open(30, 0, "/dev/null");
  tree.open(30, 1, "pipe:[4]");
  tree.open(30, 3, "socket:[70]");
  tree.open(30, 4, "anon_inode:[eventpoll]");
  tree.open(30, 5, "socket:[9]");
  tree.open(30, 6, "socket:[70]");
  tree.open(30, 7, "/tmp/socket:[71]");
  EXPECT_THAT(held_in(tree, {fake_id(30)}),
              ElementsAre(Pair(fake_id(30), Inodes{9, 70})));
}

TEST(Holdings, of_pipes_are_told_apart_from_sockets) {
  const ProcTree tree{{.pid = 10}};
  tree.open(10, 0, "pipe:[7]");
  tree.open(10, 1, "socket:[8]");
  tree.open(10, 2, "pipe:[6]");
  Result<Procfs> procfs = Procfs::open({.root = tree.root()});
  ASSERT_TRUE(procfs);
  const Result<Holdings> pipes = procfs->pipes(std::vector{fake_id(10)});
  ASSERT_TRUE(pipes);
  EXPECT_THAT(*pipes, ElementsAre(Pair(fake_id(10), Inodes{6, 7})));
}

TEST(Holdings, are_none_of_a_process_without_sockets) {
  const ProcTree tree{{.pid = 30}};
  tree.open(30, 0, "/dev/null");
  EXPECT_EQ(held_in(tree, {fake_id(30)}).at(fake_id(30)), Inodes{});
}

TEST(Holdings, are_of_the_asked_processes_only) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}, {.pid = 32}};
  for (const pid_t pid : {30, 31, 32}) open_many(tree, pid, 1);
  EXPECT_THAT(held_in(tree, {fake_id(32), fake_id(30)}),
              ElementsAre(Pair(fake_id(30), Inodes{3000}),
                          Pair(fake_id(32), Inodes{3200})));
}

TEST(Holdings, leave_out_a_process_that_is_gone_or_another) {
  const ProcTree tree{{.pid = 30}};
  open_many(tree, 30, 1);
  EXPECT_THAT(held_in(tree, {fake_id(30, 101), fake_id(31)}), ElementsAre());
}

TEST(Holdings, say_that_a_process_has_too_many_descriptors) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}};
  open_many(tree, 30, 11);
  open_many(tree, 31, 10);
  const Holdings holdings =
      held_in(tree, {fake_id(30), fake_id(31)}, {.descriptor_limit = 10});
  EXPECT_EQ(holdings.at(fake_id(30)), unread(Unread::TooLong));
  EXPECT_EQ(holdings.at(fake_id(31))->size(), 10U);
}

TEST(Holdings, say_where_one_call_has_looked_at_too_many_descriptors) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}, {.pid = 32}};
  for (const pid_t pid : {30, 31, 32}) open_many(tree, pid, 10);
  Result<Procfs> procfs =
      Procfs::open({.root = tree.root(), .descriptors_limit = 15});
  ASSERT_TRUE(procfs);
  for (int i = 0; i < 2; ++i) {
    const Result<Holdings> holdings = procfs->holdings(
        std::vector<ProcId>{fake_id(30), fake_id(31), fake_id(32)});
    ASSERT_TRUE(holdings);
    EXPECT_EQ(holdings->at(fake_id(30))->size(), 10U);
    EXPECT_EQ(holdings->at(fake_id(31)), unread(Unread::TooLong));
    EXPECT_EQ(holdings->at(fake_id(32)), unread(Unread::TooLong));
  }
}

TEST(Holdings, charge_a_call_for_what_was_too_long) {
  const ProcTree tree{{.pid = 30}, {.pid = 31}};
  open_many(tree, 30, 21);
  open_many(tree, 31, 1);
  const Holdings holdings =
      held_in(tree,
              {fake_id(30), fake_id(31)},
              {.descriptor_limit = 20, .descriptors_limit = 20});
  EXPECT_EQ(holdings.at(fake_id(31)), unread(Unread::TooLong));
}

TEST(Holdings, say_that_descriptors_could_not_be_listed) {
  const ProcTree tree{{.pid = 30}};
  EXPECT_EQ(held_in(tree, {fake_id(30)}).at(fake_id(30)),
            unread(Unread::Failed));
}

TEST(Holdings, say_that_a_process_without_a_stat_cannot_be_told) {
  const ProcTree tree{{.pid = 30}};
  open_many(tree, 30, 1);
  tree.write(30, "stat", "30 (node");
  EXPECT_EQ(held_in(tree, {fake_id(30)}).at(fake_id(30)),
            unread(Unread::Failed));
}

// From here on: real processes.

ProcId id_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const Result<std::string> text = read_file(path, 4096);
  const Result<ProcStat> stat = parse_stat(text.value_or(""));
  EXPECT_TRUE(stat);
  return stat ? stat->id : ProcId{};
}

SocketInode inode_of(const UniqueFd& socket) {
  struct stat found{};
  EXPECT_EQ(::fstat(socket.get(), &found), 0);
  return found.st_ino;
}

UniqueFd a_socket() {
  return UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

Holdings held_by(const std::vector<ProcId>& ids) {
  Result<Procfs> procfs = Procfs::open({});
  EXPECT_TRUE(procfs);
  Result<Holdings> holdings = procfs->holdings(ids);
  EXPECT_TRUE(holdings) << holdings.error().what;
  return *std::move(holdings);
}

Child holding_nothing() {
  return Child{[](int ready) {
    ::close_range(3, static_cast<unsigned>(ready) - 1, 0);
    ::close_range(static_cast<unsigned>(ready) + 1, ~0U, 0);
    Child::stay(ready);
  }};
}

TEST(LiveHoldings, are_those_that_a_child_has_inherited) {
  const UniqueFd socket = a_socket();
  const Child heir{[](int ready) {
    Child::stay(ready);
  }};
  const Child other = holding_nothing();
  const ProcId heir_id = id_of(heir.pid());
  const ProcId other_id = id_of(other.pid());
  const Holdings holdings = held_by({heir_id, other_id});
  ASSERT_TRUE(holdings.at(heir_id));
  EXPECT_THAT(*holdings.at(heir_id), testing::Contains(inode_of(socket)));
  EXPECT_EQ(holdings.at(other_id), Inodes{});
}

TEST(LiveHoldings, leave_out_what_has_ended) {
  ProcId id;
  {
    const Child child = holding_nothing();
    id = id_of(child.pid());
  }
  EXPECT_THAT(held_by({id}), ElementsAre());
}

TEST(LiveHoldings, of_a_zombie_are_none) {
  const UniqueFd socket = a_socket();
  const Child child{[](int) {
    ::_exit(0);
  }};
  child.become_zombie();
  const ProcId id = id_of(child.pid());
  EXPECT_EQ(held_by({id}).at(id), Inodes{});
}

void* stay_in_thread(void* /*nothing*/) {
  for (;;) ::pause();
}

TEST(LiveHoldings, of_a_zombie_leader_with_a_thread_cannot_be_told) {
  const UniqueFd socket = a_socket();
  const Child child{[](int ready) {
    ::close(ready);
    pthread_t thread{};
    ::pthread_create(&thread, nullptr, stay_in_thread, nullptr);
    ::syscall(SYS_exit, 0);  // of this thread alone
  }};
  const ProcId id = id_of(child.pid());
  EXPECT_TRUE(test::eventually(
      [&] { return held_by({id}).at(id) == unread(Unread::Failed); }));
}

TEST(LiveHoldings, of_another_network_namespace_say_nothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const Child child{[](int ready) {
    if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
    Child::stay(ready);
  }};
  const ProcId id = id_of(child.pid());
  EXPECT_EQ(held_by({id}).at(id), unread(Unread::Failed));
}

TEST(LiveHoldings, are_denied_to_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::vector<ProcId> ids{id_of(::getpid())};
  const auto look = [&]() -> std::string {
    const Holdings holdings = held_by(ids);
    return holdings.at(ids[0]) == unread(Unread::Denied) ? "denied" : "read";
  };
  EXPECT_EQ(test::told_by([&] { return test::told_by_nobody({}, look); }),
            "denied");
  // May list the descriptors, but not look where they lead.
  EXPECT_EQ(test::told_by([&] {
              return test::told_by_nobody({CAP_DAC_READ_SEARCH}, look);
            }),
            "denied");
  EXPECT_EQ(test::told_by([&] {
              return test::told_by_nobody({CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE},
                                          look);
            }),
            "read");
}

TEST(LiveHoldings, fail_whole_where_we_have_no_descriptor_left) {
  Result<Procfs> procfs = Procfs::open({});
  ASSERT_TRUE(procfs);
  const std::vector<ProcId> ids{id_of(::getpid())};

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const UniqueFd lowest{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  for (const rlim_t more : {0U, 1U}) {
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(lowest.get()) + 1 + more;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const Result<Holdings> holdings = procfs->holdings(ids);
    ::setrlimit(RLIMIT_NOFILE, &before);
    ASSERT_FALSE(holdings) << more;
    EXPECT_EQ(holdings.error().fault, Fault::Exhausted) << more;
  }
}

}  // namespace
}  // namespace strayd
