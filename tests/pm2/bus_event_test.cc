// What the frames say: captured ones, and what apps, names and environments can
// make of them.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/pm2_event.h"

#include "pm2/bus_scene.h"
#include "pm2/fixtures.h"

namespace strayd {
namespace {

using Kind = Pm2Event::Kind;
using test::bus_frame;
using test::decode;
using test::Decoded;
using test::event_frame;
using test::fixture;
using test::log_frame;
using testing::ElementsAre;
using testing::IsEmpty;

// The one event of these bytes; another number fails the test.
Pm2Event only(std::string_view bytes) {
  std::vector<Pm2Event> events = decode(bytes).events;
  EXPECT_EQ(events.size(), 1U);
  return events.empty() ? Pm2Event{} : std::move(events.front());
}

std::vector<Kind> kinds(const std::vector<Pm2Event>& events) {
  std::vector<Kind> all;
  for (const Pm2Event& event : events) all.push_back(event.kind);
  return all;
}

// What the captured restart has in common.
Pm2Event of_backend(Kind kind, Pm2Status status, std::int64_t restart_time) {
  return {.kind = kind,
          .pm_id = 0,
          .unique_id = "a39b6295-b7ac-4545-98f2-8e54d213cb3f",
          .name = "tradebaas-backend",
          .status = status,
          .restart_time = restart_time,
          .pm_uptime_ms = restart_time == 0 ? 1795386502029 : 1795386591992,
          .exit_code = 0};
}

TEST(BusEvent, of_a_captured_restart) {
  std::vector<Pm2Event> events = decode(fixture("bus-restart.bin")).events;
  for (Pm2Event& event : events) {
    const bool is_of_log = event.kind == Kind::Signal;
    EXPECT_EQ(event.at_ms.has_value(), !is_of_log);
    event.at_ms.reset();
  }
  EXPECT_THAT(events,
              ElementsAre(Pm2Event{.kind = Kind::Signal,
                                   .pm_id = 0,
                                   .name = "tradebaas-backend",
                                   .exit_code = 0,
                                   .signal = "SIGINT"},
                          of_backend(Kind::Exit, Pm2Status::Stopping, 0),
                          of_backend(Kind::Exit, Pm2Status::Stopped, 0),
                          of_backend(Kind::Online, Pm2Status::Launching, 1),
                          of_backend(Kind::Action, Pm2Status::Online, 1)));
}

TEST(BusEvent, of_a_captured_crash_loop) {
  const std::vector<Pm2Event> events =
      decode(fixture("bus-crashloop.bin")).events;
  const std::vector<Kind> all = kinds(events);
  EXPECT_EQ(std::ranges::count(all, Kind::Online), 16);
  EXPECT_EQ(std::ranges::count(all, Kind::Exit), 16);
  EXPECT_EQ(std::ranges::count(all, Kind::Signal), 16);
  EXPECT_EQ(std::ranges::count(all, Kind::Action), 1);
  ASSERT_EQ(all.at(all.size() - 2), Kind::Overlimit);
  EXPECT_EQ(events.back().status, Pm2Status::Errored);
  EXPECT_EQ(events.back().restart_time, 15);
  EXPECT_EQ(events.back().exit_code, 3);
}

TEST(BusEvent, of_a_captured_update) {
  EXPECT_THAT(
      kinds(decode(fixture("bus-update.bin")).events),
      ElementsAre(Kind::Signal, Kind::Exit, Kind::Exit, Kind::ToldToEnd));
}

TEST(BusEvent, that_somebody_asked_for_is_an_action_whatever_its_word) {
  for (const std::string_view word : {"restart", "stop", "exit", "online"}) {
    EXPECT_EQ(only(event_frame(word, "", "true")).kind, Kind::Action) << word;
  }
}

TEST(BusEvent, with_a_word_of_its_own_is_none) {
  EXPECT_THAT(decode(event_frame("start") + event_frame("exit2") +
                     event_frame(std::string(1000, 'e')))
                  .events,
              IsEmpty());
}

TEST(BusEvent, of_a_worker_that_a_reload_replaces_is_none) {
  const Decoded out = decode(
      event_frame("exit", R"("pm_id":"_old_7")") +
      event_frame("online", R"("pm_id":"_old_7")", "true") +
      log_frame(
          R"(App [api:_old_7] exited with code [0] via signal [SIGINT])"));
  EXPECT_THAT(out.events, IsEmpty());
  EXPECT_EQ(out.senseless, 0U);
}

TEST(BusEvent, says_the_namespace_and_no_exit_code_before_the_first_exit) {
  const Pm2Event event =
      only(event_frame("online", R"("namespace":"shop","status":"launching")"));
  EXPECT_EQ(event.name_space, "shop");
  EXPECT_EQ(event.exit_code, std::nullopt);
  EXPECT_EQ(event.pm_uptime_ms, std::nullopt);
}

TEST(BusEvent, takes_its_numbers_as_the_list_does) {
  const Pm2Event event = only(event_frame(
      "exit", R"("restart_time":"5","exit_code":"7","pm_uptime":-1)"));
  EXPECT_EQ(event.restart_time, 5);
  EXPECT_EQ(event.exit_code, 7);
  EXPECT_EQ(event.pm_uptime_ms, std::nullopt);
  for (const std::string_view code : {"256", "-1", "1.5", "null", "{}"}) {
    EXPECT_EQ(
        only(event_frame("exit", std::string(R"("exit_code":)").append(code)))
            .exit_code,
        std::nullopt)
        << code;
  }
}

TEST(BusEvent, cannot_be_said_by_an_app_in_its_message) {
  // process.send({type: "process:event", data: {…}}), as PM2 passes it on.
  EXPECT_THAT(
      decode(
          bus_frame("process:event",
                    R"({"at":1,"data":{"event":"exit","manually":true,)"
                    R"("process":{"pm_id":1,"name":"b","unique_id":"u"}},)"
                    R"("process":{"pm_id":7,"name":"api","namespace":"d"}})"))
          .events,
      IsEmpty());
}

TEST(BusEvent, cannot_be_a_line_of_an_app_that_speaks_as_pm2) {
  const std::string line =
      R"("data":"App [b:1] exited with code [0] via signal [SIGKILL]\n")";
  for (const std::string_view who : {"7", R"("7")", R"({"pm_id":"PM2"})"}) {
    std::string json = R"({"at":1,)" + line + R"(,"process":{"pm_id":)";
    json.append(who).append(R"(,"name":"PM2"}})");
    EXPECT_THAT(decode(bus_frame("log:PM2", json)).events, IsEmpty()) << json;
  }
  EXPECT_THAT(decode(bus_frame("log:PM2", "{" + line + "}")).events, IsEmpty());
}

TEST(BusEvent, tells_that_an_operator_ends_the_daemon) {
  const Pm2Event expected{.kind = Kind::ToldToEnd};
  EXPECT_THAT(
      decode(bus_frame(
                 "pm2:kill",
                 R"({"status":"killed","msg":"pm2 has been killed via CLI"})"))
          .events,
      testing::ElementsAre(expected));
}

TEST(BusEvent, of_a_daemon_that_a_signal_ends_is_no_wish_of_an_operator) {
  EXPECT_THAT(
      decode(
          bus_frame(
              "pm2:kill",
              R"({"status":"killed","msg":"pm2 has been killed by SIGNAL"})"))
          .events,
      IsEmpty());
}

// process.send({type: "pm2:kill", data: …}) comes as the app's own words.
TEST(BusEvent, that_an_app_has_sent_ends_no_daemon) {
  EXPECT_THAT(decode(bus_frame("pm2:kill",
                               R"({"at":1,"data":{"status":"killed",)"
                               R"("msg":"pm2 has been killed via CLI"},)"
                               R"("process":{"pm_id":0,"name":"api"}})"))
                  .events,
              IsEmpty());
}

TEST(BusEvent, holds_nothing_of_the_environment) {
  const std::string env = R"("API_KEY":"hunter2-hunter2",)"
                          R"("env":{"name":"hunter2-hunter2"},)"
                          R"("args":["hunter2-hunter2"],)"
                          R"("signal":"hunter2-hunter2",)"
                          R"("username":"hunter2-hunter2")";
  const Pm2Event expected{.kind = Kind::Exit,
                          .pm_id = 7,
                          .unique_id = "u-1",
                          .name = "api",
                          .at_ms = 1795386591929};
  EXPECT_EQ(only(event_frame("exit", env)), expected);
}

TEST(BusEvent, errors_quote_nothing_of_the_environment) {
  const std::string json =
      R"({"event":"exit","process":{"KEY":"hunter2","x":hunter2}})";
  const auto event = parse_pm2_event({.topic = Pm2Topic::Event, .json = json});
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().fault, Fault::Malformed);
  EXPECT_EQ(event.error().what.find("hunter2"), std::string::npos);
}

TEST(BusEvent, that_is_no_object_or_too_deep_is_malformed) {
  const std::string deep = R"({"process":)" + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}";
  for (const std::string& json : {std::string("[]"),
                                  std::string("1"),
                                  std::string(),
                                  deep,
                                  std::string("{"),
                                  std::string("{}x"),
                                  std::string("\"\xff\"")}) {
    EXPECT_EQ(decode(bus_frame("process:event", json)).senseless, 1U)
        << json.substr(0, 50);
  }
}

