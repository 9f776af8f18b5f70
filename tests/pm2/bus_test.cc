// The subscription itself, at a real socket whose other end the test plays.
#include "strayd/pm2/bus.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pm2/bus_scene.h"
#include "pm2/fake_daemon.h"
#include "pm2/fixtures.h"
#include "support/child.h"

namespace strayd {
namespace {

using Kind = Pm2Event::Kind;
using test::answering;
using test::bus_frame;
using test::decode;
using test::event_frame;
using test::FakeBus;
using test::fixture;
using test::gap;
using test::Listener;
using test::log_frame;
using test::TempHome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kKilled =
    "App [api:3] exited with code [0] via signal [SIGKILL]\\n";

std::vector<Kind> kinds(const std::vector<Pm2Event>& events) {
  std::vector<Kind> all;
  for (const Pm2Event& event : events) all.push_back(event.kind);
  return all;
}

// Why there is no connection with a home that answered.
std::string refusal(const std::string& home) {
  Listener listener;
  listener.follow(home);
  EXPECT_THAT(listener.drain(), IsEmpty());
  EXPECT_FALSE(listener.state().connected);
  return listener.state().error;
}

TEST(Bus, hears_what_a_daemon_says_with_its_home) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::string stream = fixture("bus-restart.bin");
  ASSERT_TRUE(daemon.say(stream));

  std::vector<Pm2Event> expected{gap(home.path())};
  for (Pm2Event& event : decode(stream).events) {
    event.home = home.path();
    expected.push_back(event);
  }
  EXPECT_EQ(listener.drain(), expected);
  EXPECT_THAT(listener.drain(), IsEmpty());
}

TEST(Bus, counts_what_it_hears) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::string stream = fixture("bus-restart.bin");
  ASSERT_TRUE(daemon.say(stream));
  listener.drain();
  const Pm2BusState state = listener.state();
  EXPECT_EQ(state.home, home.path());
  EXPECT_EQ(state.daemon.pid, ::getpid());
  EXPECT_TRUE(state.connected);
  EXPECT_GT(state.since.count(), 0);
  EXPECT_EQ(state.bytes, stream.size());
  EXPECT_EQ(state.events, 5U);
  EXPECT_EQ(state.lost, 0U);
  EXPECT_EQ(state.breaks, 0U);
  EXPECT_EQ(state.error, "");
}

TEST(Bus, drain_has_all_that_was_said_before_it) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  listener.drain();
  // More than one read takes.
  const std::string log = bus_frame("log:out", std::string(150'000, 'x'));
  for (int round = 0; round < 500; ++round) {
    ASSERT_TRUE(daemon.say(log + log_frame(kKilled)));
    ASSERT_EQ(listener.drain().size(), 1U) << round;
  }
}

// Also where a read took the last byte, and nothing more comes to wake it up.
TEST(Bus, drain_comes_back_whatever_was_read_just_now) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  for (int round = 0; round < 2000; ++round) {
    ASSERT_TRUE(daemon.say(bus_frame("log:out", "{}")));
    listener.drain();
    ASSERT_FALSE(testing::Test::HasFailure()) << round;
  }
}

TEST(Bus, follows_several_homes_each_with_its_own_stream) {
  const TempHome one;
  const TempHome two;
  FakeBus first(one.path());
  FakeBus second(two.path());
  Listener listener;
  listener.follow(one.path(), two.path());
  first.accept();
  second.accept();
  const std::string frame = event_frame("exit");
  ASSERT_TRUE(first.say(frame.substr(0, 50)));
  ASSERT_TRUE(second.say(frame));
  ASSERT_TRUE(first.say(frame.substr(50)));
  std::vector<std::string> homes;
  for (const Pm2Event& event : listener.drain()) {
    if (event.kind == Kind::Exit) homes.push_back(event.home);
  }
  EXPECT_THAT(homes, testing::UnorderedElementsAre(one.path(), two.path()));
}

