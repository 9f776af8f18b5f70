#include "strayd/web/gate.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/web/password.h"

namespace strayd {
namespace {

// bcrypt of "secret", cost 4, 8 and 10.
constexpr auto kCheap =
    "$2b$04$zwH9hcUrjDkCNZTJiQChceh1L4665lNC9qQZV2iSOItKCLlP/49sG";
constexpr auto kFair =
    "$2b$08$FnEV86cWoC3mLtDgH8BZ5eCT9PcY/lTkvpiUYYan3zOqMqcgfWRkm";
constexpr auto kDear =
    "$2b$10$HiB9TQulOxuERQDK9Gpfde/DXJXHHsuv5blGfoMplxn2FnYs5QGeu";

constexpr auto kRight = "Basic cHJvbTpzZWNyZXQ=";     // prom:secret
constexpr auto kWrong = "Basic cHJvbTp3cm9uZw==";     // prom:wrong
constexpr auto kStranger = "Basic ZXZlOnNlY3JldA==";  // eve:secret

std::chrono::nanoseconds cpu_time() {
  timespec now{};
  EXPECT_EQ(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::nanoseconds(now.tv_nsec);
}

// Of this thread: how busy the machine is does not matter.
std::chrono::nanoseconds cpu_time_of(const auto& work) {
  const auto before = cpu_time();
  work();
  return cpu_time() - before;
}

TEST(BasicAuth, is_a_scheme_and_base64_of_user_and_password) {
  EXPECT_EQ(parse_basic_auth(kRight),
            (Credentials{.user = "prom", .password = "secret"}));
  EXPECT_EQ(parse_basic_auth("bAsIc  cHJvbTpzZWNyZXQ="),
            (Credentials{.user = "prom", .password = "secret"}));
  EXPECT_EQ(parse_basic_auth("Basic YTpiOmM="),  // a:b:c
            (Credentials{.user = "a", .password = "b:c"}));
}

TEST(BasicAuth, that_is_malformed_is_none) {
  const std::string long_line(9000, 'A');
  for (const std::string& header : {std::string(""),
                                    std::string("Basic"),
                                    std::string("Basic "),
                                    std::string("Basic !!!!"),
                                    std::string("Basic cHJvbTpzZWNyZXQ"),
                                    std::string("Basic cHJv=TpzZWNyZXQ="),
                                    std::string("Basic bm9jb2xvbg=="),
                                    std::string("Basic cDoAc2VjcmV0"),
                                    std::string("Bearer cHJvbTpzZWNyZXQ="),
                                    std::string("Basiccc cHJvbTpzZWNyZXQ="),
                                    "Basic " + long_line}) {
    EXPECT_FALSE(parse_basic_auth(header)) << header.substr(0, 40);
  }
}

TEST(Bcrypt, matches_the_right_password_in_each_of_its_spellings) {
  for (const char kind : {'a', 'b', 'y'}) {
    std::string hash = kCheap;
    hash[2] = kind;
    EXPECT_EQ(bcrypt_cost(hash), 4) << kind;
    EXPECT_TRUE(bcrypt_matches("secret", hash)) << kind;
    EXPECT_FALSE(bcrypt_matches("Secret", hash)) << kind;
  }
}

TEST(Bcrypt, does_not_stop_at_a_nul_in_the_password) {
  EXPECT_FALSE(bcrypt_matches(std::string("secret\0x", 8), kCheap));
  EXPECT_FALSE(bcrypt_matches(std::string("secret\0", 7), kCheap));
}

TEST(Bcrypt, of_nobody_is_a_valid_hash_that_nothing_matches) {
  EXPECT_EQ(bcrypt_cost(bcrypt_of_nobody(10)), 10);
  EXPECT_EQ(bcrypt_cost(bcrypt_of_nobody(0)), 4);
  EXPECT_FALSE(bcrypt_matches("", bcrypt_of_nobody(4)));
  EXPECT_FALSE(bcrypt_matches("secret", bcrypt_of_nobody(4)));
}

TEST(Gate, without_users_lets_everybody_in) {
  Gate gate(Users{});
  EXPECT_EQ(gate.admit(nullptr), Admission::Welcome);
  EXPECT_EQ(gate.admit("Bearer x"), Admission::Welcome);
}

TEST(Gate, lets_in_who_knows_the_password) {
  Gate gate(Users{{"prom", kCheap}});
  EXPECT_EQ(gate.admit(kRight), Admission::Welcome);
  EXPECT_EQ(gate.admit(kRight), Admission::Welcome);  // from memory
}

TEST(Gate, refuses_the_others) {
  Gate gate(Users{{"prom", kCheap}});
  EXPECT_EQ(gate.admit(nullptr), Admission::Refused);
  EXPECT_EQ(gate.admit("Basic"), Admission::Refused);
  EXPECT_EQ(gate.admit(kWrong), Admission::Refused);
  EXPECT_EQ(gate.admit(kStranger), Admission::Refused);
}

TEST(Gate, refuses_a_wrong_password_after_it_remembered_the_right_one) {
  Gate gate(Users{{"prom", kCheap}, {"eve", bcrypt_of_nobody(4)}});
  EXPECT_EQ(gate.admit(kRight), Admission::Welcome);
  EXPECT_EQ(gate.admit(kWrong), Admission::Refused);
  EXPECT_EQ(gate.admit(kStranger), Admission::Refused);
}

TEST(Gate, refuses_a_user_that_was_taken_out) {
  Gate gate(Users{{"prom", kCheap}});
  EXPECT_EQ(gate.admit(kRight), Admission::Welcome);
  gate.set_users({{"eve", kCheap}});
  EXPECT_EQ(gate.admit(kRight), Admission::Refused);
  EXPECT_EQ(gate.admit(kStranger), Admission::Welcome);
}

TEST(Gate, takes_as_long_for_an_unknown_user_as_for_a_known_one) {
  Gate gate(Users{{"prom", kDear}});
  const auto known = cpu_time_of([&] { gate.admit(kWrong); });
  const auto unknown = cpu_time_of([&] { gate.admit(kStranger); });
  EXPECT_GT(unknown, known / 2);
  EXPECT_LT(unknown, known * 2);
}

TEST(Gate, checks_a_right_password_at_full_cost_only_once) {
  Gate gate(Users{{"prom", kDear}});
  const auto first =
      cpu_time_of([&] { EXPECT_EQ(gate.admit(kRight), Admission::Welcome); });
  const auto second =
      cpu_time_of([&] { EXPECT_EQ(gate.admit(kRight), Admission::Welcome); });
  EXPECT_LT(second, first / 10);
}

TEST(Gate, lets_the_known_in_while_others_guess) {
  Gate gate(Users{{"prom", kFair}});
  ASSERT_EQ(gate.admit(kRight), Admission::Welcome);
  constexpr std::size_t kGuesserCount = 24;
  std::latch all_there(std::ptrdiff_t{kGuesserCount} + 1);
  std::atomic<int> busy = 0;
  std::atomic<int> welcome = 0;
  std::vector<std::jthread> guessers;
  guessers.reserve(kGuesserCount);
  for (std::size_t i = 0; i < kGuesserCount; ++i) {
    guessers.emplace_back([&] {
      all_there.arrive_and_wait();
      const Admission answer = gate.admit(kWrong);
      if (answer == Admission::Busy) ++busy;
      if (answer == Admission::Welcome) ++welcome;
    });
  }
  all_there.arrive_and_wait();
  EXPECT_EQ(gate.admit(kRight), Admission::Welcome);
  guessers.clear();
  EXPECT_EQ(welcome, 0);
  // One is checked and eight may wait; the rest is sent away at once.
  EXPECT_GT(busy, 0);
}

TEST(Gate, sends_everybody_away_who_waits_when_it_closes) {
  Gate gate(Users{{"prom", kDear}});
  gate.close();
  EXPECT_EQ(gate.admit(kRight), Admission::Busy);
}

}  // namespace
}  // namespace strayd
