// Listeners that are not the home's daemon, or that misbehave. All of them are
// silence, in time, and none is death.
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "strayd/pm2/observe.h"

#include "pm2/fake_daemon.h"
#include "pm2/fixtures.h"
#include "pm2/scene.h"

namespace strayd {
namespace {

using test::answers;
using test::ask;
using test::Client;
using test::FakeDaemon;
using test::fixture;
using test::god;
using test::kLong;
using test::kShort;
using test::list_json;
using test::me_as_god;
using test::me_as_node;
using test::process;
using test::reads_and_hangs;
using test::reply_frame;
using test::snapshot_of;
using test::TempHome;

void expect_silent(const Pm2View& view, std::string_view why) {
  ASSERT_FALSE(view.reply);
  EXPECT_EQ(view.reply.error().kind, Pm2Quiet::Silent);
  EXPECT_NE(view.reply.error().why.find(why), std::string::npos)
      << view.reply.error().why;
  EXPECT_EQ(view.reply.error().why.find('\n'), std::string::npos);
}

// A daemon with the right title that behaves so is silent, because …
void expect_silence_for(const FakeDaemon::Behaviour& behaviour,
                        std::string_view why,
                        std::chrono::milliseconds timeout = kLong) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), behaviour);
  const Pm2View view =
      ask(snapshot_of({me_as_god(home.path())}), home.path(), timeout);
  expect_silent(view, why);
  EXPECT_LT(view.rpc_duration, timeout + kLong / 2);
}

// The listener is this process, and the snapshot says this of it.
void expect_doubt(const std::string& home,
                  const Snapshot& snapshot,
                  std::string_view why) {
  std::atomic<bool> got_bytes = false;
  const FakeDaemon daemon(home, [&](Client& client) {
    got_bytes = !client.read_request().empty();
  });
  expect_silent(ask(snapshot, home), why);
  EXPECT_FALSE(got_bytes);
}

TEST(Hostile, daemon_that_hangs) {
  expect_silence_for(
      reads_and_hangs(), "no whole answer within 100 ms (0 bytes", kShort);
}

TEST(Hostile, daemon_that_never_accepts) {
  const TempHome home;
  const UniqueFd listener = test::listen_in(home.path());
  expect_silent(ask(snapshot_of({me_as_god(home.path())}), home.path(), kShort),
                "no whole answer within 100 ms");
}

TEST(Hostile, daemon_that_drips_past_the_deadline) {
  expect_silence_for(
      [](Client& client) {
        const std::string frame = fixture("reply.bin");
        for (std::size_t i = 0; client.still_there_after(5); ++i) {
          client.send(frame.substr(i, 1));
        }
      },
      "no whole answer within 100 ms",
      kShort);
}

TEST(Hostile, daemon_that_closes_at_once) {
  expect_silence_for([](Client&) {}, "");
}

TEST(Hostile, daemon_that_closes_after_the_request) {
  expect_silence_for([](Client& client) { client.read_request(); },
                     "ended after 0 bytes");
}

TEST(Hostile, daemon_that_closes_within_the_reply) {
  expect_silence_for(
      [](Client& client) {
        client.read_request();
        client.send(fixture("reply.bin").substr(0, 9000));
      },
      "ended after 9000 bytes");
}

TEST(Hostile, daemon_that_says_something_else) {
  expect_silence_for(answers("HTTP/1.1 400 Bad Request\r\n\r\n"),
                     "not an AMP frame");
}

TEST(Hostile, daemon_that_announces_two_gigabytes) {
  expect_silence_for(answers(std::string("\x12\x7f\xff\xff\xff", 5)),
                     "more than 16777216");
}

TEST(Hostile, daemon_that_sends_without_end_is_left_at_once) {
  std::atomic<int> chunks = 0;
  expect_silence_for(
      [&](Client& client) {
        const std::string chunk(std::size_t{64} * 1024, '\x12');
        while (chunks < 800 && client.send(chunk)) ++chunks;
      },
      "");
  EXPECT_LT(chunks, 100);  // 800 would be 50 MB
}

TEST(Hostile, daemon_that_answers_another_request) {
  expect_silence_for(answers(reply_frame(list_json(""), "s:strayd:1")),
                     "not to our request");
}

TEST(Hostile, daemon_that_answers_with_an_error) {
  expect_silence_for(answers(reply_frame(R"({"error":"a\nb"})")),
                     "PM2 answered with an error: a?b");
}

TEST(Hostile, daemon_that_answers_with_no_list) {
  expect_silence_for(answers(reply_frame(R"({"args":["pong"]})")),
                     "not one list");
}

TEST(Hostile, daemon_whose_list_lacks_an_app) {
  expect_silence_for(
      answers(reply_frame(list_json(test::entry_json("a") + ",{},{}"))),
      "its list has 2 entries that make no sense");
}

TEST(Hostile, link_in_the_place_of_the_socket_is_not_followed) {
  const TempHome victim;
  const TempHome home;
  const FakeDaemon daemon(victim.path(), answers(fixture("reply.bin")));
  std::filesystem::create_symlink(victim / "rpc.sock", home / "rpc.sock");
  expect_silent(ask(snapshot_of({me_as_node()}), home.path()), "not a socket");
  EXPECT_EQ(daemon.accepted(), 0);
}

