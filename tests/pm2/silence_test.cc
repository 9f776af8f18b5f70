// Nobody answers: silent, dead or never seen?
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/core/judge.h"
#include "strayd/pm2/observe.h"

#include "pm2/fake_daemon.h"
#include "pm2/scene.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;
using test::ask;
using test::god;
using test::id;
using test::kLong;
using test::listen_in;
using test::snapshot_of;
using test::TempHome;

// A living daemon that is not this process.
constexpr pid_t kGod = 4'000'000;

Pm2Silence silence_of(const Pm2View& view) {
  EXPECT_FALSE(view.reply);
  return view.reply ? Pm2Silence{} : view.reply.error();
}

void leave_socket(const std::string& home) {
  listen_in(home);
}

void touch(const std::string& path) {
  std::ofstream(path) << "1";
}

// Connects until the queue of a listener that never accepts is full.
std::vector<UniqueFd> fill_queue(const std::string& home) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::ranges::copy(home + "/rpc.sock", std::begin(address.sun_path));
  std::vector<UniqueFd> waiting;
  int connected = 0;
  while (connected == 0) {
    waiting.emplace_back(
        ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connected = ::connect(waiting.back().get(),
                          reinterpret_cast<const sockaddr*>(&address),
                          sizeof(address));
  }
  EXPECT_EQ(errno, EAGAIN);
  return waiting;
}

// Runs it as another user, in a thread: the kernel's credentials are a
// thread's own, and only libc makes them the process's.
template <typename Action>
void as_user(uid_t uid, Action action) {
  std::jthread([&] {
    ASSERT_EQ(::syscall(SYS_setresuid, -1, uid, -1), 0);
    action();
  }).join();
}

TEST(Silence, of_an_empty_home_is_that_nothing_was_ever_seen) {
  const TempHome home;
  const Pm2Silence silence = silence_of(ask(snapshot_of({}), home.path()));
  EXPECT_EQ(silence.kind, Pm2Quiet::NeverSeen);
}

TEST(Silence, of_a_home_that_does_not_exist_is_that_nothing_was_ever_seen) {
  const TempHome home;
  EXPECT_EQ(silence_of(ask(snapshot_of({}), home / "none")).kind,
            Pm2Quiet::NeverSeen);
}

TEST(Silence, of_a_home_where_one_was_seen_is_death) {
  const TempHome home;
  const Pm2Home gone{.path = home / "none", .seen = true};
  const Pm2Home empty{.path = home.path(), .seen = true};
  EXPECT_EQ(silence_of(ask(snapshot_of({}), gone)).kind, Pm2Quiet::Dead);
  EXPECT_EQ(silence_of(ask(snapshot_of({}), empty)).kind, Pm2Quiet::Dead);
}

TEST(Silence, of_a_home_with_files_of_pm2_is_death) {
  for (const char* file : {"pm2.pid", "dump.pm2", "pids"}) {
    const TempHome home;
    touch(home / file);
    const Pm2Silence silence = silence_of(ask(snapshot_of({}), home.path()));
    EXPECT_EQ(silence.kind, Pm2Quiet::Dead) << file;
  }
}

TEST(Silence, of_a_socket_that_refuses_is_death) {
  const TempHome home;
  leave_socket(home.path());
  const Pm2Silence silence = silence_of(ask(snapshot_of({}), home.path()));
  EXPECT_EQ(silence.kind, Pm2Quiet::Dead);
  EXPECT_NE(silence.why.find("refused"), std::string::npos) << silence.why;
}

// A stray that the PM2 of this home could have owned, at two moments after its
// daemon has died.
Standing verdict_after_death(const Pm2View& view, nanoseconds since) {
  Process stray = test::process(60, {"node", "server.js"});
  stray.tracer = 0;
  stray.exe = "/usr/bin/node";
  stray.cgroup = "/";
  stray.environment = Environment{};
  Process init = test::process(1, {"/sbin/init"});
  init.parent = 0;
  init.exe = "/sbin/init";
  Snapshot snapshot = snapshot_of({init, stray});
  const std::vector views{view};
  Policy policy;
  policy.rules.push_back({.name = "node", .match = {.exe = "node"}});
  const Memory before = remember({}, snapshot, views);
  snapshot.taken += since;
  const Memory memory = remember(before, snapshot, views);
  const HostFacts facts;
  return judge({.snapshot = snapshot,
                .pm2 = views,
                .memory = memory,
                .facts = &facts},
               policy)
      .at(0)
      .standing;
}

TEST(Silence, of_a_socket_that_refuses_holds_strays_no_longer_than_a_loss) {
  const TempHome home;
  leave_socket(home.path());
  const Pm2View view = ask(snapshot_of({}), home.path());
  const nanoseconds hold = Policy{}.loss_hold;
  EXPECT_EQ(verdict_after_death(view, hold / 2), Standing::Held);
  EXPECT_EQ(verdict_after_death(view, hold), Standing::Stray);
}

