// A renewed snapshot against one in which everything was read, on processes
// that fork, exit and execute programs.
#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/core/judge.h"
#include "strayd/proc/procfs.h"

#include "support/pid_namespace.h"
#include "support/proc_tree.h"
#include "support/puppets.h"

namespace strayd {
namespace {

using test::in_pid_namespace;
using test::Puppets;

constexpr unsigned kNumbersEvery = 12;
constexpr unsigned kEverythingEvery = 40;

const Policy& policy() {
  static const Policy kPolicy{
      .rules = {
          {.name = "server",
           .match = {.pattern = Pattern::compile("hot-server").value()}}}};
  return kPolicy;
}

std::vector<ProcId> wanted(const Snapshot& snapshot) {
  return details_needed(snapshot, policy());
}

std::vector<Verdict> verdicts(const Snapshot& snapshot) {
  const Memory memory;
  return judge({.snapshot = snapshot, .pm2 = {}, .memory = memory}, policy());
}

// A host that is looked at in both ways.
struct Host {
  explicit Host(TableSource from = TableSource::Procfs) : source(from) {
    // Starts the helper, so that both see it.
    EXPECT_TRUE(procfs.snapshot(wanted));
    renew();
  }

  void renew(Renewal how = {}) {
    how.numbers_every = kNumbersEvery;
    how.everything_every = kEverythingEvery;
    const Result<void> done = procfs.renew(known, wanted, how);
    ASSERT_TRUE(done) << done.error().what;
  }
  void renew_times(unsigned times) {
    for (unsigned i = 0; i < times; ++i) renew();
  }
  Snapshot whole() { return procfs.snapshot(wanted).value(); }
  const Process& process(pid_t pid) const {
    static const Process kNone;
    const auto found = std::ranges::find(
        known.processes, pid, [](const Process& p) { return p.id.pid; });
    EXPECT_NE(found, known.processes.end()) << pid;
    return found == known.processes.end() ? kNone : *found;
  }

  TableSource source;
  Procfs procfs = Procfs::open({.source = source}).value();
  Snapshot known{};
};

std::vector<ProcId> ids(const Snapshot& snapshot) {
  std::vector<ProcId> all;
  for (const Process& process : snapshot.processes) all.push_back(process.id);
  return all;
}

// All of it but what changes by itself.
void expect_same(const Process& a, const Process& b) {
  SCOPED_TRACE("pid " + std::to_string(b.id.pid) + " " + b.comm);
  EXPECT_EQ(a.parent, b.parent);
  EXPECT_EQ(a.group, b.group);
  EXPECT_EQ(a.session, b.session);
  EXPECT_EQ(a.comm, b.comm);
  EXPECT_EQ(a.argv, b.argv);
  EXPECT_EQ(is_dead(a), is_dead(b));
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(a.tracer, b.tracer);
  EXPECT_EQ(a.pid_namespace_depth, b.pid_namespace_depth);
  EXPECT_EQ(a.exe, b.exe);
  EXPECT_EQ(a.exe_file, b.exe_file);
  EXPECT_EQ(a.argv_at, b.argv_at);
  EXPECT_EQ(a.ignores_hangup, b.ignores_hangup);
  EXPECT_EQ(a.cwd, b.cwd);
  EXPECT_EQ(a.cgroup, b.cgroup);
  EXPECT_EQ(a.environment, b.environment);
}

void expect_same(const Snapshot& renewed, const Snapshot& whole) {
  ASSERT_EQ(ids(renewed), ids(whole));
  for (std::size_t i = 0; i < whole.processes.size(); ++i) {
    expect_same(renewed.processes[i], whole.processes[i]);
  }
}

void expect_same_verdicts(const Snapshot& renewed, const Snapshot& whole) {
  const std::vector<Verdict> a = verdicts(renewed);
  const std::vector<Verdict> b = verdicts(whole);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].id, b[i].id);
    EXPECT_EQ(a[i].standing, b[i].standing);
    EXPECT_EQ(a[i].reason.text, b[i].reason.text);
    EXPECT_EQ(a[i].chain, b[i].chain);
    EXPECT_EQ(a[i].tree, b[i].tree);
  }
}

class RenewFrom : public testing::TestWithParam<TableSource> {
 protected:
  void SetUp() override {
    if (GetParam() != TableSource::Bpf) return;
    Procfs procfs = Procfs::open({.source = TableSource::Bpf}).value();
    Snapshot known;
    ASSERT_TRUE(procfs.renew(known, nullptr, {}));
    if (procfs.without_bpf()) GTEST_SKIP() << *procfs.without_bpf();
  }
};

