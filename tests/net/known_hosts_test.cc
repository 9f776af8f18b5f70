// What is made of answers that no look-up gives, unless somebody else has got
// hold of the helper.
#include "../../src/net/known_hosts.h"

#include <netdb.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diag_text.h"

namespace strayd::test {
namespace {

using testing::SizeIs;

class KnownHost : public testing::Test {
 protected:
  Remote describe() const { return hosts_.describe(remotes_.at(0)); }

  std::vector<RemoteHosts> remotes_{
      {.name = "exchange", .hosts = {"one"}, .ports = {}}};
  KnownHosts hosts_{remotes_};
};

LookupAnswer answer_of(std::uint32_t count) {
  LookupAnswer answer{.count = count};
  std::uint8_t number = 0;
  for (IpAddress& ip : answer.addresses) ip = v4(10, 0, 0, number++);
  return answer;
}

TEST_F(KnownHost, takes_no_more_addresses_than_there_is_room_for) {
  hosts_.take_in("one", answer_of(4'294'967'295));
  EXPECT_THAT(describe().addresses, SizeIs(LookupAnswer::kMost));
}

TEST_F(KnownHost, without_an_address_is_not_found) {
  hosts_.take_in("one", answer_of(0));
  EXPECT_FALSE(describe().complete);
  ASSERT_THAT(hosts_.unresolved(), SizeIs(1));
  EXPECT_EQ(hosts_.unresolved()[0].why, "it has no address");
}

TEST_F(KnownHost, bears_errors_that_are_none) {
  for (const std::int32_t error : {1, -99, 2147483647, -2147483647 - 1}) {
    hosts_.take_in("one", LookupAnswer{.error = error, .count = 1});
    EXPECT_FALSE(describe().complete);
    EXPECT_FALSE(hosts_.unresolved().at(0).why.empty()) << error;
  }
}

TEST_F(KnownHost, says_the_error_of_the_system) {
  hosts_.take_in("one",
                 LookupAnswer{.error = EAI_SYSTEM, .system_error = EMFILE});
  EXPECT_EQ(hosts_.unresolved().at(0).why, "Too many open files");
}

}  // namespace
}  // namespace strayd::test