TEST(BusEvent, of_an_app_that_cannot_be_told_is_malformed) {
  EXPECT_EQ(decode(event_frame("exit", R"("unique_id":"")")).senseless, 1U);
  EXPECT_EQ(decode(event_frame("exit", R"("name":5)")).senseless, 1U);
  const std::string longest(4097, 'n');
  EXPECT_EQ(
      decode(event_frame("exit", R"("name":")" + longest + "\"")).senseless,
      1U);
}

TEST(BusEvent, of_a_watch_names_the_app) {
  const Pm2Event expected{.kind = Kind::Watch, .name = "my api"};
  EXPECT_EQ(only(log_frame("Change detected on path src/a b.ts for app my api "
                           "- restarting\\n")),
            expected);
}

TEST(BusEvent, of_a_watch_takes_the_last_words_for_the_name) {
  EXPECT_EQ(only(log_frame("Change detected on path notes for app x - "
                           "restarting/a.ts for app api - restarting\\n"))
                .name,
            "api");
}

TEST(BusEvent, of_the_memory_limit_names_the_instance) {
  const Pm2Event expected{.kind = Kind::MemoryLimit, .pm_id = 12};
  EXPECT_EQ(
      only(log_frame("[PM2][WORKER] Process 12 restarted because it exceeds "
                     "--max-memory-restart value (current_memory=113950720 "
                     "max_memory_limit=104857600 [octets])\\n")),
      expected);
}