// This test, and so the stray, is root's.
TEST(Silence,
     after_a_daemon_of_root_holds_root_s_strays_whoever_s_the_home_is) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  ASSERT_EQ(::chown(home.path().c_str(), 65534, 65534), 0);
  touch(home / "pm2.pid");
  ASSERT_EQ(::chown((home / "pm2.pid").c_str(), 65534, 65534), 0);
  const Pm2Home left{.path = home.path(), .uid = 0, .seen = true};
  const Pm2View view = ask(snapshot_of({}), left);
  EXPECT_EQ(silence_of(view).kind, Pm2Quiet::Dead);
  EXPECT_EQ(verdict_after_death(view, Policy{}.loss_hold / 2), Standing::Held);
}

TEST(Silence, is_no_death_while_a_daemon_lives_whatever_is_missing) {
  const TempHome left;
  leave_socket(left.path());
  const TempHome empty;
  for (const std::string& home : {left.path(), empty.path(), empty / "none"}) {
    const Pm2Silence silence =
        silence_of(ask(snapshot_of({god(kGod, home)}), home));
    EXPECT_EQ(silence.kind, Pm2Quiet::Silent) << home;
    EXPECT_NE(silence.why.find("lives (pid 4000000)"), std::string::npos)
        << silence.why;
  }
}

TEST(Silence, is_no_death_while_what_answered_before_lives) {
  const TempHome home;
  leave_socket(home.path());
  const Pm2Home known{
      .path = home.path(), .answered = {id(kGod, 100)}, .seen = true};
  EXPECT_EQ(silence_of(ask(snapshot_of({}), known)).kind, Pm2Quiet::Silent);
}

TEST(Silence, is_of_two_that_have_answered_and_live) {
  const TempHome home;
  const Pm2Home known{.path = home.path(),
                      .answered = {id(kGod, 100), id(kGod + 1, 100)},
                      .seen = true};
  const Pm2Silence silence = silence_of(ask(snapshot_of({}), known));
  EXPECT_NE(silence.why.find("2 daemons for one home"), std::string::npos);
}

TEST(Silence, is_no_death_while_a_pm2_runtime_lives) {
  const TempHome home;
  Process runtime = test::process(kGod, {"node", "/bin/pm2-runtime"});
  runtime.environment = Environment{{"PM2_HOME", home.path()}};
  EXPECT_EQ(silence_of(ask(snapshot_of({runtime}), home.path())).kind,
            Pm2Quiet::Silent);
}

TEST(Silence, is_of_what_is_left_out_and_could_own_anything) {
  const std::vector<Pm2Home> homes{{.path = "(more homes)", .left_out = 3}};
  const Pm2View view = ask_pm2(homes, snapshot_of({}), kLong).at(0);
  EXPECT_EQ(silence_of(view).kind, Pm2Quiet::Silent);
  EXPECT_FALSE(view.uid);
  EXPECT_EQ(verdict_after_death(view, nanoseconds{1}), Standing::Held);
}

TEST(Silence, of_a_full_queue_comes_at_once) {
  const TempHome home;
  const UniqueFd listener = listen_in(home.path(), 0);
  const std::vector<UniqueFd> waiting = fill_queue(home.path());
  const Pm2View view = ask(snapshot_of({test::me_as_node()}), home.path());
  EXPECT_EQ(silence_of(view).kind, Pm2Quiet::Silent);
  EXPECT_NE(view.reply.error().why.find("queue is full"), std::string::npos);
  EXPECT_LT(view.rpc_duration, kLong / 10);
}

TEST(Silence, of_a_home_that_is_no_directory_is_no_death) {
  const TempHome home;
  touch(home / "file");
  const Pm2Home file{.path = home / "file", .seen = true};
  EXPECT_EQ(silence_of(ask(snapshot_of({}), file)).kind, Pm2Quiet::Silent);
}

TEST(Silence, of_a_forbidden_home_is_no_death_and_says_what_to_do) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;  // 0700
  const UniqueFd listener = listen_in(home.path());
  as_user(65534, [&] {
    const Pm2Silence silence = silence_of(ask(snapshot_of({}), home.path()));
    EXPECT_EQ(silence.kind, Pm2Quiet::Silent);
    EXPECT_TRUE(silence.why.starts_with("permission denied")) << silence.why;
    EXPECT_NE(silence.why.find("as root"), std::string::npos);
  });
}

TEST(Silence, of_a_forbidden_socket_is_no_death) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  leave_socket(home.path());
  ASSERT_EQ(::chmod(home.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((home / "rpc.sock").c_str(), 0755), 0);
  as_user(65534, [&] {
    const Pm2Silence silence = silence_of(ask(snapshot_of({}), home.path()));
    EXPECT_EQ(silence.kind, Pm2Quiet::Silent);
    EXPECT_TRUE(silence.why.starts_with("permission denied")) << silence.why;
  });
}

TEST(Silence, leaves_no_descriptor_behind) {
  const auto open_files = [] {
    return std::ranges::distance(
        std::filesystem::directory_iterator("/proc/self/fd"));
  };
  const TempHome home;
  leave_socket(home.path());
  const auto before = open_files();
  ask(snapshot_of({}), home.path());
  ask(snapshot_of({}), home / "none");
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace strayd