TEST(Bus, says_nothing_to_the_daemon_and_does_not_half_close) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  ASSERT_TRUE(daemon.say(fixture("bus-crashloop.bin")));
  listener.drain();
  listener.follow(home.path());
  listener.drain();
  EXPECT_TRUE(daemon.subscriber_is_quiet());
  EXPECT_FALSE(daemon.has_caller());
}

TEST(Bus, reads_on_when_nobody_asks_for_events) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::string log = bus_frame("log:out", std::string(1'000'000, 'x'));
  for (int megabyte = 0; megabyte < 50; ++megabyte) {
    ASSERT_TRUE(daemon.say(log)) << megabyte;
  }
}

TEST(Bus, drain_comes_back_in_a_flood) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::jthread flood([&](const std::stop_token& stop) {
    const std::string log = bus_frame("log:out", std::string(10'000, 'x'));
    while (!stop.stop_requested() && daemon.say(log)) {
    }
  });
  for (int round = 0; round < 20; ++round) listener.drain();
}

TEST(Bus, is_readable_while_events_wait) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  listener.drain();
  pollfd one{.fd = listener.bus->fd(), .events = POLLIN, .revents = 0};
  ASSERT_TRUE(daemon.say(bus_frame("log:out", "{}")));
  listener.drain();
  EXPECT_EQ(::poll(&one, 1, 0), 0);
  ASSERT_TRUE(daemon.say(event_frame("exit")));
  EXPECT_EQ(::poll(&one, 1, 10'000), 1);
  listener.drain();
  EXPECT_EQ(::poll(&one, 1, 0), 0);
}

std::string error_frame(std::string_view text, std::string_view name = "api") {
  return bus_frame(
      "log:err",
      R"({"process":{"pm_id":0,"name":")" + std::string(name) +
          R"(","rev":null,"namespace":"default"},"at":1,"data":")" +
          std::string(text) + R"("})");
}

TEST(Bus, hears_which_port_an_app_says_is_taken_and_wakes_nobody_for_it) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  listener.drain();
  const std::string taken = error_frame("listen EADDRINUSE :::3000\\n");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(daemon.say(taken));
  ASSERT_TRUE(daemon.say(error_frame("listen EADDRINUSE :::3001\\n", "shop")));
  Pm2Batch batch = listener.bus->drain(std::chrono::seconds{10});
  EXPECT_THAT(batch.events, IsEmpty());
  EXPECT_THAT(
      batch.asked,
      ElementsAre(testing::Pair(AppKey{.home = home.path(), .app = "api"},
                                ElementsAre(3000)),
                  testing::Pair(AppKey{.home = home.path(), .app = "shop"},
                                ElementsAre(3001))));
  EXPECT_EQ(listener.state().lost, 0U);
  batch = listener.bus->drain(std::chrono::seconds{10});
  EXPECT_THAT(batch.asked, IsEmpty());

  pollfd one{.fd = listener.bus->fd(), .events = POLLIN, .revents = 0};
  ASSERT_TRUE(daemon.say(taken));
  EXPECT_EQ(::poll(&one, 1, 100), 0);
}

TEST(Bus, loses_no_event_where_an_app_says_more_than_is_held) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  listener.drain();
  const std::string flood = error_frame(std::string(1'000'000, 'x'));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(daemon.say(flood));
  ASSERT_TRUE(daemon.say(log_frame(kKilled)));
  EXPECT_THAT(kinds(listener.drain()), ElementsAre(Kind::Signal));
  EXPECT_EQ(listener.state().lost, 0U);
}

TEST(Bus, hears_of_ports_again_after_a_scan_of_floods) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  listener.drain();
  const std::string flood = error_frame("EADDRINUSE");
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(daemon.say(flood));
  EXPECT_THAT(listener.bus->drain(std::chrono::seconds{10}).asked, IsEmpty());
  ASSERT_TRUE(daemon.say(error_frame("listen EADDRINUSE :::3000\\n")));
  EXPECT_EQ(listener.bus->drain(std::chrono::seconds{10}).asked.size(), 1U);
}

