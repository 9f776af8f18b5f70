#include "strayd/pm2/list.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pm2/fixtures.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using test::entry_json;
using test::fixture;
using test::list_json;

Pm2List captured(std::string_view name) {
  Pm2ReplyDecoder decoder;
  EXPECT_EQ(decoder.feed(fixture(name)), Progress::Whole);
  return parse_pm2_list(decoder.json()).value();
}

// The one instance of a list whose entry has these fields in its pm2_env.
Pm2Instance with(std::string_view fields) {
  const Pm2List list =
      parse_pm2_list(list_json(entry_json("api", fields))).value();
  EXPECT_EQ(list.bad_entries, 0U);
  return list.instances.at(0);
}

// The one instance of a list with this entry.
Pm2Instance entry(std::string_view json) {
  return parse_pm2_list(list_json(json)).value().instances.at(0);
}

void expect_bad(std::string_view json) {
  const Pm2List list = parse_pm2_list(list_json(json)).value();
  EXPECT_EQ(list.bad_entries, 1U) << json;
  EXPECT_TRUE(list.instances.empty()) << json;
}

void expect_malformed(const std::string& json, std::string_view why) {
  const Result<Pm2List> list = parse_pm2_list(json);
  ASSERT_FALSE(list) << json.substr(0, 100);
  EXPECT_EQ(list.error().fault, Fault::Malformed);
  EXPECT_NE(list.error().what.find(why), std::string::npos)
      << list.error().what;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ProcessList, reads_a_captured_npm_app) {
  const Pm2Instance expected{
      .name = "tradebaas-backend",
      .name_space = "default",
      .pm_id = 0,
      .pid = 6225,
      .status = Pm2Status::Online,
      .unique_id = "a39b6295-b7ac-4545-98f2-8e54d213cb3f",
      .restart_time = 0,
      .unstable_restarts = 0,
      .pm_uptime_ms = 1795386502029,
      .created_at_ms = 1795386502029,
      .exec_mode = "fork_mode",
      .pm_cwd = "/srv/app/backend",
      .pm_exec_path = "/usr/bin/npm",
      .kill_timeout = milliseconds{1600},
      .slot = 0};
  EXPECT_EQ(captured("reply.bin").instances.at(0), expected);
}

TEST(ProcessList, reads_every_kind_of_app_of_a_captured_list) {
  const Pm2List list = captured("reply.bin");
  ASSERT_EQ(list.instances.size(), 7U);
  EXPECT_EQ(list.bad_entries, 0U);
  EXPECT_EQ(list.instances[2].exec_mode, "cluster_mode");
  EXPECT_EQ(list.instances[2].unique_id, list.instances[3].unique_id);
  EXPECT_EQ(list.instances[4].name_space, "ops");
  EXPECT_EQ(list.instances[5].status, Pm2Status::Stopped);
  EXPECT_EQ(list.instances[5].pid, std::nullopt);  // PM2 says 0
  EXPECT_EQ(list.instances[6].status, Pm2Status::WaitingRestart);
  EXPECT_EQ(list.instances[6].pid, 6547);  // it is dead by then
}

TEST(ProcessList, reads_sixty_captured_processes) {
  const Pm2List list = captured("reply-60.bin");
  EXPECT_EQ(list.instances.size(), 60U);
  EXPECT_EQ(list.bad_entries, 0U);
}

TEST(ProcessList, reads_a_captured_errored_app) {
  const Pm2List list =
      parse_pm2_list(R"({"args":[)" + fixture("errored.json") + "]}").value();
  ASSERT_EQ(list.instances.size(), 1U);
  EXPECT_EQ(list.instances[0].status, Pm2Status::Errored);
  EXPECT_EQ(list.instances[0].pid, std::nullopt);
  EXPECT_EQ(list.instances[0].created_at_ms, std::nullopt);  // PM2 says null
}

TEST(ProcessList, reads_a_captured_app_without_a_pid) {
  const Pm2List list =
      parse_pm2_list(R"({"args":[)" + fixture("pid-absent.json") + "]}")
          .value();
  ASSERT_EQ(list.instances.size(), 1U);
  EXPECT_EQ(list.instances[0].status, Pm2Status::Online);
  EXPECT_EQ(list.instances[0].pid, std::nullopt);
}

