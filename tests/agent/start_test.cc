#include "strayd/agent/start.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/state.h"
#include "strayd/sys/os.h"

#include "agent/host.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// As if an earlier strayd had opened its breaker.
void leave_open_breaker(const Host& host) {
  const State state{.breaker = {.open = true,
                                .why = "9 trees in one scan",
                                .since_unix_ms = 1}};
  ASSERT_TRUE(make_directories(host.config.state_dir));
  ASSERT_TRUE(save_state(host.config.state_dir, state));
}

const Feature* feature(const Scanner::Parts& parts, const std::string& name) {
  const auto found = std::ranges::find(parts.features, name, &Feature::name);
  return found == parts.features.end() ? nullptr : &*found;
}

TEST(Start, keeps_the_breaker_open_over_a_restart_whatever_is_configured) {
  Host host;
  leave_open_breaker(host);
  host.config.policy.limits.kills_per_scan = 100;
  const Scanner::Parts parts = host.prepared(Wish::Reap);
  EXPECT_TRUE(parts.state.breaker.open);
  EXPECT_EQ(parts.state.breaker.why, "9 trees in one scan");
}

TEST(Start, with_a_damaged_state_opens_the_breaker) {
  const Host host;
  ASSERT_TRUE(make_directories(host.config.state_dir));
  append_to(host.config.state_dir + "/state.json", "{");
  const Scanner::Parts parts = host.prepared(Wish::Reap);
  EXPECT_TRUE(parts.state.breaker.open);
  EXPECT_THAT(parts.state.breaker.why, HasSubstr("state.json.damaged-"));
  EXPECT_EQ(parts.state.origins_boot_id, boot_of(host.procfs.root()))
      << "that no origins are there may be a loss";
}

TEST(Start, that_only_looks_writes_nothing) {
  const Host host;
  const Scanner::Parts parts = host.prepared(Wish::Look);
  EXPECT_FALSE(parts.audit);
  EXPECT_TRUE(std::filesystem::is_empty(host.dir.path()));
}

TEST(Start, without_a_usable_state_directory_is_disarmed) {
  Host host;
  append_to(host.dir / "file", "");
  host.config.state_dir = host.dir / "file/state";
  const Scanner::Parts parts = host.prepared(Wish::Reap);
  const Feature* lacking = feature(parts, "state_dir");
  ASSERT_NE(lacking, nullptr);
  EXPECT_TRUE(lacking->required);
  EXPECT_FALSE(lacking->available);
  EXPECT_THAT(lacking->detail, HasSubstr(host.dir / "file"));
}

TEST(Start, without_a_usable_ledger_has_none) {
  Host host;
  append_to(host.dir / "file", "");
  host.config.audit.file = host.dir / "file/audit.jsonl";
  EXPECT_FALSE(host.prepared(Wish::Reap).audit);
}

TEST(Start, settles_what_an_earlier_strayd_had_promised) {
  const Host host;
  ASSERT_TRUE(holds_in_child([&] {
    Audit audit = open_or_die({.file = host.config.audit.file});
    EXPECT_TRUE(intend(audit, Condemned(100).intent()));
  }));
  // Only a live procfs tells what became of it.
  host.prepared(Wish::Observe);
  EXPECT_THAT(host.audit("recovered"), IsEmpty());
  ASSERT_TRUE(prepare(host.config, "/proc", Wish::Observe));
  EXPECT_THAT(host.audit("recovered"), SizeIs(1));
}

TEST(Start, fails_where_there_is_no_procfs) {
  const Host host;
  for (const std::string& path : {host.dir / "nowhere", host.dir.path()}) {
    const Result<Scanner::Parts> parts = prepare(host.config, path, Wish::Reap);
    ASSERT_FALSE(parts) << path;
    EXPECT_THAT(parts.error().what, HasSubstr(path));
  }
}

}  // namespace
}  // namespace strayd::test