TEST(Bus, that_a_daemon_ends_has_a_gap_and_is_connected_anew) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  ASSERT_TRUE(daemon.say(event_frame("exit")));
  daemon.hang_up();
  EXPECT_THAT(kinds(listener.drain_until(3)),
              ElementsAre(Kind::Gap, Kind::Exit, Kind::Gap));
  EXPECT_FALSE(listener.state().connected);
  EXPECT_EQ(listener.state().breaks, 1U);
  EXPECT_EQ(listener.state().error, "PM2 ended the connection");

  listener.follow(home.path());
  daemon.accept();
  ASSERT_TRUE(daemon.say(event_frame("online")));
  EXPECT_THAT(kinds(listener.drain()), ElementsAre(Kind::Gap, Kind::Online));
  EXPECT_TRUE(listener.state().connected);
}

TEST(Bus, that_is_malformed_is_left) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  ASSERT_TRUE(daemon.say(event_frame("exit") + "HTTP/1.1 400 Bad Request"));
  EXPECT_TRUE(daemon.subscriber_left());
  EXPECT_THAT(kinds(listener.drain_until(3)),
              ElementsAre(Kind::Gap, Kind::Exit, Kind::Gap));
  EXPECT_THAT(listener.state().error, HasSubstr("not AMP frames"));
}

TEST(Bus, has_a_gap_where_an_event_was_lost) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::string too_long =
      bus_frame("process:event", std::string(2'000'000, ' '));
  ASSERT_TRUE(
      daemon.say(event_frame("exit") + too_long + event_frame("online") +
                 bus_frame("process:event", "{") + event_frame("exit")));
  EXPECT_THAT(kinds(listener.drain_until(6)),
              ElementsAre(Kind::Gap,
                          Kind::Exit,
                          Kind::Gap,
                          Kind::Online,
                          Kind::Gap,
                          Kind::Exit));
  EXPECT_EQ(listener.state().lost, 2U);
  EXPECT_TRUE(listener.state().connected);
}

TEST(Bus, whose_events_nobody_takes_is_left_before_they_fill_the_memory) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::string frame = event_frame("exit");
  std::size_t said = 0;
  while (said < 100'000 && daemon.say(frame)) ++said;
  EXPECT_LT(said, 100'000U);
  EXPECT_TRUE(daemon.subscriber_left());
  EXPECT_THAT(listener.state_once(false).error, HasSubstr("faster than"));

  const std::vector<Pm2Event> events = listener.drain();
  EXPECT_LT(events.size() * sizeof(Pm2Event), 3 * kPm2EventsLimit);
  EXPECT_EQ(events.back(), gap(home.path()));
  listener.follow(home.path());
  daemon.accept();
  ASSERT_TRUE(daemon.say(frame));
  EXPECT_THAT(kinds(listener.drain()), ElementsAre(Kind::Gap, Kind::Exit));
}

TEST(Bus, of_a_home_that_answers_no_more_is_left) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const std::vector<Pm2View> silent{{.home = home.path()}};
  listener.bus->follow(silent);
  EXPECT_TRUE(daemon.subscriber_left());
  EXPECT_THAT(kinds(listener.drain()), ElementsAre(Kind::Gap, Kind::Gap));
  EXPECT_THAT(listener.bus->states(), IsEmpty());
}

TEST(Bus, of_another_daemon_is_another_connection) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  const ProcId again{.pid = ::getpid(), .start_ticks = 200};
  const std::vector<Pm2View> views{answering(home.path(), again)};
  listener.bus->follow(views);
  EXPECT_TRUE(daemon.subscriber_left());
  daemon.accept();
  EXPECT_THAT(kinds(listener.drain()),
              ElementsAre(Kind::Gap, Kind::Gap, Kind::Gap));
  EXPECT_EQ(listener.state().daemon, again);
}