TEST(ProcessList, takes_a_list_without_apps_as_an_answer) {
  const Pm2List list = parse_pm2_list(list_json("")).value();
  EXPECT_TRUE(list.instances.empty());
  EXPECT_EQ(list.bad_entries, 0U);
}

TEST(ProcessList, keeps_no_secret_of_an_environment) {
  const Pm2List list =
      parse_pm2_list(
          list_json(entry_json("api",
                               R"("SECRET":"hunter2","env":{"SECRET":"hunter2",
                 "name":"hunter2","unique_id":"hunter2",
                 "status":"hunter2","exec_mode":"hunter2",
                 "namespace":"hunter2","pm_cwd":"hunter2",
                 "pm_exec_path":"hunter2"},
                 "axm_options":[{"name":"hunter2"}])")))
          .value();
  const Pm2Instance expected{
      .name = "api", .pm_id = 7, .pid = 4321, .unique_id = "u-1"};
  EXPECT_EQ(list.instances, std::vector{expected});
}

TEST(ProcessList, quotes_nothing_of_what_it_refuses) {
  const Result<Pm2List> list =
      parse_pm2_list(R"({"args":[[{"pm2_env":{"SECRET":"hunter2" "x":1}}]]})");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().what.find("hunter2"), std::string::npos);
}

TEST(ProcessList, takes_the_name_beside_pm2_env_first) {
  EXPECT_EQ(with(R"("name":"inner")").name, "api");
}

TEST(ProcessList, takes_the_name_in_pm2_env_where_there_is_no_other) {
  const Pm2Instance instance = entry(
      R"({"pm_id":1,"pm2_env":{"name":"inner","unique_id":"u","pm_id":2}})");
  EXPECT_EQ(instance.name, "inner");
  EXPECT_EQ(instance.pm_id, 1);
}

TEST(ProcessList, takes_integers_that_an_environment_made_strings) {
  const Pm2Instance instance = with(
      R"("restart_time":"2","pm_uptime":"1795386502029","created_at":"5")");
  EXPECT_EQ(instance.restart_time, 2);
  EXPECT_EQ(instance.pm_uptime_ms, 1795386502029);
  EXPECT_EQ(instance.created_at_ms, 5);
  EXPECT_EQ(
      entry(R"({"pm_id":"3","name":"a","pm2_env":{"unique_id":"u"}})").pm_id,
      3);
}

TEST(ProcessList, defaults_what_is_of_another_type) {
  const Pm2Instance expected{
      .name = "api", .pm_id = 7, .pid = 4321, .unique_id = "u-1"};
  EXPECT_EQ(with(R"("namespace":1,"status":{},"restart_time":1.5,
                    "unstable_restarts":[],"pm_uptime":"12 ","created_at":true,
                    "exec_mode":null,"kill_timeout":"soon","pm_cwd":7,
                    "pm_exec_path":["/bin/npm"],"min_uptime":"1h",
                    "autorestart":null,"exit_code":{},"instance_var":3,
                    "NODE_APP_INSTANCE":[0])"),
            expected);
}

TEST(ProcessList, defaults_numbers_that_no_clock_and_no_counter_has) {
  const Pm2Instance expected{
      .name = "api", .pm_id = 7, .pid = 4321, .unique_id = "u-1"};
  EXPECT_EQ(with(R"("restart_time":-1,"unstable_restarts":18446744073709551615,
                    "pm_uptime":9223372036854775807,"created_at":0,
                    "kill_timeout":-5,"min_uptime":-1,"exit_code":256,
                    "NODE_APP_INSTANCE":1000001)"),
            expected);
}

TEST(ProcessList, cuts_a_kill_timeout_that_would_overflow_a_clock) {
  EXPECT_EQ(with(R"("kill_timeout":8000)").kill_timeout, milliseconds{8000});
  EXPECT_EQ(with(R"("kill_timeout":9007199254740991)").kill_timeout,
            std::chrono::hours{24});
}

