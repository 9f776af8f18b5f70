// The straight pass on a procfs that a test writes: nothing in it is real, so
// nothing may be signalled.
#include "strayd/agent/scanner.h"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/forest.h"
#include "strayd/report/state.h"
#include "strayd/sys/os.h"

#include "agent/host.h"
#include "support/child.h"
#include "support/pid_namespace.h"

namespace strayd::test {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

std::string god_title(const std::string& home) {
  return "PM2 v7.0.4: God Daemon (" + home + ")";
}

// "stray"; "none": there is no verdict.
std::string verdict_on(const Report& report, pid_t pid) {
  for (const Verdict& verdict : report.verdicts) {
    if (verdict.id.pid == pid) {
      return std::string(to_string(verdict.standing));
    }
  }
  return "none";
}

// No descriptor is left to open anything with.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

Report failing_scan(Scanner& scanner) {
  const NoDescriptors none;
  return *scanner.scan();
}

TEST(Scanner, makes_one_report_of_a_scan) {
  const Host host;
  const std::string home = host.dir / "pm2";
  host.procfs.add({.pid = 50, .parent = 1, .argv = {god_title(home)}});
  host.procfs.add(Host::server(51, 50));
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));

  const Report report = *scanner.scan();

  EXPECT_FALSE(report.failure);
  EXPECT_EQ(report.scan, 1U);
  EXPECT_EQ(report.processes, 4U);
  ASSERT_THAT(report.pm2, SizeIs(1));
  EXPECT_EQ(report.pm2.front().home, home);
  EXPECT_FALSE(report.pm2.front().reply);
  EXPECT_EQ(verdict_on(report, 51), "managed");
  EXPECT_EQ(verdict_on(report, 60), "held") << "its PM2 may be this one";
  EXPECT_EQ(report.totals.scans, 1U);
  EXPECT_EQ(report.totals.last_good_unix_ms, report.finished_unix_ms);
  EXPECT_EQ(scanner.latest()->verdicts, report.verdicts);
}

TEST(Scanner, calls_nobody_a_stray_before_it_was_confirmed) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  const Report first = *scanner.scan();
  EXPECT_EQ(verdict_on(first, 60), "pending");
  EXPECT_EQ(first.newly_detected, std::vector{first.verdicts.front().id});
  const Report second = *scanner.scan();
  EXPECT_EQ(verdict_on(second, 60), "stray");
  EXPECT_THAT(second.newly_detected, IsEmpty()) << "counted once";
  ASSERT_THAT(second.withheld, SizeIs(1));
  EXPECT_EQ(second.withheld.front().why, Withheld::Observing);
}

TEST(Scanner, awaits_the_confirmation_of_a_suspect) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  EXPECT_FALSE(scanner.due()) << "nothing was looked at";
  scanner.scan();
  EXPECT_TRUE(scanner.due());
  scanner.scan();
  EXPECT_FALSE(scanner.due()) << "it is confirmed";
}

TEST(Scanner, reports_a_scan_that_failed_and_judges_nobody) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  const Report good = *scanner.scan();

  const Report failed = failing_scan(scanner);

  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.failure->fault, Fault::Exhausted);
  EXPECT_THAT(failed.verdicts, IsEmpty());
  EXPECT_THAT(failed.withheld, IsEmpty());
  EXPECT_THAT(failed.pm2, IsEmpty());
  EXPECT_EQ(failed.scan, 2U);
  EXPECT_EQ(failed.totals.scans, 2U);
  EXPECT_EQ(failed.totals.scan_errors.at("exhausted"), 1U);
  EXPECT_EQ(failed.totals.last_good_unix_ms, good.finished_unix_ms);
}

TEST(Scanner, begins_to_suspect_anew_after_a_failure) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  failing_scan(scanner);
  const Report report = *scanner.scan();
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(verdict_on(report, 60), "pending");
}

TEST(Scanner, begins_to_suspect_anew_after_the_host_was_suspended) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner::Parts parts = host.prepared(Wish::Observe);
  std::chrono::nanoseconds suspended{};
  parts.suspended = [&] {
    return suspended;
  };
  Scanner scanner(std::move(parts));
  scanner.scan();
  suspended += std::chrono::hours{1};
  EXPECT_EQ(verdict_on(*scanner.scan(), 60), "pending");
  EXPECT_EQ(verdict_on(*scanner.scan(), 60), "stray") << "it slept once";
}