TEST(Bus, ends_its_connections_with_itself) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  listener.follow(home.path());
  daemon.accept();
  listener.bus.reset();
  EXPECT_TRUE(daemon.subscriber_left());
}

TEST(Bus, of_another_process_than_the_one_that_answered_is_not_believed) {
  const TempHome home;
  FakeBus daemon(home.path());
  Listener listener;
  const std::vector<Pm2View> views{
      answering(home.path(), {.pid = ::getppid(), .start_ticks = 1})};
  listener.bus->follow(views);
  daemon.accept();
  EXPECT_TRUE(daemon.subscriber_left());
  EXPECT_FALSE(listener.state().connected);
  EXPECT_EQ(listener.state().error,
            "pub.sock belongs to pid " + std::to_string(::getpid()) +
                ", and pid " + std::to_string(::getppid()) +
                " answered for this home");
}

TEST(Bus, behind_a_link_is_not_followed) {
  const TempHome home;
  const FakeBus elsewhere(home.path(), "real.sock");
  std::filesystem::create_symlink(home / "real.sock", home / "pub.sock");
  EXPECT_EQ(refusal(home.path()), "pub.sock is not a socket");
  EXPECT_FALSE(elsewhere.has_caller());
}

TEST(Bus, that_is_not_there_is_an_error_that_says_so) {
  const TempHome home;
  EXPECT_EQ(refusal(home.path()), "open pub.sock: No such file or directory");
  ASSERT_EQ(::mkfifo((home / "pub.sock").c_str(), 0600), 0);
  EXPECT_EQ(refusal(home.path()), "pub.sock is not a socket");
  EXPECT_THAT(refusal(home / "nowhere"), HasSubstr("open the home"));
}

TEST(Bus, that_nobody_listens_at_is_tried_again) {
  const TempHome home;
  {
    const FakeBus daemon(home.path());
  }
  Listener listener;
  listener.follow(home.path());
  EXPECT_THAT(listener.state().error, HasSubstr("Connection refused"));
  std::filesystem::remove(home / "pub.sock");
  FakeBus daemon(home.path());
  listener.follow(home.path());
  daemon.accept();
  EXPECT_TRUE(listener.state().connected);
}

TEST(Bus, is_at_a_home_with_a_long_path) {
  const TempHome home;
  std::string path = home.path();
  for (int i = 0; i < 5; ++i) path += "/" + std::string(100, 'd');
  ASSERT_TRUE(std::filesystem::create_directories(path));
  FakeBus daemon(path);
  Listener listener;
  listener.follow(path);
  daemon.accept();
  EXPECT_TRUE(listener.state().connected);
}

std::set<std::string> threads() {
  std::set<std::string> all;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    all.insert(task.path());
  }
  return all;
}

// A mask of the kernel's: bit 0 is signal 1.
std::uint64_t blocked_in(const std::string& task) {
  std::ifstream status(task + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigBlk:")) {
      return std::stoull(line.substr(7), nullptr, 16);
    }
  }
  return 0;
}

TEST(Bus, thread_takes_no_signals) {
  // With the first thread a sanitizer may begin one of its own.
  std::jthread([] {}).join();
  const std::set<std::string> before = threads();
  Listener listener;
  listener.drain();  // it runs
  std::vector<std::string> fresh;
  std::ranges::set_difference(threads(), before, std::back_inserter(fresh));
  ASSERT_EQ(fresh.size(), 1U);
  const std::uint64_t blocked = blocked_in(fresh.front());
  for (const int signal :
       {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1, SIGCHLD}) {
    EXPECT_NE(blocked & (std::uint64_t{1} << (signal - 1)), 0U) << signal;
  }
}

}  // namespace
}  // namespace strayd