TEST(ProcessList, takes_the_uptime_of_a_stable_launch_in_milliseconds) {
  EXPECT_EQ(with("").min_uptime, milliseconds{1000});
  EXPECT_EQ(with(R"("min_uptime":3600000)").min_uptime, std::chrono::hours{1});
  EXPECT_EQ(with(R"("min_uptime":"5000")").min_uptime, milliseconds{5000});
  EXPECT_EQ(with(R"("min_uptime":9007199254740991)").min_uptime,
            std::chrono::hours{24});
}

TEST(ProcessList, takes_the_number_of_an_instance_of_its_app) {
  EXPECT_EQ(with("").slot, std::nullopt);
  EXPECT_EQ(with(R"("NODE_APP_INSTANCE":0)").slot, 0);
  EXPECT_EQ(with(R"("NODE_APP_INSTANCE":"3")").slot, 3);
  EXPECT_EQ(with(R"("NODE_APP_INSTANCE":"")").slot, std::nullopt);
}

TEST(ProcessList, takes_the_number_from_where_instance_var_says) {
  EXPECT_EQ(with(R"("instance_var":"NODE_APP_INSTANCE",
                    "NODE_APP_INSTANCE":1)")
                .slot,
            1);
  EXPECT_EQ(with(R"("instance_var":"SLOT","SLOT":2,
                    "NODE_APP_INSTANCE":1)")
                .slot,
            2);
  EXPECT_EQ(with(R"("NODE_APP_INSTANCE":1,"instance_var":"SLOT")").slot,
            std::nullopt);
}

TEST(ProcessList, gives_no_other_field_to_an_instance_var) {
  const Pm2Instance instance =
      with(R"("instance_var":"restart_time","restart_time":4)");
  EXPECT_EQ(instance.slot, std::nullopt);
  EXPECT_EQ(instance.restart_time, 4);
}

TEST(ProcessList, knows_whether_pm2_ends_the_tree_of_an_app) {
  EXPECT_TRUE(with("").treekill);
  EXPECT_TRUE(with(R"("treekill":true)").treekill);
  for (const std::string_view off :
       {"false", "\"false\"", "\"true\"", "null"}) {
    EXPECT_FALSE(with(std::string(R"("treekill":)").append(off)).treekill)
        << off;
  }
}

TEST(ProcessList, knows_which_app_pm2_starts_again) {
  EXPECT_TRUE(with("").restarts);
  for (const std::string_view on : {R"("autorestart":true)",
                                    R"("autorestart":"true")",
                                    R"("stop_exit_codes":null)",
                                    R"("stop_exit_codes":[])"}) {
    EXPECT_TRUE(with(on).restarts) << on;
  }
  for (const std::string_view off : {R"("autorestart":false)",
                                     R"("autorestart":"false")",
                                     R"("stop_exit_codes":0)",
                                     R"("stop_exit_codes":"143")",
                                     R"("stop_exit_codes":[143],"status":"")",
                                     R"("stop_exit_codes":[[]])"}) {
    EXPECT_FALSE(with(off).restarts) << off;
  }
}

TEST(ProcessList, reads_on_behind_the_codes_that_stop_an_app) {
  EXPECT_EQ(with(R"("stop_exit_codes":[0,[1],{"a":2}],"restart_time":4)")
                .restart_time,
            4);
  EXPECT_EQ(with(R"("stop_exit_codes":[],"restart_time":4)").restart_time, 4);
}

TEST(ProcessList, takes_the_exit_code_of_the_launch_before) {
  EXPECT_EQ(with("").exit_code, std::nullopt);
  EXPECT_EQ(with(R"("exit_code":0)").exit_code, 0);
  EXPECT_EQ(with(R"("exit_code":255)").exit_code, 255);
  EXPECT_EQ(with(R"("exit_code":-1)").exit_code, std::nullopt);
}