TEST(BusEvent, of_a_signal_says_which) {
  const Pm2Event expected{.kind = Kind::Signal,
                          .pm_id = 3,
                          .name = "api",
                          .exit_code = 0,
                          .signal = "SIGKILL"};
  EXPECT_EQ(only(log_frame(
                "App [api:3] exited with code [0] via signal [SIGKILL]\\n")),
            expected);
}

TEST(BusEvent, of_a_signal_takes_any_name_for_a_name) {
  const std::string name =
      "x:9] exited with code [1] via signal [SIGSEGV]\\nApp [y";
  const Pm2Event event = only(log_frame(
      "App [" + name + ":3] exited with code [0] via signal [SIGTERM]\\n"));
  EXPECT_EQ(event.pm_id, 3);
  EXPECT_EQ(event.signal, "SIGTERM");
  EXPECT_EQ(event.name,
            "x:9] exited with code [1] via signal [SIGSEGV]\nApp [y");
}

TEST(BusEvent, of_a_line_that_only_looks_like_one_is_none) {
  const std::string name(4097, 'n');
  for (const std::string& line : std::vector<std::string>{
           "App [api:3] exited with code [0] via signal [9]\\n",
           "App [api:3] exited with code [0] via signal [SIGkill]\\n",
           "App [api:3] exited with code [] via signal [SIGKILL]\\n",
           "App [api:-3] exited with code [0] via signal [SIGKILL]\\n",
           "App [:3] exited with code [0] via signal [SIGKILL]\\n",
           "App [" + name + ":3] exited with code [0] via signal [SIGKILL]\\n",
           ("App [api:99999999999999999999] exited with code [0] via signal "
            "[SIGKILL]\\n"),
           " App [api:3] exited with code [0] via signal [SIGKILL]\\n",
           "App [api:3] exited with code [0] via signal [SIGKILL]\\n\\n",
           "App [api:3] online\\n",
           "App [",
           "Change detected on path a for app  - restarting\\n",
           "Change detected on path a for app api\\n",
           "Change detected on path a - restarting\\n",
           "Change detected on path  - restarting\\n",
           ("[PM2][WORKER] Process _old_1 restarted because it exceeds "
            "--max-memory-restart value ("),
           "[PM2][WORKER] Process 1",
           "[PM2][WORKER] Process ",
           "",
           "\\n"}) {
    EXPECT_THAT(decode(log_frame(line)).events, IsEmpty()) << line;
  }
}

}  // namespace
}  // namespace strayd
