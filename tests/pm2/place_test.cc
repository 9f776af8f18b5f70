// Which directory a home is, and whose word counts there.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/pm2/observe.h"

#include "pm2/fake_daemon.h"
#include "pm2/fixtures.h"
#include "pm2/scene.h"

namespace strayd {
namespace {

using test::answers;
using test::ask;
using test::FakeDaemon;
using test::god;
using test::kLong;
using test::list_json;
using test::me_as_god;
using test::reply_frame;
using test::snapshot_of;
using test::TempHome;
using testing::ElementsAre;

constexpr pid_t kGod = 4'000'000;
constexpr uid_t kOwner = 65534;
constexpr uid_t kStranger = 1000;

void touch(const std::string& path, uid_t owner) {
  std::ofstream(path) << "1";
  ASSERT_EQ(::chown(path.c_str(), owner, owner), 0);
}

Process with_cookie(pid_t pid, const std::string& home) {
  Process holder = test::process(pid, {"node", "server.js"});
  holder.environment = Environment{{"PM2_HOME", home},
                                   {"pm_id", "0"},
                                   {"unique_id", "u"},
                                   {"name", "api"},
                                   {"pm_uptime", "1795386502029"}};
  return holder;
}

std::vector<Pm2View> views_of(const Snapshot& snapshot,
                              const Memory& memory = {}) {
  return ask_pm2(pm2_homes(snapshot, {}, true, memory), snapshot, kLong);
}

// --- aliases

TEST(Alias, of_an_answering_home_is_that_home) {
  const TempHome home;
  const TempHome elsewhere;
  const std::string link = elsewhere / "link";
  std::filesystem::create_directory_symlink(home.path(), link);
  const FakeDaemon daemon(home.path(), answers(reply_frame(list_json(""))));
  const std::vector<Pm2View> views =
      views_of(snapshot_of({with_cookie(60, link), me_as_god(home.path())}));
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].home, home.path());
  EXPECT_THAT(views[0].aliases, ElementsAre(link));
  EXPECT_TRUE(views[0].reply) << views[0].reply.error().why;
}

TEST(Alias, may_be_what_the_daemon_s_own_title_says) {
  const TempHome home;
  const TempHome elsewhere;
  const std::string link = elsewhere / "link";
  std::filesystem::create_directory_symlink(home.path(), link);
  const FakeDaemon daemon(home.path(), answers(reply_frame(list_json(""))));
  const Snapshot snapshot = snapshot_of({me_as_god(link)});
  const std::vector<std::string> configured{home.path()};
  const std::vector<Pm2View> views =
      ask_pm2(pm2_homes(snapshot, configured, true, {}), snapshot, kLong);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].home, home.path());
  EXPECT_TRUE(views[0].reply) << views[0].reply.error().why;
}

TEST(Alias, of_a_home_that_was_seen_does_not_take_its_name) {
  const TempHome home;
  const TempHome elsewhere;
  const std::string link = elsewhere / "link";
  std::filesystem::create_directory_symlink(home.path(), link);
  const Memory memory{.homes = {{home.path(), HomeMemory{.seen = true}}}};
  const std::vector<Pm2View> views =
      views_of(snapshot_of({with_cookie(60, link)}), memory);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].home, home.path());
  EXPECT_EQ(views[0].reply.error().kind, Pm2Quiet::Dead);
}

TEST(Alias, with_a_daemon_of_its_own_makes_two_for_one_home) {
  const TempHome home;
  const TempHome elsewhere;
  const std::string link = elsewhere / "link";
  std::filesystem::create_directory_symlink(home.path(), link);
  const std::vector<Pm2View> views =
      views_of(snapshot_of({god(kGod, home.path()), god(kGod + 1, link)}));
  ASSERT_EQ(views.size(), 1U);
  EXPECT_NE(views[0].reply.error().why.find("2 daemons for one home"),
            std::string::npos);
}

// --- whose it is

TEST(Place, that_only_a_cookie_names_was_never_seen_to_be_a_home) {
  const TempHome home;
  const std::vector<Pm2View> views =
      views_of(snapshot_of({with_cookie(60, home.path())}));
  ASSERT_EQ(views.size(), 1U);
  EXPECT_EQ(views[0].reply.error().kind, Pm2Quiet::NeverSeen);
}