TEST(ProcessList, takes_a_path_that_has_no_end_for_one_that_is_not_known) {
  const std::string longest(4096, 'p');
  EXPECT_EQ(with(R"("pm_cwd":")" + longest + '"').pm_cwd, longest);
  const Pm2Instance instance = with(R"("pm_cwd":")" + longest +
                                    R"(p","pm_exec_path":")" + longest + "p\"");
  EXPECT_EQ(instance.pm_cwd, "");
  EXPECT_EQ(instance.pm_exec_path, "");
}

TEST(ProcessList, takes_only_a_pid_that_a_process_can_have) {
  for (const std::string_view pid :
       {"0", "1", "-1", "4194305", "4294967298", "null", "\"12\"", "12.0"}) {
    const std::string json =
        std::string(R"({"pm_id":1,"name":"a","pm2_env":{"unique_id":"u"},)") +
        R"("pid":)" + std::string(pid) + "}";
    EXPECT_EQ(entry(json).pid, std::nullopt) << pid;
  }
  EXPECT_EQ(entry(R"({"pid":4194303,"pm_id":1,"name":"a",
                      "pm2_env":{"unique_id":"u"}})")
                .pid,
            4194303);
}

TEST(ProcessList, takes_no_pid_from_the_environment) {
  EXPECT_EQ(entry(R"({"pm_id":1,"name":"a",
                      "pm2_env":{"unique_id":"u","pid":99}})")
                .pid,
            std::nullopt);
}

TEST(ProcessList, knows_each_status_by_its_word) {
  for (const Pm2Status status : kPm2Statuses) {
    const std::string word(to_string(status));
    EXPECT_EQ(with(R"("status":")" + word + '"').status, status) << word;
  }
  EXPECT_EQ(with(R"("status":"one-launch-status")").status, Pm2Status::Unknown);
}

TEST(ProcessList, takes_the_last_of_a_doubled_key) {
  EXPECT_EQ(with(R"("restart_time":3,"restart_time":4)").restart_time, 4);
  EXPECT_EQ(with(R"("restart_time":3,"restart_time":{})").restart_time, 0);
}

TEST(ProcessList, counts_an_entry_that_can_not_be_told_from_another) {
  expect_bad("17");
  expect_bad("null");
  expect_bad("[]");
  expect_bad("{}");
  expect_bad(R"({"name":"a","pm2_env":{"unique_id":"u"}})");
  expect_bad(R"({"pm_id":"_old_2","name":"a","pm2_env":{"unique_id":"u"}})");
  expect_bad(R"({"pm_id":1,"pm2_env":{"unique_id":"u"}})");
  expect_bad(R"({"pm_id":1,"name":{},"pm2_env":{"unique_id":"u"}})");
  expect_bad(R"({"pm_id":1,"name":"a","pm2_env":{}})");
  expect_bad(R"({"pm_id":1,"name":"a"})");
}

TEST(ProcessList, counts_an_entry_whose_name_has_no_end) {
  EXPECT_EQ(entry(entry_json(std::string(4096, 'n'))).name.size(), 4096U);
  expect_bad(entry_json(std::string(4097, 'n')));
}

TEST(ProcessList, keeps_the_right_entries_beside_a_bad_one) {
  const Pm2List list =
      parse_pm2_list(list_json(entry_json("a") + ",{}," + entry_json("b")))
          .value();
  EXPECT_EQ(list.bad_entries, 1U);
  EXPECT_EQ(list.instances.size(), 2U);
}

TEST(ProcessList, says_that_pm2_answered_with_an_error) {
  const Result<Pm2List> list = parse_pm2_list(
      R"({"error":"method \"nope\" does\nnot exist","stack":"at x"})");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().fault, Fault::Io);
  EXPECT_EQ(list.error().what,
            "PM2 answered with an error: method \"nope\" does?not exist");
}

TEST(ProcessList, bounds_the_text_of_an_error) {
  const Result<Pm2List> list =
      parse_pm2_list(R"({"error":")" + std::string(100'000, 'e') + R"("})");
  ASSERT_FALSE(list);
  EXPECT_LT(list.error().what.size(), 300U);
}

