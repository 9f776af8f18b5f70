#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

using namespace std::string_view_literals;

const Observed<Environment> kNotWhole = std::unexpected(Unread::Failed);

Observed<Environment> with_pm2_env(const std::string& json) {
  return parse_environ("PATH=/bin" + std::string(1, '\0') + "pm2_env=" + json +
                       '\0');
}

TEST(ParseEnviron, keeps_what_is_allowed_and_drops_the_rest) {
  EXPECT_EQ(parse_environ(
                "SECRET=x\0pm_id=0\0name=a b\0PM2_HOME=/r\0XPM2_HOME=/s\0"sv),
            (Environment{{"pm_id", "0"}, {"name", "a b"}, {"PM2_HOME", "/r"}}));
}

TEST(ParseEnviron, keeps_what_systemd_says_of_a_unit) {
  EXPECT_EQ(
      parse_environ("INVOCATION_ID=08ab\0SYSTEMD_EXEC_PID=7\0"sv),
      (Environment{{"INVOCATION_ID", "08ab"}, {"SYSTEMD_EXEC_PID", "7"}}));
}

TEST(ParseEnviron, takes_the_first_of_two) {
  EXPECT_EQ(parse_environ("pm_id=1\0pm_id=2\0"sv),
            (Environment{{"pm_id", "1"}}));
}

TEST(ParseEnviron, keeps_equal_signs_and_every_byte_of_a_value) {
  EXPECT_EQ(parse_environ("name=a=b\n\xff\0namespace=\0"sv),
            (Environment{{"name", "a=b\n\xff"}, {"namespace", ""}}));
}

TEST(ParseEnviron, takes_the_last_variable_without_a_nul) {
  EXPECT_EQ(parse_environ("pm_id=1"), (Environment{{"pm_id", "1"}}));
}

TEST(ParseEnviron, passes_over_what_is_no_variable) {
  EXPECT_EQ(parse_environ("\0\0pm_id\0=x\0name=y\0"sv),
            (Environment{{"name", "y"}}));
  EXPECT_EQ(parse_environ(""), Environment{});
}

TEST(ParseEnviron, says_that_it_failed_where_a_title_is_written_over_it) {
  for (const std::string_view title : {"gunicorn: worker\0\0\0"sv,
                                       "\0\0\0\0"sv,
                                       "x: worker    "sv,
                                       "rker --loglevel=INFO)\0\0"sv,
                                       "=x\0"sv}) {
    EXPECT_EQ(parse_environ(title), kNotWhole) << title;
  }
}

TEST(ParseEnviron, knows_an_environment_by_one_variable) {
  EXPECT_EQ(parse_environ("BASH_FUNC_x%%=() {\0PATH=/bin\0"sv), Environment{});
  EXPECT_EQ(parse_environ("_=/usr/bin/node\0"sv), Environment{});
}

TEST(ParseEnviron, keeps_the_pid_that_systemd_started) {
  EXPECT_EQ(parse_environ("SYSTEMD_EXEC_PID=7\0"sv),
            (Environment{{"SYSTEMD_EXEC_PID", "7"}}));
}

TEST(ParseEnviron, flattens_the_object_of_a_cluster_worker) {
  EXPECT_EQ(with_pm2_env(R"({"name":"clu","pm_id":2,"pm_uptime":1795386504834,)"
                         R"("PM2_HOME":"/r","SECRET":"s","watch":false,)"
                         R"("unique_id":"be50"})"),
            (Environment{{"name", "clu"},
                         {"pm_id", "2"},
                         {"pm_uptime", "1795386504834"},
                         {"PM2_HOME", "/r"},
                         {"unique_id", "be50"}}));
}

TEST(ParseEnviron, prefers_the_variable_to_the_member) {
  EXPECT_EQ(parse_environ(
                "pm2_env={\"PM2_HOME\":\"/b\",\"pm_id\":1}\0PM2_HOME=/a\0"sv),
            (Environment{{"PM2_HOME", "/a"}, {"pm_id", "1"}}));
}

TEST(ParseEnviron, looks_at_the_first_level_of_the_object_only) {
  EXPECT_EQ(
      with_pm2_env(R"({"env":{"name":"no","pm_id":7},"list":[{"name":1}],)"
                   R"("name":"yes"})"),
      (Environment{{"name", "yes"}}));
}

TEST(ParseEnviron, takes_no_member_that_is_no_text_or_number) {
  EXPECT_EQ(
      with_pm2_env(R"({"name":{},"namespace":[1],"username":null,)"
                   R"("pm_id":-1,"restart_time":1.5,"exec_mode":true})"),
      (Environment{
          {"pm_id", "-1"}, {"restart_time", "1.5"}, {"exec_mode", "true"}}));
}

TEST(ParseEnviron, says_that_it_failed_where_the_object_is_not_whole) {
  const std::string whole = R"({"name":"clu","pm_id":2})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(with_pm2_env(whole.substr(0, size)), kNotWhole) << size;
  }
  for (const std::string bad : {"[]",
                                R"([{"name":"x"}])",
                                "1",
                                "\"name\"",
                                "null",
                                R"({"name":"x"}x)",
                                "{\"name\":\"\xff\"}",
                                "{\"pm_id\":1e999}",
                                "[object Object]"}) {
    EXPECT_EQ(with_pm2_env(bad), kNotWhole) << bad;
  }
}

TEST(ParseEnviron, refuses_an_object_that_is_too_deep) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(with_pm2_env("{\"a\":" + deep), kNotWhole);
  const std::string closed =
      "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}";
  EXPECT_EQ(with_pm2_env(closed), kNotWhole);
}

}  // namespace
}  // namespace strayd