TEST(Scanner, begins_to_suspect_anew_under_another_configuration) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Observe));
  scanner.scan();
  scanner.reconfigure(host.config);
  EXPECT_EQ(verdict_on(*scanner.scan(), 60), "pending");
}

TEST(Scanner, keeps_the_good_configuration_and_says_that_a_reload_failed) {
  const Host host;
  Scanner scanner(host.prepared(Wish::Observe));
  EXPECT_TRUE(scanner.scan()->reload.successful);
  scanner.note_failed_reload();
  EXPECT_FALSE(scanner.latest()->reload.successful);
  EXPECT_EQ(scanner.config(), host.config);
}

// The fixture lists a real process of this machine as a stray, as true as can
// be: only that it is no live procfs speaks for it.
TEST(Scanner, signals_nobody_whom_a_foreign_procfs_shows) {
  in_pid_namespace([] {
    const Host host;
    const Child second(Child::stay);  // pid 2 would be taken for kthreadd
    const Child child(Child::stay);
    Procfs live = Procfs::open({}).value();
    const Snapshot now = live.snapshot(nullptr).value();
    FakeProcess stray = Host::server(child.pid());
    stray.start_ticks = Forest(now).find(child.pid())->id.start_ticks;
    host.procfs.add(stray);
    Scanner scanner(host.prepared(Wish::Reap));

    scanner.scan();
    const Report report = *scanner.scan();

    EXPECT_EQ(verdict_on(report, child.pid()), "stray");
    ASSERT_THAT(report.withheld, SizeIs(1));
    EXPECT_EQ(report.withheld.front().why, Withheld::Disarmed);
    EXPECT_THAT(report.blind, Contains(Key("live_procfs")));
    EXPECT_FALSE(report.acting);
    EXPECT_EQ(scanner.awaited(), 0U);
    EXPECT_THAT(host.audit("intent"), IsEmpty());
    EXPECT_EQ(live.read(Forest(now).find(child.pid())->id)->state, 'S');
  });
}

TEST(Scanner, heeds_a_breaker_that_another_strayd_opened_meanwhile) {
  const Host host;
  Scanner agent(host.prepared(Wish::Reap));
  EXPECT_FALSE(agent.scan()->breaker.open);
  State beside = peek_state(host.config.state_dir).value();
  beside.breaker = opened(beside.breaker, "harm", unix_ms());
  ASSERT_TRUE(share_state(host.config.state_dir, beside, {}));
  const Report report = *agent.scan();
  EXPECT_TRUE(report.breaker.open);
  EXPECT_EQ(report.breaker.why, "harm");
  ASSERT_TRUE(agent.close_breaker("the test"));
  EXPECT_FALSE(peek_state(host.config.state_dir)->breaker.open);
}

TEST(Scanner, that_only_looks_writes_nothing) {
  const Host host;
  host.procfs.add(Host::server(60));
  Scanner scanner(host.prepared(Wish::Look));
  scanner.scan();
  EXPECT_EQ(verdict_on(*scanner.scan(), 60), "stray");
  EXPECT_TRUE(std::filesystem::is_empty(host.dir.path()));
}

TEST(Scanner, remembers_the_homes_that_it_saw) {
  const Host host;
  const std::string home = host.dir / "pm2";
  host.procfs.add({.pid = 50, .parent = 1, .argv = {god_title(home)}});
  {
    Scanner scanner(host.prepared(Wish::Observe));
    scanner.scan();
  }
  host.procfs.remove(50);
  host.procfs.add(Host::server(60));
  Scanner next(host.prepared(Wish::Observe));
  EXPECT_EQ(verdict_on(*next.scan(), 60), "held") << "a PM2 died there";
}

TEST(Scanner, says_where_it_cannot_write_its_state) {
  const Host host;
  Scanner scanner(host.prepared(Wish::Observe));
  EXPECT_TRUE(scanner.scan()->features.at("state_file"));
  std::filesystem::remove_all(host.config.state_dir);
  append_to(host.config.state_dir, "a file is in the way");
  host.procfs.add(
      {.pid = 50, .parent = 1, .argv = {god_title(host.dir / "pm2")}});
  scanner.scan();
  const Report report = *scanner.scan();
  EXPECT_FALSE(report.features.at("state_file"));
  EXPECT_THAT(report.blind, Contains(Key("state_file")));
}

}  // namespace
}  // namespace strayd::test