INSTANTIATE_TEST_SUITE_P(Sources,
                         RenewFrom,
                         testing::Values(TableSource::Procfs, TableSource::Bpf),
                         [](const auto& source) {
                           return source.param == TableSource::Bpf ? "bpf"
                                                                   : "procfs";
                         });

// Those that still do as they are told.
class Troupe {
 public:
  explicit Troupe(unsigned seed) : random_(seed) {
    for (int i = 0; i < 4; ++i) listening_.push_back(puppets_.fork_from_init());
  }

  // Who is there and whose child changes with each; what runs, with some.
  void act() {
    const auto choice = random_() % 10;
    if (choice < 5 && puppets_.count() < Puppets::kMost) {
      listening_.push_back(puppets_.fork_from(any()));
    } else if (choice < 7 && listening_.size() > 3) {
      puppets_.exit(leave());
    } else if (listening_.size() > 3) {
      puppets_.execute(leave(), choice == 9 ? "hot-server" : "worker");
    }
    // Sometimes the dead stay zombies for a while.
    if (random_() % 3 == 0) Puppets::reap();
  }

 private:
  std::size_t any() { return listening_[random_() % listening_.size()]; }
  std::size_t leave() {
    const auto chosen = listening_.begin() + static_cast<std::ptrdiff_t>(
                                                 random_() % listening_.size());
    const std::size_t puppet = *chosen;
    listening_.erase(chosen);
    return puppet;
  }

  std::minstd_rand random_;
  Puppets puppets_{};
  std::vector<std::size_t> listening_{};
};

TEST_P(RenewFrom,
       gives_what_a_whole_snapshot_gives_while_processes_come_and_go) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    in_pid_namespace([&] {
      Troupe troupe(seed);
      Host host(GetParam());
      for (int step = 0; step < 40; ++step) {
        troupe.act();
        host.renew();
        EXPECT_EQ(ids(host.known), ids(host.whole()));
        if (step % 4 != 3) continue;
        // By then each program that was executed has been seen.
        host.renew_times(kNumbersEvery);
        expect_same_verdicts(host.known, host.whole());
        expect_same(host.known, host.whole());
        if (testing::Test::HasFailure()) return;
      }
    });
  }
}

TEST_P(RenewFrom, reads_everything_of_an_empty_snapshot) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t server = puppets.fork_from(puppets.fork_from_init());
    puppets.execute(server, "hot-server");
    Host host(GetParam());
    host.known = {};
    host.renew();
    expect_same(host.known, host.whole());
  });
}

TEST_P(RenewFrom, sees_at_once_that_a_cold_process_was_reparented) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t parent = puppets.fork_from_init();
    const std::size_t child = puppets.fork_from(parent);
    Host host(GetParam());
    host.renew_times(5);
    ASSERT_EQ(host.process(puppets.pid(child)).parent, puppets.pid(parent));
    Puppets::end(puppets.pid(parent));
    host.renew();
    EXPECT_EQ(host.process(puppets.pid(child)).parent, 1);
  });
}

TEST_P(RenewFrom,
       sees_at_once_the_new_parent_of_a_candidate_and_of_its_ancestors) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t top = puppets.fork_from_init();
    const std::size_t middle = puppets.fork_from(top);
    const std::size_t server = puppets.fork_from(middle);
    puppets.execute(server, "hot-server");
    Host host(GetParam());
    host.renew_times(5);
    // Its zombie stays, so that nothing in the listing has changed.
    puppets.exit(top);
    host.renew();
    EXPECT_EQ(host.process(puppets.pid(middle)).parent, 1);
    expect_same_verdicts(host.known, host.whole());
  });
}

TEST_P(RenewFrom, sees_at_once_that_a_pid_is_another_process) {
  in_pid_namespace([&] {
    Puppets puppets;
    const pid_t first = puppets.pid(puppets.fork_from_init());
    Host host(GetParam());
    host.renew_times(5);
    const ProcId before = host.process(first).id;
    // Another start time, so that the pid is all that is the same.
    ASSERT_TRUE(test::eventually([&] {
      return host.whole().taken - host.process(first).started >
             std::chrono::milliseconds{20};
    }));
    Puppets::end(first);
    std::ofstream("/proc/sys/kernel/ns_last_pid") << first - 1;
    ASSERT_EQ(puppets.pid(puppets.fork_from_init()), first);
    host.renew();
    EXPECT_NE(host.process(first).id, before);
    expect_same(host.known, host.whole());
  });
}

TEST_P(RenewFrom, sees_at_once_what_a_process_with_details_executes) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t carrier = puppets.fork_from_init();
    const std::size_t server = puppets.fork_from(carrier);
    puppets.execute(server, "hot-server");
    Host host(GetParam());
    host.renew_times(5);
    puppets.execute(carrier, "carrier");
    host.renew();
    expect_same(host.known, host.whole());
  });
}