TEST(Hostile, fifo_in_the_place_of_the_socket_is_not_waited_for) {
  const TempHome home;
  ASSERT_EQ(::mkfifo((home / "rpc.sock").c_str(), 0666), 0);
  expect_silent(ask(snapshot_of({}), home.path()), "not a socket");
}

TEST(Hostile, datagram_socket_in_the_place_of_the_socket) {
  const TempHome home;
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::ranges::copy(home / "rpc.sock", std::begin(address.sun_path));
  ASSERT_EQ(::bind(socket.get(),
                   reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
            0);
  expect_silent(ask(snapshot_of({}), home.path()), "connect to rpc.sock");
}

TEST(Hostile, listener_on_another_user_s_socket) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  const UniqueFd listener = test::listen_in(home.path());
  // SO_PEERCRED has the credentials of the thread that called listen(2).
  std::jthread([&] {
    ASSERT_EQ(::syscall(SYS_setresuid, -1, 65534, -1), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
  }).join();
  expect_silent(ask(snapshot_of({me_as_god(home.path())}), home.path()),
                "belongs to user 0, and user 65534");
}

TEST(Hostile, root_may_listen_on_another_user_s_socket) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(fixture("reply.bin")));
  ASSERT_EQ(::chown((home / "rpc.sock").c_str(), 65534, 65534), 0);
  EXPECT_TRUE(ask(snapshot_of({me_as_god(home.path())}), home.path()).reply);
}

TEST(Hostile, listener_that_is_not_in_the_snapshot) {
  const TempHome home;
  expect_doubt(home.path(), snapshot_of({}), "started just now");
}

TEST(Hostile, listener_that_is_dead) {
  const TempHome home;
  Process zombie = me_as_god(home.path());
  zombie.state = 'Z';
  expect_doubt(home.path(), snapshot_of({zombie}), "is dead");
}

TEST(Hostile, listener_of_a_deeper_pid_namespace) {
  const TempHome home;
  Process contained = me_as_god(home.path());
  contained.pid_namespace_depth = 2;
  expect_doubt(home.path(), snapshot_of({contained}), "pid namespace");
}

TEST(Hostile, listener_whose_pid_namespace_can_not_be_read) {
  const TempHome home;
  Process hidden = me_as_god(home.path());
  hidden.pid_namespace_depth = std::unexpected(Unread::Denied);
  expect_doubt(home.path(), snapshot_of({hidden}), "pid namespace");
}

TEST(Hostile, listener_that_is_not_visible_from_here) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  // Before the daemon has a thread, whose locks a fork would take along.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(ends[1]);
    char ignored = 0;
    static_cast<void>(::read(ends[0], &ignored, 1));
    // Its children are in a new pid namespace, where this process has no pid.
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(2);
    const pid_t inner = ::fork();
    if (inner == 0) {
      const Pm2View view = ask(snapshot_of({}), home.path());
      ::_exit(!view.reply && view.reply.error().why.find(
                                 "another pid namespace") != std::string::npos
                  ? 0
                  : 1);
    }
    int status = 0;
    ::waitpid(inner, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
  }
  const FakeDaemon daemon(home.path(), reads_and_hangs());
  ::close(ends[0]);
  ::close(ends[1]);  // it is there
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Hostile, listener_beside_the_home_s_god_daemon) {
  const TempHome home;
  expect_doubt(home.path(),
               snapshot_of({me_as_node(), god(4'000'000, home.path())}),
               "which is not this home's God Daemon (pid 4000000)");
}

TEST(Hostile, daemon_of_another_home) {
  const TempHome home;
  expect_doubt(home.path(),
               snapshot_of({me_as_god("/root/.pm2")}),
               "the daemon of another home: /root/.pm2");
}

TEST(Hostile, runtime_of_another_home) {
  const TempHome home;
  Process runtime = process(::getpid(), {"node", "/bin/pm2-runtime"});
  runtime.environment = Environment{{"PM2_HOME", "/root/.pm2"}};
  expect_doubt(home.path(),
               snapshot_of({runtime}),
               "the daemon of another home: /root/.pm2");
}

TEST(Hostile, home_of_two_daemons_is_not_believed_though_one_answers) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(fixture("reply.bin")));
  const Pm2View view =
      ask(snapshot_of({me_as_god(home.path()), god(4'000'000, home.path())}),
          home.path());
  expect_silent(view, "2 daemons for one home: pids");
  EXPECT_EQ(view.daemons, 2U);
}

TEST(Hostile, home_counts_no_daemon_of_another_home_and_no_dead_one) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(fixture("reply.bin")));
  Process dead = god(4'000'001, home.path());
  dead.state = 'Z';
  const Pm2View view =
      ask(snapshot_of({me_as_god(home.path()), god(4'000'000, "/other"), dead}),
          home.path());
  EXPECT_TRUE(view.reply);
  EXPECT_EQ(view.daemons, 1U);
}

TEST(Hostile, crowd_of_homes_shares_one_bound) {
  const TempHome big;
  const FakeDaemon daemon(
      big.path(), answers(std::string("\x12\x00\x30\x00\x00", 5) + "j:"));
  std::vector<Pm2Home> homes(64, Pm2Home{.path = big / "none"});
  homes[0].path = big.path();
  expect_silent(ask_pm2(homes, snapshot_of({me_as_node()}), kLong).at(0),
                "more than 2097152");
}

}  // namespace
}  // namespace strayd
