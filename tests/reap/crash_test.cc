// strayd is ended by SIGKILL in the middle of a reap, at every step and at
// random moments. Its ledger and a recovery must account for everything, and
// nobody may stay frozen.
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/reap/recover.h"
#include "strayd/sys/os.h"

#include "puppet.h"
#include "support/pid_namespace.h"
#include "support/temp_dir.h"
#include "world.h"

namespace strayd::test {
namespace {

constexpr const char* kBoot = "this-boot";

// One line for each promise and each outcome, durable when it returns.
class Ledger {
 public:
  explicit Ledger(const std::string& path)
      : fd_(::open(
            path.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600)) {}

  Result<void> write(const std::string& lines) {
    const bool done = ::write(fd_.get(), lines.data(), lines.size()) ==
                          static_cast<ssize_t>(lines.size()) &&
                      ::fdatasync(fd_.get()) == 0;
    if (!done) return fail(Fault::Io, "the ledger cannot be written");
    return {};
  }

 private:
  UniqueFd fd_;
};

struct Account {
  Step last_step = Step::Terminate;
  int outcomes = 0;
};
using Accounts = std::map<ProcId, Account>;

Accounts read_ledger(const std::string& path) {
  Accounts accounts;
  std::istringstream lines(read_file(path, 1 << 20).value_or(""));
  std::string kind;
  ProcId id;
  int step = 0;
  while (lines >> kind >> id.pid >> id.start_ticks >> step) {
    Account& account = accounts[id];
    if (kind == "intent") account.last_step = static_cast<Step>(step);
    if (kind == "outcome") ++account.outcomes;
  }
  return accounts;
}

std::string line(const char* kind, const ProcId& id, int step) {
  std::ostringstream text;
  text << kind << ' ' << id.pid << ' ' << id.start_ticks << ' ' << step << '\n';
  return text.str();
}

// A root that ignores SIGTERM, with a child that does not and one that goes on
// forking.
pid_t start_tree() {
  return start([](const auto& ready) {
    std::signal(SIGCHLD, SIG_IGN);
    if (::fork() == 0) sleep_for_ever();
    std::signal(SIGTERM, SIG_IGN);
    if (::fork() == 0) {
      ready();
      for (int child = 0; child < 30; ++child) {
        if (::fork() == 0) sleep_for_ever();
        ::poll(nullptr, 0, 1);
      }
    }
    sleep_for_ever();
  });
}

// Where it is to be ended; 0: from outside.
struct Strayd {
  std::string ledger{};
  pid_t root = 0;
  int last_call = 0;
};

void count_call(int& calls, const Strayd& strayd) {
  if (++calls == strayd.last_call) ::raise(SIGKILL);
}

// What is reaped here is what was there at the start of it.
void run_strayd(const Strayd& strayd, const std::function<void()>& ready) {
  World world;
  Ledger ledger(strayd.ledger);
  const TreeOrder order =
      world.order(strayd.root, std::chrono::milliseconds{3});
  world.hold(order);
  int calls = 0;
  world.on_snapshot = [&] {
    count_call(calls, strayd);
  };
  world.on_read = [&](const ProcId&) {
    count_call(calls, strayd);
  };
  world.on_stopping = [&] {
    count_call(calls, strayd);
    return false;
  };
  world.on_intend = [&](std::span<const Intent> intents) {
    count_call(calls, strayd);
    std::string lines;
    for (const Intent& intent : intents) {
      lines += line("intent", intent.id, static_cast<int>(intent.step));
    }
    const Result<void> done = ledger.write(lines);
    count_call(calls, strayd);
    return done;
  };
  world.on_outcome = [&](const std::string&, const Reaped& reaped) {
    count_call(calls, strayd);
    EXPECT_TRUE(ledger.write(line("outcome", reaped.id, 0)));
    count_call(calls, strayd);
  };
  ready();
  world.reaper.begin(order);
  world.run();
}

std::vector<LeftOver> unresolved(const Accounts& accounts) {
  std::vector<LeftOver> left;
  for (const auto& [id, account] : accounts) {
    EXPECT_LE(account.outcomes, 1);
    if (account.outcomes > 0) continue;
    left.push_back(
        {.id = id, .boot_id = kBoot, .last_step = account.last_step});
  }
  return left;
}

bool lives(const ProcId& id) {
  const auto now = living_ids();
  return std::ranges::find(now, id) != now.end();
}

// How many were found frozen.
int expect_recovery(const std::string& ledger,
                    const std::vector<ProcId>& before) {
  const Accounts accounts = read_ledger(ledger);
  int thawed = 0;
  for (const Recovered& one : recover(unresolved(accounts), kBoot)) {
    EXPECT_FALSE(one.finding == Finding::Exited && lives(one.left.id));
    if (one.finding == Finding::Thawed) ++thawed;
  }
  for (const pid_t pid : living_work()) EXPECT_NE(state_of(pid), 'T');
  for (const ProcId& id : before) {
    EXPECT_TRUE(lives(id) || accounts.contains(id)) << id.pid;
  }
  return thawed;
}

// Ends a strayd in its work, recovers, and clears away. How many were frozen.
int crash(const std::string& ledger,
          int last_call,
          std::chrono::microseconds moment) {
  ::unlink(ledger.c_str());
  const pid_t root = start_tree();
  const std::vector<ProcId> before = living_ids();
  const Strayd strayd{.ledger = ledger, .root = root, .last_call = last_call};
  const pid_t agent = start([&](const auto& ready) {
    ::prctl(PR_SET_NAME, "agent");
    run_strayd(strayd, ready);
  });
  if (last_call == 0) {
    const timespec time{.tv_sec = 0, .tv_nsec = moment.count() * 1000};
    ::ppoll(nullptr, 0, &time, nullptr);
    ::kill(agent, SIGKILL);
  }
  EXPECT_TRUE(eventually([&] { return !is_running(agent); }));
  const int thawed = expect_recovery(ledger, before);
  EXPECT_TRUE(eventually([] {
    const std::vector<pid_t> left = living_work();
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    return left.empty();
  }));
  return thawed;
}

// A crash of a process loses nothing of a file; so the disk need not be waited
// for, and there is none.
void in_memory_of_their_own(
    const std::function<void(const std::string& ledger)>& body) {
  const TempDir directory;
  in_pid_namespace([&] {
    ASSERT_EQ(::mount("none", directory.path().c_str(), "tmpfs", 0, "size=1g"),
              0);
    std::signal(SIGCHLD, SIG_IGN);
    body(directory / "ledger");
  });
}

TEST(Crash, at_every_call_leaves_nobody_frozen_and_everything_accounted) {
  in_memory_of_their_own([](const std::string& ledger) {
    int thawed = 0;
    for (int call = 1; call <= 60; ++call) {
      SCOPED_TRACE(testing::Message() << "at call " << call);
      thawed += crash(ledger, call, {});
    }
    EXPECT_GT(thawed, 0) << "no freeze was ever hit";
  });
}

TEST(Crash, at_random_moments_leaves_nobody_frozen_and_everything_accounted) {
  in_memory_of_their_own([](const std::string& ledger) {
    std::minstd_rand dice(11);
    for (int run = 0; run < 140; ++run) {
      const auto moment = std::chrono::microseconds{dice() % 30'000};
      SCOPED_TRACE(testing::Message() << "after " << moment.count() << " us");
      crash(ledger, 0, moment);
    }
  });
}

}  // namespace
}  // namespace strayd::test
