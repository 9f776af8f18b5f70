// What an operator asks of a scanner over the control socket, beside the
// breaker: its verdict on a process, and what it lacks.
#include <sys/resource.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/agent/commands.h"

#include "agent/host.h"

namespace strayd::test {
namespace {

using testing::StartsWith;

constexpr ControlPeer kOperator{.uid = 0, .pid = 4711};

std::string ask_for(Scanner& scanner, const std::string& request) {
  return obey(scanner, request, kOperator);
}
std::string ask_about(Scanner& scanner, const ProcId& id) {
  return ask_for(scanner, verdict_request(id));
}

// No descriptor is left to open anything with.
void scan_and_fail(Scanner& scanner) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  scanner.scan();
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(TheVerdict, is_that_of_the_newest_report) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  EXPECT_THAT(ask_about(scanner, fake_id(60)), StartsWith("ok pending: "));
  const Report report = *scanner.scan();
  EXPECT_EQ(ask_about(scanner, fake_id(60)),
            "ok stray: " + report.verdicts.at(0).reason.text + " (no_owner)");
}

TEST(TheVerdict, is_none_where_no_rule_matches) {
  const Host host;
  host.procfs.add({.pid = 60, .parent = 1, .argv = {"node", "other.js"}});
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  EXPECT_EQ(ask_about(scanner, fake_id(60)), "ok no rule matches it");
}

TEST(TheVerdict, on_another_process_of_that_pid_is_not_given) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  const FakeProcess server = Host::server(60);
  EXPECT_EQ(ask_about(scanner, fake_id(60, server.start_ticks + 1)),
            "ok its last scan has not seen this process");
  EXPECT_EQ(ask_about(scanner, fake_id(61)),
            "ok its last scan has not seen this process");
}

TEST(TheVerdict, is_not_there_before_the_first_scan) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  EXPECT_EQ(ask_about(scanner, fake_id(60)), "error it has not scanned yet");
}

TEST(TheVerdict, is_not_there_after_a_scan_that_failed) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  scan_and_fail(scanner);
  EXPECT_THAT(ask_about(scanner, fake_id(60)),
              StartsWith("ok no verdict, its last scan failed: "));
}

TEST(TheVerdict, is_asked_for_in_one_way_alone) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  ASSERT_EQ(verdict_request(fake_id(60, 100)), "verdict 60 100");
  for (const std::string& request : {std::string("verdict"),
                                     std::string("verdict "),
                                     std::string("verdict 60"),
                                     std::string("verdict 60 "),
                                     std::string("verdict 60 100 "),
                                     std::string("verdict 60  100"),
                                     std::string("verdict  60 100"),
                                     std::string("verdict 60 100x"),
                                     std::string("verdict 60 100 1"),
                                     std::string("verdict 60 100\0", 15),
                                     std::string("verdict 60 -100"),
                                     std::string("verdict -60 100"),
                                     std::string("verdict 0 100"),
                                     std::string("verdict 99999999999 100"),
                                     std::string("Verdict 60 100")}) {
    EXPECT_THAT(ask_for(scanner, request), StartsWith("error ")) << request;
  }
}

TEST(TheVerdict, on_any_process_fits_into_a_request) {
  const ProcId longest{
      .pid = std::numeric_limits<pid_t>::max(),
      .start_ticks = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_LT(verdict_request(longest).size(), kLongestRequest);
}

// On the live procfs, with nothing but these features.
std::string lacks_with(const Host& host, std::vector<Feature> features) {
  Scanner::Parts parts = prepare(host.config, "/proc", Wish::Observe).value();
  parts.features = std::move(features);
  Scanner scanner(std::move(parts));
  return ask_for(scanner, "lacks");
}

TEST(WhatLacks, is_nothing_where_all_is_there) {
  const Host host;
  EXPECT_EQ(lacks_with(host, {}), "ok nothing");
  EXPECT_EQ(lacks_with(host, {{.name = "pidfd", .available = true}}),
            "ok nothing");
}

TEST(WhatLacks, begins_with_what_disarms) {
  const Host host;
  EXPECT_EQ(lacks_with(host,
                       {{.name = "a_help", .detail = "no\nCAP_KILL"},
                        {.name = "pidfd", .available = true, .required = true},
                        {.name = "sight", .required = true, .detail = "blind"},
                        {.name = "unknown"}}),
            R"(ok sight (blind); a_help (no\nCAP_KILL); unknown)");
}

TEST(WhatLacks, is_what_the_agent_itself_can_not_do) {
  const Host host;
  Scanner scanner(host.prepared(Wish::Observe));
  EXPECT_THAT(ask_for(scanner, "lacks"),
              testing::HasSubstr("live_procfs (--path.procfs is not"));
  EXPECT_THAT(ask_for(scanner, "lacks "), StartsWith("error "));
}

}  // namespace
}  // namespace strayd::test
