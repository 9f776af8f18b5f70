// On the real kernel: a process of the test's own stands for a God Daemon.
#include "strayd/proc/signal_senders.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "strayd/proc/procfs.h"
#include "strayd/sys/os.h"

#include "support/child.h"
#include "support/pid_namespace.h"

namespace strayd {
namespace {

using test::Child;

using testing::IsEmpty;
using Kind = Sender::Kind;

ProcId id_of(pid_t pid) {
  const Snapshot snapshot =
      Procfs::open({})
          .value()
          .snapshot([](const Snapshot&) { return std::vector<ProcId>{}; })
          .value();
  for (const Process& process : snapshot.processes) {
    if (process.id.pid == pid) return process.id;
  }
  return {};
}

// A daemon with one app. The app does what it is told when it gets SIGUSR2.
class Family {
 public:
  using Body = std::function<void()>;
  explicit Family(
      const Body& app = [] {}, const Body& daemon = [] {})
      : daemon_([&](int ready) {
          const pid_t born = ::fork();
          if (born == 0) be_app(ready, app);
          *app_ = born;  // which both see
          ::poll(nullptr, 0, 20);
          ::close(ready);
          daemon();
          for (;;) ::pause();
        }) {}
  Family(Family&&) = delete;
  Family& operator=(Family&&) = delete;
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  ~Family() { ::munmap(app_, sizeof *app_); }

  pid_t daemon() const { return daemon_.pid(); }
  pid_t app() const { return *app_; }

 private:
  [[noreturn]] static void be_app(int ready, const Body& body) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGUSR2);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    ::close(ready);
    for (;;) {
      int signal = 0;
      ::sigwait(&wanted, &signal);
      body();
    }
  }
  static pid_t* shared() {
    void* const page = ::mmap(nullptr,
                              sizeof(pid_t),
                              PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS,
                              -1,
                              0);
    if (page == MAP_FAILED) std::abort();
    return static_cast<pid_t*>(page);
  }

  pid_t* app_ = shared();
  Child daemon_;
};

class TheSender : public testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<SignalSenders>> opened = SignalSenders::open();
    if (!opened) GTEST_SKIP() << opened.error().what;
    senders_ = *std::move(opened);
  }
  void watch(const Family& family) {
    const std::vector<ProcId> daemons{id_of(family.daemon())};
    senders_->watch(daemons);
  }
  std::vector<SentSignal> taken() { return senders_->take().signals; }
  // As many as that, within five seconds.
  std::vector<SentSignal> taken(std::size_t count) {
    std::vector<SentSignal> found;
    EXPECT_TRUE(test::eventually([&] {
      std::ranges::move(taken(), std::back_inserter(found));
      return found.size() >= count;
    }));
    return found;
  }

  std::unique_ptr<SignalSenders> senders_{};
};

int run(const std::string& command) {
  return std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe)
}

TEST_F(TheSender, is_known_by_name_and_chain_when_it_is_gone) {
  const Family family;
  watch(family);
  ASSERT_EQ(run("sh -c 'printf cleanup-old > /proc/$$/comm; /bin/kill " +
                std::to_string(family.app()) + "; true'"),
            0);
  const std::vector<SentSignal> found = taken(1);
  ASSERT_EQ(found.size(), 1);
  const SentSignal& sent = found.front();
  EXPECT_EQ(sent.signal, SIGTERM);
  EXPECT_EQ(sent.code, SI_USER);
  EXPECT_EQ(sent.target.pid, family.app());
  EXPECT_EQ(sent.top, sent.target);
  EXPECT_EQ(sent.sender.kind, Kind::Outside);
  EXPECT_EQ(sent.sender.uid, ::getuid());
  ASSERT_GE(sent.sender.chain.size(), 2);
  EXPECT_EQ(sent.sender.chain[0], "kill");
  EXPECT_EQ(sent.sender.chain[1], "cleanup-old");
  EXPECT_LT(boot_time() - sent.at, std::chrono::minutes{1});
  EXPECT_LT(unix_ms() - sent.unix_ms, 60'000);
}

TEST_F(TheSender, and_who_is_hit_are_those_that_procfs_shows) {
  const Family family;
  watch(family);
  const ProcId app = id_of(family.app());
  const Child killer([&](int ready) {
    ::kill(app.pid, SIGKILL);
    Child::stay(ready);
  });
  const std::vector<SentSignal> found = taken(1);
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found.front().target, app);
  EXPECT_EQ(found.front().top, app);
  EXPECT_EQ(found.front().sender.id, id_of(killer.pid()));
}