TEST(Renew, sees_a_program_that_a_cold_process_executes_within_the_bound) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t cold = puppets.fork_from_init();
    Host host;
    host.renew_times(5);
    puppets.execute(cold, "hot-server");
    host.renew_times(kNumbersEvery);
    expect_same(host.known, host.whole());
  });
}

TEST(Renew, sees_a_program_of_the_same_name_within_the_bound) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t cold = puppets.fork_from_init();
    puppets.take_the_name_sleep(cold);
    Host host;
    host.renew_times(5);
    puppets.execute(cold, "hot-server");
    host.renew_times(kNumbersEvery);
    expect_same(host.known, host.whole());
  });
}

TEST_P(RenewFrom, reads_everything_of_what_is_wanted_for_the_first_time) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t carrier = puppets.fork_from_init();
    Host host(GetParam());
    host.renew_times(5);
    puppets.become_nobody(carrier);
    puppets.execute(puppets.fork_from(carrier), "hot-server");
    host.renew();
    expect_same(host.known, host.whole());
  });
}

TEST_P(RenewFrom, forgets_the_details_that_are_wanted_no_more) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t carrier = puppets.fork_from_init();
    const std::size_t server = puppets.fork_from(carrier);
    puppets.execute(server, "hot-server");
    Host host(GetParam());
    ASSERT_TRUE(host.process(puppets.pid(carrier)).exe);
    puppets.kill(server);
    host.renew();
    expect_same(host.known, host.whole());
  });
}

TEST(Renew, reads_everything_again_within_the_bound) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t cold = puppets.fork_from_init();
    Host host;
    host.renew_times(5);
    puppets.become_nobody(cold);
    host.renew();
    // Not yet: nothing that a renewal looks at has changed.
    EXPECT_EQ(host.process(puppets.pid(cold)).uid, uid_t{0});
    host.renew_times(kEverythingEvery);
    EXPECT_EQ(host.process(puppets.pid(cold)).uid, uid_t{65534});
  });
}

TEST(Renew, reads_everything_of_a_suspect_at_once) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t cold = puppets.fork_from_init();
    Host host;
    host.renew_times(5);
    puppets.become_nobody(cold);
    const std::vector<ProcId> suspects{host.process(puppets.pid(cold)).id};
    host.renew({.whole = suspects});
    EXPECT_EQ(host.process(puppets.pid(cold)).uid, uid_t{65534});
  });
}

TEST_P(RenewFrom, goes_on_from_a_whole_snapshot) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t parent = puppets.fork_from_init();
    Host host(GetParam());
    host.renew_times(5);
    const std::size_t child = puppets.fork_from(parent);
    host.known = host.whole();
    puppets.execute(child, "hot-server");
    host.renew();
    expect_same(host.known, host.whole());
  });
}

class RenewFromBpf : public RenewFrom {};
INSTANTIATE_TEST_SUITE_P(Bpf, RenewFromBpf, testing::Values(TableSource::Bpf));

TEST_P(RenewFromBpf, sees_at_once_what_a_cold_process_executes) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t cold = puppets.fork_from_init();
    puppets.take_the_name_sleep(cold);
    Host host(GetParam());
    host.renew_times(5);
    puppets.execute(cold, "hot-server");
    host.renew();
    expect_same(host.known, host.whole());
  });
}

TEST_P(RenewFromBpf, sees_at_once_the_new_parent_of_a_zombies_child) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t parent = puppets.fork_from_init();
    puppets.fork_from(parent);
    Host host(GetParam());
    host.renew_times(5);
    puppets.exit(parent);
    host.renew();
    expect_same(host.known, host.whole());
  });
}

TEST_P(RenewFromBpf, sees_at_once_that_a_cold_process_is_another_users) {
  in_pid_namespace([&] {
    Puppets puppets;
    const std::size_t cold = puppets.fork_from_init();
    Host host(GetParam());
    host.renew_times(5);
    puppets.become_nobody(cold);
    host.renew();
    EXPECT_EQ(host.process(puppets.pid(cold)).uid, uid_t{65534});
  });
}

TEST(Renew, reads_a_fixture_whole) {
  const test::ProcTree tree{{.pid = 1}, {.pid = 30, .parent = 1}};
  Procfs procfs = Procfs::open({.root = tree.root()}).value();
  Snapshot known;
  ASSERT_TRUE(procfs.renew(known, nullptr, {}));
  tree.add({.pid = 30, .parent = 1, .uid = 7});
  ASSERT_TRUE(procfs.renew(known, nullptr, {}));
  ASSERT_EQ(known.processes.size(), 2U);
  EXPECT_EQ(known.processes[1].uid, uid_t{7});
}

}  // namespace
}  // namespace strayd
