#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/web/server.h"

namespace strayd {
namespace {

using testing::HasSubstr;

// Made by htpasswd-like tools; the password does not matter here.
constexpr auto kHash =
    "$2y$04$5cB/QwjCABnsdca4EMNs9eEMHQaiUN2FIndnGrVebTqTp1wVRWDGS";

std::string refusal(const std::string& text) {
  const auto users = parse_web_config(text, "web.yml");
  return users ? "accepted" : users.error().what;
}

TEST(WebConfig, names_users_and_their_hashes) {
  const auto users = parse_web_config(
      std::string("basic_auth_users:\n  prom: ") + kHash + "\n", "web.yml");
  ASSERT_TRUE(users);
  EXPECT_EQ(*users, (Users{{"prom", kHash}}));
}

TEST(WebConfig, that_is_empty_names_nobody) {
  for (const char* text : {"",
                           "\n# nothing\n",
                           "---\n",
                           "basic_auth_users:\n",
                           "{}",
                           "http_server_config:\n  http2: false\n"}) {
    const auto users = parse_web_config(text, "web.yml");
    ASSERT_TRUE(users) << text << users.error().what;
    EXPECT_TRUE(users->empty());
  }
}

TEST(WebConfig, that_wants_tls_is_refused_with_a_way_out) {
  EXPECT_EQ(refusal("# a comment\ntls_server_config:\n  cert_file: x\n"),
            "web.yml:2: tls_server_config: TLS is not offered by this build; "
            "put a reverse proxy in front");
  EXPECT_THAT(refusal("tls_server_config: {}\n"), HasSubstr("web.yml:1: tls"));
}

TEST(WebConfig, with_an_unknown_key_is_refused_with_its_line) {
  EXPECT_EQ(refusal("basic_auth_users: {}\n\nbasic_auth_user: {}\n"),
            "web.yml:3: unknown key basic_auth_user");
  EXPECT_THAT(refusal("http_server_config:\n  headers: {a: b}\n"),
              HasSubstr("web.yml:2: http_server_config: only http2"));
}

TEST(WebConfig, with_something_else_than_a_bcrypt_hash_is_refused) {
  for (const char* hash : {"secret",
                           "''",
                           "[a]",
                           "{a: b}",
                           "",
                           "$1$abcdefgh$0123456789012345678901",
                           "$2x$04$5cB/QwjCABnsdca4EMNs9eEMHQaiUN2FIndnGrVebTqT"
                           "p1wVRWDGS",
                           "$2y$04$5cB/QwjCABnsdca4EMNs9eEMHQaiUN2FIndnGrVebTqT"
                           "p1wVRWDG"}) {
    EXPECT_EQ(refusal(std::string("basic_auth_users:\n  a: '") + kHash +
                      "'\n  prom: " + hash + "\n"),
              "web.yml:3: basic_auth_users: prom: expected a bcrypt hash "
              "($2y$…)")
        << hash;
  }
}

TEST(WebConfig, does_not_repeat_a_password_written_in_place_of_a_hash) {
  EXPECT_THAT(refusal("basic_auth_users: {prom: hunter2}\n"),
              testing::Not(HasSubstr("hunter2")));
}

TEST(WebConfig, with_a_hash_too_dear_to_check_is_refused) {
  std::string dear = kHash;
  dear.replace(4, 2, "15");
  EXPECT_THAT(refusal("basic_auth_users:\n  prom: " + dear + "\n"),
              HasSubstr("web.yml:2: basic_auth_users: prom: the hash's cost is "
                        "15, at most 14"));
}

TEST(WebConfig, that_names_a_thing_twice_is_refused) {
  const std::string user = std::string("  prom: ") + kHash + "\n";
  EXPECT_EQ(refusal("basic_auth_users:\n" + user + user),
            "web.yml:3: basic_auth_users: prom: named twice");
  EXPECT_EQ(refusal("basic_auth_users:\nbasic_auth_users:\n" + user),
            "web.yml:2: basic_auth_users: named twice");
}

TEST(WebConfig, cannot_hide_its_users_in_a_second_document) {
  EXPECT_THAT(refusal(std::string("{}\n---\nbasic_auth_users:\n  prom: ") +
                      kHash + "\n"),
              HasSubstr("expected one YAML document"));
}

TEST(WebConfig, with_something_left_over_is_refused) {
  // yaml-cpp 0.7 reads this as documents without end.
  EXPECT_THAT(refusal(","), HasSubstr("web.yml:1: expected one YAML document"));
  EXPECT_NE(refusal("{} x\n"), "accepted");
}

TEST(WebConfig, with_a_user_that_no_client_can_name_is_refused) {
  EXPECT_THAT(refusal(std::string("basic_auth_users: {'a:b': ") + kHash + "}"),
              HasSubstr("no client can send this name"));
  EXPECT_THAT(refusal(std::string("basic_auth_users: {'': ") + kHash + "}"),
              HasSubstr("expected a user name"));
}

TEST(WebConfig, that_is_no_yaml_is_refused_with_its_line) {
  EXPECT_THAT(refusal("basic_auth_users:\n  a: 'b\n"),
              testing::StartsWith("web.yml:"));
  EXPECT_THAT(refusal("a: b\n\tc: d\n"), HasSubstr("no valid YAML"));
  EXPECT_THAT(refusal("just words\n"), HasSubstr("web.yml:1: expected"));
  EXPECT_THAT(refusal("- a\n"), HasSubstr("web.yml:1: expected"));
  EXPECT_THAT(refusal("*unknown\n"), HasSubstr("web.yml:1: "));
}

TEST(WebConfig, nested_without_end_is_an_error_and_no_crash) {
  EXPECT_NE(refusal(std::string(50'000, '[')), "accepted");
  EXPECT_NE(refusal(std::string(50'000, '{')), "accepted");
  std::string stairs;
  for (std::size_t depth = 0; depth < 600; ++depth) {
    stairs += std::string(depth, ' ') + "a:\n";
  }
  EXPECT_NE(refusal(stairs), "accepted");
}

TEST(WebConfig, is_read_from_its_file) {
  std::string path = testing::TempDir() + "web-config-XXXXXX";
  ::close(::mkstemp(path.data()));
  std::ofstream(path) << "basic_auth_users:\n  prom: nothing\n";
  const auto users = load_web_config(path);
  ASSERT_FALSE(users);
  EXPECT_THAT(users.error().what, testing::StartsWith(path + ":2: "));
  ::unlink(path.c_str());
}

TEST(WebConfig, that_is_not_there_is_named) {
  const auto users = load_web_config("/nonexistent/web.yml");
  ASSERT_FALSE(users);
  EXPECT_EQ(users.error().fault, Fault::NotFound);
  EXPECT_THAT(users.error().what, HasSubstr("/nonexistent/web.yml"));
}

}  // namespace
}  // namespace strayd