TEST(ProcessList, takes_an_error_of_any_type_for_an_error) {
  EXPECT_EQ(parse_pm2_list(R"({"error":{"code":1}})").error().fault, Fault::Io);
  EXPECT_EQ(parse_pm2_list(R"({"args":[[]],"error":"x"})").error().fault,
            Fault::Io);
}

TEST(ProcessList, refuses_any_other_shape) {
  expect_malformed("[]", "not an object");
  expect_malformed("7", "not an object");
  expect_malformed("{}", "no list");
  expect_malformed(R"({"args":{}})", "not a list");
  expect_malformed(R"({"args":null})", "not a list");
  expect_malformed(R"({"args":[]})", "no list");
  expect_malformed(R"({"args":[7]})", "not one list");
  expect_malformed(R"({"args":[{"name":"a"}]})", "not one list");
  expect_malformed(R"({"args":[[],[]]})", "more than one list");
  expect_malformed(R"({"args":[[]],"args":[[]]})", "more than one list");
}

TEST(ProcessList, refuses_what_is_no_json) {
  expect_malformed("", "not JSON");
  expect_malformed(list_json("") + "x", "not JSON");
  expect_malformed(list_json("") + list_json(""), "not JSON");
  expect_malformed(list_json(entry_json("\xff")), "not JSON");
}

TEST(ProcessList, refuses_a_key_with_a_zero_in_it) {
  for (const std::string& key :
       {std::string("na\0me", 5), std::string("\0", 1), std::string("\x01")}) {
    expect_malformed(list_json("{\"" + key + "\":1}"), "not JSON");
    expect_malformed(list_json(entry_json("a", "\"" + key + R"(":"x")")),
                     "not JSON");
  }
}

TEST(ProcessList, takes_a_key_up_to_its_escaped_quote_for_no_key_of_ours) {
  EXPECT_EQ(
      parse_pm2_list(list_json(entry_json("a", R"("status\"":"stopped")")))
          .value()
          .instances,
      parse_pm2_list(list_json(entry_json("a"))).value().instances);
}

TEST(ProcessList, refuses_every_truncation) {
  Pm2ReplyDecoder decoder;
  ASSERT_EQ(decoder.feed(fixture("reply.bin")), Progress::Whole);
  const std::string_view json = decoder.json().substr(0, 3000);
  for (std::size_t size = 0; size < json.size(); ++size) {
    ASSERT_FALSE(parse_pm2_list(json.substr(0, size))) << size;
  }
}

// A value that is not ours may be what no parser takes: PM2 hands on what an
// app says of itself.
TEST(ProcessList, does_not_look_at_what_it_skips) {
  for (const char* const odd :
       {R"("\ud800")", "1e999", "100000000000000000000", R"({"\ud800":[]})"}) {
    const std::string field = std::string(R"("x":)") + odd;
    EXPECT_EQ(
        parse_pm2_list(list_json(entry_json("a", field))).value().instances,
        parse_pm2_list(list_json(entry_json("a"))).value().instances)
        << odd;
  }
}

TEST(ProcessList, takes_no_text_that_is_no_unicode) {
  EXPECT_EQ(
      parse_pm2_list(list_json(entry_json(R"(\ud800)"))).value().bad_entries,
      1U);
}

TEST(ProcessList, skips_any_depth_on_a_stack_of_constant_size) {
  const std::string deep = repeat("[", 1'000'000) + repeat("]", 1'000'000);
  EXPECT_TRUE(parse_pm2_list(list_json(entry_json("a", R"("x":)" + deep))));
  expect_malformed(repeat("[", 1'000'000), "not an object");
  expect_malformed(R"({"x":)" + repeat("[", 1'000'000), "not JSON");
}

TEST(ProcessList, bounds_the_entries) {
  const std::string one = entry_json("a") + ",";
  EXPECT_EQ(parse_pm2_list(list_json(repeat(one, 9'999) + entry_json("a")))
                .value()
                .instances.size(),
            10'000U);
  expect_malformed(list_json(repeat(one, 10'000) + entry_json("a")),
                   "more than 10000 entries");
  expect_malformed(list_json(repeat("1,", 10'001) + "1"),
                   "more than 10000 entries");
}

}  // namespace
}  // namespace strayd
