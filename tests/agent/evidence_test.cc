// On real processes: what was known before never leads to a signal.
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/agent/scanner.h"
#include "strayd/agent/start.h"

#include "report/audit_support.h"
#include "support/pid_namespace.h"
#include "support/puppets.h"

namespace strayd::test {
namespace {

constexpr int kConfirmations = 10;

Config config_in(const RamDir& dir) {
  Config config = parse_config(R"({"mode": "enforce",
      "rules": [{"name": "server", "exe": "sleep",
                 "pattern": "server\\.ts"}],
      "carriers": [{"name": "test", "exe": "agent_test"}]})",
                               "test")
                      .value();
  config.policy.min_age = {};
  config.policy.confirmations = kConfirmations;
  config.policy.interval = {};  // scans follow one upon another
  config.state_dir = dir / "state";
  config.audit.file = dir / "audit.jsonl";
  return config;
}

std::string verdict_on(const Report& report, pid_t pid) {
  for (const Verdict& verdict : report.verdicts) {
    if (verdict.id.pid == pid) return std::string(to_string(verdict.standing));
  }
  return "none";
}

// A stray, and a process that has nothing to do with it and that a renewal
// does not look at.
struct Scene {
  Scene() { puppets.execute(stray, "server.ts"); }

  Report scan() { return *scanner.scan(); }
  // Why strayd would not act here at all; nullopt: it would.
  std::optional<std::string> disarmed() {
    const Report first = scan();
    if (!first.acting) {
      return "strayd is blind here: " + (first.blind.empty()
                                             ? std::string("its mode")
                                             : first.blind.begin()->first);
    }
    for (const Verdict& verdict : first.verdicts) {
      if (verdict.id.pid != puppets.pid(stray)) continue;
      if (verdict.standing == Standing::Pending) return std::nullopt;
      return "its stray is held here: " + verdict.reason.text;
    }
    return "its stray is not seen here";
  }

  RamDir dir{};
  Puppets puppets{};
  std::size_t stranger = puppets.fork_from_init();
  std::size_t stray = puppets.fork_from_init();
  Scanner scanner{prepare(config_in(dir), "/proc", Wish::Reap).value()};
};

TEST(Evidence, lets_a_ripe_stray_be_ended) {
  in_pid_namespace([] {
    Scene scene;
    if (const auto why = scene.disarmed()) GTEST_SKIP() << *why;
    for (int i = 2; i < kConfirmations; ++i) scene.scan();
    EXPECT_EQ(scene.scanner.awaited(), 0U);
    scene.scan();
    EXPECT_EQ(scene.scanner.awaited(), 1U);
  });
}

TEST(Evidence, is_read_anew_before_a_signal) {
  in_pid_namespace([] {
    Scene scene;
    if (const auto why = scene.disarmed()) GTEST_SKIP() << *why;
    for (int i = 2; i < kConfirmations - 1; ++i) scene.scan();
    // A PM2 of the same user, which does not answer.
    scene.puppets.take_the_title(scene.stranger, "PM2 v7: God Daemon (/tmp/x)");
    const pid_t pid = scene.puppets.pid(scene.stray);
    EXPECT_EQ(verdict_on(scene.scan(), pid), "pending") << "not seen yet";
    EXPECT_EQ(verdict_on(scene.scan(), pid), "held") << "seen in time";
    EXPECT_EQ(scene.scanner.awaited(), 0U);
  });
}

}  // namespace
}  // namespace strayd::test