TEST(Place, that_a_cookie_names_is_its_holder_s_where_no_owner_used_it) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;  // root's, as /etc and /tmp are
  Process holder = with_cookie(60, home.path());
  holder.uid = kStranger;
  EXPECT_EQ(views_of(snapshot_of({holder})).at(0).uid, kStranger);
  touch(home / "rpc.sock", kStranger);
  EXPECT_EQ(views_of(snapshot_of({holder})).at(0).uid, kStranger);
}

TEST(Place, is_its_owner_s_where_files_of_pm2_are) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  ASSERT_EQ(::chown(home.path().c_str(), kOwner, kOwner), 0);
  touch(home / "pm2.pid", kOwner);
  Process holder = with_cookie(60, home.path());
  holder.uid = kStranger;
  EXPECT_EQ(views_of(snapshot_of({holder})).at(0).uid, kOwner);
}

TEST(Place, is_the_user_s_of_its_living_daemon) {
  const TempHome home;
  EXPECT_EQ(ask(snapshot_of({god(kGod, home.path())}), home.path()).uid,
            ::geteuid());
}

TEST(Place, with_daemons_of_several_users_is_its_owner_s) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  ASSERT_EQ(::chown(home.path().c_str(), kOwner, kOwner), 0);
  Process owner_s = god(kGod, home.path());
  owner_s.uid = kOwner;
  const Snapshot snapshot = snapshot_of({owner_s, god(kGod + 1, home.path())});
  EXPECT_EQ(ask(snapshot, home.path()).uid, kOwner);
}

// `sudo pm2` in the home of a user who has one there himself.
TEST(Place, that_had_a_daemon_of_another_user_is_anybody_s_without_one) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  ASSERT_EQ(::chown(home.path().c_str(), kOwner, kOwner), 0);
  touch(home / "pm2.pid", kOwner);
  const Memory memory{
      .homes = {{home.path(), HomeMemory{.uid = 0, .seen = true}}}};
  EXPECT_EQ(views_of(snapshot_of({}), memory).at(0).uid, std::nullopt);
  EXPECT_EQ(ask(snapshot_of({god(kGod, home.path())}), home.path()).uid, 0U);
}

TEST(Place, in_somebody_else_s_directory_is_its_daemon_s_user_s_alone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;  // root's, as /tmp is
  touch(home / "pm2.pid", kStranger);
  const Memory memory{
      .homes = {{home.path(), HomeMemory{.uid = kStranger, .seen = true}}}};
  EXPECT_EQ(views_of(snapshot_of({}), memory).at(0).uid, kStranger);
}

// --- who may be its daemon

TEST(Daemon, of_another_user_is_no_rival) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  const FakeDaemon daemon(home.path(), answers(reply_frame(list_json(""))));
  Process faker = god(kGod, home.path());
  faker.uid = kStranger;
  const Pm2View view =
      ask(snapshot_of({faker, me_as_god(home.path())}), home.path());
  EXPECT_TRUE(view.reply) << view.reply.error().why;
  EXPECT_EQ(view.daemons, 1U);
}

TEST(Daemon, of_another_user_is_no_life_in_a_home) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  Process faker = god(kGod, home.path());
  faker.uid = kStranger;
  const Pm2View view = ask(snapshot_of({faker}), home.path());
  EXPECT_EQ(view.reply.error().kind, Pm2Quiet::NeverSeen);
}

TEST(Daemon, may_be_its_owner_s_root_s_or_whose_files_are_there) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const TempHome home;
  ASSERT_EQ(::chown(home.path().c_str(), kOwner, kOwner), 0);
  touch(home / "pm2.pid", kStranger);
  for (const uid_t uid : {kOwner, uid_t{0}, kStranger}) {
    Process daemon = god(kGod, home.path());
    daemon.uid = uid;
    const Pm2View view = ask(snapshot_of({daemon}), home.path());
    EXPECT_EQ(view.reply.error().kind, Pm2Quiet::Silent) << uid;
    EXPECT_EQ(view.uid, uid);
  }
}

}  // namespace
}  // namespace strayd
