// What apps write to their error outputs, as it comes over the bus.
#include "port_errors.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::string_view kTaken =
    "Error: listen EADDRINUSE: address already in use :::3000\n    at x\n";

std::string json_string(std::string_view text) {
  std::string all = "\"";
  for (const char byte : text) {
    if (byte == '\n') {
      all += "\\n";
    } else {
      all += byte;
    }
  }
  return all + '"';
}

// As PM2 7.0.4 says it in fork mode.
std::string said(std::string_view text,
                 std::int64_t pm_id = 0,
                 const std::string& name = "api",
                 const std::string& name_space = "default") {
  return R"({"process":{"pm_id":)" + std::to_string(pm_id) + R"(,"name":)" +
         json_string(name) + R"(,"rev":null,"namespace":)" +
         json_string(name_space) + R"(},"at":1795386591929,"data":)" +
         json_string(text) + "}";
}

class PortErrorsTest : public testing::Test {
 protected:
  void hears(const std::string& json) {
    errors_.hear({.topic = Pm2Topic::Error, .json = json}, asked_);
  }
  const std::set<std::uint16_t>& of(const std::string& app) {
    return asked_[{.home = "/h", .app = app}];
  }

  PortErrors errors_{"/h"};
  AskedPorts asked_{};
};

TEST_F(PortErrorsTest, name_the_app_and_its_port) {
  hears(said(kTaken));
  EXPECT_THAT(
      asked_,
      ElementsAre(Pair(AppKey{.home = "/h", .app = "api"}, ElementsAre(3000))));
}

TEST_F(PortErrorsTest, name_the_app_as_the_list_does) {
  hears(said(kTaken, 0, "api", "prod"));
  EXPECT_THAT(of("prod/api"), ElementsAre(3000));
}

TEST_F(PortErrorsTest, of_a_cluster_are_heard) {
  hears(R"({"at":1,"data":"Error: bind EADDRINUSE null:3000\n","process":)"
        R"({"pm_id":0,"name":"api","rev":null,"namespace":"default"}})");
  EXPECT_THAT(of("api"), ElementsAre(3000));
}

TEST_F(PortErrorsTest, of_an_old_worker_or_in_no_text_are_nobody_s) {
  hears(R"({"process":{"pm_id":"_old_0","name":"api"},)"
        R"("data":"EADDRINUSE :::3000 "})");
  hears(R"({"process":{"pm_id":0,"name":"api"},)"
        R"("data":{"x":"EADDRINUSE :::3000 "}})");
  hears(R"({"process":{"pm_id":0},"data":"EADDRINUSE :::3000 "})");
  hears(R"({"data":"EADDRINUSE :::3000 )");
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(PortErrorsTest, in_pieces_are_put_together_by_instance) {
  const std::string line(kTaken);
  for (std::size_t cut = line.find("EADDR") + 1; cut < line.find('\n'); ++cut) {
    asked_.clear();
    hears(said(line.substr(0, cut)));
    hears(said("EADDRINUSE: address already in use :::77\n", 1, "other"));
    hears(said(line.substr(cut)));
    EXPECT_THAT(of("api"), ElementsAre(3000)) << cut;
    EXPECT_THAT(of("other"), ElementsAre(77)) << cut;
  }
}

TEST_F(PortErrorsTest, a_piece_that_was_not_read_parts_what_is_around_it) {
  hears(said("listen EADDRINUSE: address already in use :::30"));
  hears("");  // too long to be held
  hears(said("80\n"));
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(PortErrorsTest, of_one_app_name_no_more_than_a_few_ports) {
  for (int port = 3000; port < 3100; ++port) {
    hears(said("EADDRINUSE :::" + std::to_string(port) + "\n"));
  }
  EXPECT_THAT(of("api"), SizeIs(kMostAskedPorts));
}

TEST_F(PortErrorsTest, name_no_more_than_so_many_apps) {
  for (int app = 0; app < 1000; ++app) {
    hears(said(kTaken, app, "app" + std::to_string(app)));
  }
  EXPECT_THAT(asked_, SizeIs(64));
}

// More is not parsed in one scan, but for what is no word on a port it costs
// nothing.
TEST_F(PortErrorsTest, in_a_flood_are_heard_as_far_as_it_is_cheap) {
  const std::string flood = said("EADDRINUSE");
  for (int i = 0; i < 20'000; ++i) hears(flood);
  hears(said(kTaken));
  EXPECT_THAT(asked_, IsEmpty());
  errors_.refill();
  hears(said(kTaken));
  EXPECT_THAT(of("api"), ElementsAre(3000));

  errors_.refill();
  asked_.clear();
  hears(said("listen EADDR"));
  const std::string noise = said(std::string(100'000, 'x'), 1, "noisy");
  for (int i = 0; i < 100; ++i) hears(noise);
  hears(said("INUSE :::3000\n"));
  EXPECT_THAT(of("api"), ElementsAre(3000));
}

}  // namespace
}  // namespace strayd