TEST_F(TheSender, of_what_was_born_a_moment_ago_is_told) {
  const Family family([] {},
                      [] {
                        for (;;) {
                          const pid_t born = ::fork();
                          if (born == 0) {
                            for (;;) ::pause();
                          }
                          ::kill(born, SIGKILL);
                          ::waitpid(born, nullptr, 0);
                          ::poll(nullptr, 0, 5);
                        }
                      });
  watch(family);
  for (const SentSignal& sent : taken(2)) {
    EXPECT_EQ(sent.sender.kind, Kind::Pm2);
    EXPECT_EQ(sent.sender.id.pid, family.daemon());
    EXPECT_EQ(sent.top, sent.target);
  }
}

TEST_F(TheSender, in_the_tree_that_it_hits_is_told_as_such) {
  const Family family([] {
    const pid_t born = ::fork();
    if (born == 0) {
      for (;;) ::pause();
    }
    ::kill(born, SIGTERM);
    ::waitpid(born, nullptr, 0);
  });
  watch(family);
  ::kill(family.app(), SIGUSR2);
  const std::vector<SentSignal> found = taken(2);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[1].signal, SIGTERM);
  EXPECT_EQ(found[1].sender.kind, Kind::Inside);
  EXPECT_EQ(found[1].top, id_of(family.app()));
}

TEST_F(TheSender, is_the_process_itself_where_it_raises_a_fault) {
  const Family family([] { ::abort(); });
  watch(family);
  ::kill(family.app(), SIGUSR2);
  const std::vector<SentSignal> found = taken(2);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].sender.kind, Kind::Strayd);
  EXPECT_EQ(found[1].signal, SIGABRT);
  EXPECT_EQ(found[1].code, SI_TKILL);
  EXPECT_EQ(found[1].sender.kind, Kind::Itself);
}

TEST_F(TheSender, of_a_profilers_own_signals_is_not_told) {
  const Family family([] {
    ::signal(SIGPROF, [](int) {});
    ::raise(SIGPROF);
    ::raise(SIGTERM);
  });
  watch(family);
  ::kill(family.app(), SIGUSR2);
  const std::vector<SentSignal> found = taken(2);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[1].signal, SIGTERM);
}

TEST_F(TheSender, of_a_signal_between_strangers_is_not_told) {
  const Family family;
  const Family strangers;
  watch(family);
  ::kill(strangers.app(), SIGTERM);
  ::kill(family.daemon(), SIGCONT);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(TheSender, of_a_signal_that_is_ignored_or_ends_nothing_is_not_told) {
  const Family family([] {
    ::signal(SIGTERM, SIG_IGN);
    ::kill(::getppid(), SIGCONT);
  });
  watch(family);
  ::kill(family.app(), SIGUSR2);
  ASSERT_EQ(taken(1).size(), 1);
  ::poll(nullptr, 0, 50);
  ::kill(family.app(), SIGTERM);
  ::kill(family.app(), SIGCHLD);
  ::kill(family.app(), 0);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(TheSender, of_a_flood_is_told_in_part_and_the_rest_is_counted) {
  const Family family;
  watch(family);
  const Child flood([&](int ready) {
    ::close(ready);
    for (int i = 0; i < 2000; ++i) {
      // Taken from the app, as nothing that is pending is told again.
      ::kill(family.app(), SIGUSR2);
      ::usleep(50);
    }
  });
  SignalBatch all;
  EXPECT_TRUE(test::eventually([&] {
    const SignalBatch batch = senders_->take();
    all.signals.insert(
        all.signals.end(), batch.signals.begin(), batch.signals.end());
    all.lost += batch.lost;
    return all.lost > 0;
  }));
  EXPECT_GE(all.signals.size(), 512);
  EXPECT_LE(all.signals.size(), 520);  // several processors count at once
  watch(family);
  EXPECT_TRUE(test::eventually([&] { return !taken().empty(); }));
}

TEST_F(TheSender, is_nobody_where_the_daemons_pid_is_anothers_by_now) {
  const Family family;
  ProcId other = id_of(family.daemon());
  other.start_ticks += 1;
  const std::vector<ProcId> daemons{other};
  senders_->watch(daemons);
  ::kill(family.app(), SIGTERM);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(TheSender, is_not_told_once_nobody_watches) {
  const Family family;
  watch(family);
  senders_->watch({});
  ::kill(family.app(), SIGTERM);
  EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(TheSender, has_the_pids_of_the_namespace_that_looks) {
  senders_.reset();
  test::in_namespaces(0, [] {
    Result<std::unique_ptr<SignalSenders>> opened = SignalSenders::open();
    if (!opened) return;
    const Family family;
    const std::vector<ProcId> daemons{id_of(family.daemon())};
    (*opened)->watch(daemons);
    const ProcId app = id_of(family.app());
    ASSERT_LT(app.pid, 100);
    ::kill(app.pid, SIGTERM);
    const std::vector<SentSignal> found = (*opened)->take().signals;
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found.front().target, app);
    EXPECT_EQ(found.front().sender.id.pid, ::getpid());
  });
}

}  // namespace
}  // namespace strayd
