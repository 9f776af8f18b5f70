// What an honest daemon's answer becomes.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "strayd/pm2/observe.h"

#include "pm2/fake_daemon.h"
#include "pm2/fixtures.h"
#include "pm2/scene.h"

namespace strayd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::answers;
using test::ask;
using test::FakeDaemon;
using test::fixture;
using test::kLong;
using test::list_json;
using test::me_as_god;
using test::me_as_node;
using test::reads_and_hangs;
using test::reply_frame;
using test::snapshot_of;
using test::TempHome;

std::string no_apps() {
  return reply_frame(list_json(""));
}

TEST(Answer, names_the_daemon_its_user_and_its_apps) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(fixture("reply.bin")));
  const Pm2View view = ask(snapshot_of({me_as_god(home.path())}), home.path());
  ASSERT_TRUE(view.reply) << view.reply.error().why;
  EXPECT_EQ(view.home, home.path());
  EXPECT_EQ(view.reply->daemon, (ProcId{::getpid(), 100}));
  EXPECT_EQ(view.reply->uid, ::geteuid());
  EXPECT_EQ(view.uid, ::geteuid());
  EXPECT_EQ(view.reply->instances.size(), 7U);
  EXPECT_EQ(view.daemons, 1U);
  EXPECT_GT(view.rpc_duration, nanoseconds::zero());
}

TEST(Answer, without_apps_is_an_answer) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(no_apps()));
  const Pm2View view = ask(snapshot_of({me_as_god(home.path())}), home.path());
  ASSERT_TRUE(view.reply) << view.reply.error().why;
  EXPECT_TRUE(view.reply->instances.empty());
}

TEST(Answer, may_come_from_a_daemon_with_a_title_of_its_own) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(no_apps()));
  EXPECT_TRUE(ask(snapshot_of({me_as_node()}), home.path()).reply);
}

TEST(Answer, may_come_in_single_bytes) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), [](test::Client& client) {
    client.read_request();
    for (const char byte : fixture("reply.bin").substr(0, 17882)) {
      client.send({&byte, 1});
    }
    client.wait_until_gone();
  });
  const Pm2View view = ask(snapshot_of({me_as_god(home.path())}), home.path());
  EXPECT_TRUE(view.reply) << view.reply.error().why;
}

TEST(Answer, may_be_megabytes) {
  const TempHome home;
  const std::string padding = R"("env":{"X":")" + std::string(5'000'000, 'x');
  const FakeDaemon daemon(home.path(),
                          answers(reply_frame(list_json(
                              test::entry_json("api", padding + R"("})")))));
  const Pm2View view = ask(snapshot_of({me_as_god(home.path())}), home.path());
  ASSERT_TRUE(view.reply) << view.reply.error().why;
  EXPECT_EQ(view.reply->instances.at(0).name, "api");
}

// Node closes both sides when one is closed, and the reply is lost.
TEST(Answer, is_waited_for_without_closing_our_side) {
  const TempHome home;
  bool quiet = false;
  {
    const FakeDaemon daemon(home.path(), [&](test::Client& client) {
      EXPECT_EQ(client.read_request(), kPm2Request);
      client.send(no_apps().substr(0, 5));
      quiet = client.stays_quiet(30);
      client.send(no_apps().substr(5));
      client.wait_until_gone();
    });
    EXPECT_TRUE(ask(snapshot_of({me_as_god(home.path())}), home.path()).reply);
  }
  EXPECT_TRUE(quiet);
}

TEST(Answer, costs_one_connection) {
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(no_apps()));
  ask(snapshot_of({me_as_god(home.path())}), home.path());
  EXPECT_EQ(daemon.accepted(), 1);
}

// sun_path holds 108 bytes.
TEST(Answer, comes_from_a_home_with_a_long_path) {
  const TempHome top;
  const std::string home = top / std::string(150, 'h');
  ASSERT_EQ(::mkdir(home.c_str(), 0700), 0);
  const FakeDaemon daemon(home, answers(no_apps()));
  const Pm2View view = ask(snapshot_of({me_as_god(home)}), home);
  EXPECT_TRUE(view.reply) << view.reply.error().why;
}

TEST(Answer, comes_through_a_home_that_is_a_link) {
  const TempHome top;
  const TempHome real;
  const std::string link = top / "link";
  std::filesystem::create_directory_symlink(real.path(), link);
  const FakeDaemon daemon(real.path(), answers(no_apps()));
  EXPECT_TRUE(ask(snapshot_of({me_as_god(link)}), link).reply);
}

// Counts to two; neither side goes on before that.
class Rendezvous {
 public:
  bool wait() {
    std::unique_lock lock(mutex_);
    ++here_;
    changed_.notify_all();
    return changed_.wait_for(lock, kLong, [&] { return here_ == 2; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int here_ = 0;
};

TEST(Answers, come_side_by_side_and_in_the_order_of_the_homes) {
  const TempHome one;
  const TempHome two;
  Rendezvous both_asked;
  const auto answers_when_both_are_asked = [&](test::Client& client) {
    client.read_request();
    if (both_asked.wait()) client.send(no_apps());
    client.wait_until_gone();
  };
  const FakeDaemon a(one.path(), answers_when_both_are_asked);
  const FakeDaemon b(two.path(), answers_when_both_are_asked);
  const std::vector<Pm2Home> homes{{.path = two.path()}, {.path = one.path()}};
  const std::vector<Pm2View> views =
      ask_pm2(homes, snapshot_of({me_as_node()}), kLong / 2);
  ASSERT_EQ(views.size(), 2U);
  EXPECT_TRUE(views[0].reply);
  EXPECT_TRUE(views[1].reply);
  EXPECT_EQ(views[0].home, two.path());
}

TEST(Answers, do_not_wait_for_a_home_that_hangs) {
  const TempHome slow;
  const TempHome quick;
  const FakeDaemon a(slow.path(), reads_and_hangs());
  const FakeDaemon b(quick.path(), answers(no_apps()));
  const std::vector<Pm2Home> homes{{.path = slow.path()},
                                   {.path = quick.path()}};
  constexpr milliseconds kTimeout{600};
  const std::vector<Pm2View> views =
      ask_pm2(homes, snapshot_of({me_as_node()}), kTimeout);
  EXPECT_FALSE(views.at(0).reply);
  EXPECT_GE(views.at(0).rpc_duration, kTimeout);
  EXPECT_TRUE(views.at(1).reply);
  EXPECT_LT(views.at(1).rpc_duration, kTimeout);
}

TEST(Answers, of_no_homes_are_none) {
  EXPECT_TRUE(ask_pm2({}, snapshot_of({}), kLong).empty());
}

}  // namespace
}  // namespace strayd
