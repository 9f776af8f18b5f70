// Where processes came from, over a restart of strayd.
#include "remembered.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "report/audit_support.h"

namespace strayd::test {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr ProcId kDaemon{.pid = 10, .start_ticks = 100};
constexpr ProcId kRoot{.pid = 20, .start_ticks = 200};
constexpr ProcId kLeft{.pid = 30, .start_ticks = 300};
constexpr BootTime kNow = seconds{1000};

Memory some_memory() {
  const LaunchKey key{
      .instance = {.home = "/root/.pm2", .unique_id = "u", .pm_id = 1},
      .pm_uptime_ms = 1'700'000'000'000};
  Memory memory{.taken = seconds{60}, .forgotten = seconds{5}};
  memory.launches[key] = {.app = "api",
                          .root = kRoot,
                          .end = LaunchEnd::Down,
                          .lists = 17,
                          .ended = seconds{50}};
  memory.origins[kRoot] = {.launch = key,
                           .name = "api",
                           .root = kRoot,
                           .parent = kDaemon,
                           .since = seconds{40},
                           .until = seconds{60}};
  memory.origins[kLeft] = {.launch = key,
                           .name = "api",
                           .root = kRoot,
                           .parent = kRoot,
                           .since = seconds{41},
                           .until = seconds{46},
                           .parting = Parting::Left};
  memory.places[kLeft] = {"/srv/api"};
  return memory;
}

class RememberedOriginsTest : public testing::Test {
 protected:
  void save(const std::string& boot_id = kBoot) const {
    ASSERT_TRUE(save_origins(dir_.path(), stored_of(some_memory(), boot_id)));
  }
  void damage() const { ASSERT_TRUE(replace_file(dir_ / "origins.json", "{")); }
  RememberedOrigins recall(const State& state) const {
    return recall_origins(state, dir_.path(), kBoot);
  }
  RememberedOrigins peek() const { return peek_origins(dir_.path(), kBoot); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(dir_.path())) {
      names.push_back(file.path().filename().string());
    }
    return names;
  }

  RamDir dir_{};
  const State wrote_{.boot_id = kBoot, .origins_boot_id = kBoot};
  const State wrote_none_{.boot_id = kBoot};
  const State of_earlier_{.boot_id = kBoot, .origins_boot_id = "earlier"};
  const RememberedOrigins nothing_{};
  const RememberedOrigins lost_{.lost = true};
  const RememberedOrigins all_{.stored = stored_of(some_memory(), kBoot)};
};

TEST_F(RememberedOriginsTest, of_this_boot_are_believed) {
  save();
  EXPECT_EQ(recall(wrote_), all_);
  EXPECT_EQ(recall(wrote_none_), all_);
  EXPECT_EQ(peek(), all_);
}

TEST_F(RememberedOriginsTest, that_were_never_written_are_not_lost) {
  EXPECT_EQ(recall(wrote_none_), nothing_);
  EXPECT_EQ(recall(of_earlier_), nothing_);
  EXPECT_EQ(peek(), nothing_);
  EXPECT_EQ(peek_origins(dir_ / "new", kBoot), nothing_);
}

TEST_F(RememberedOriginsTest, that_were_written_and_are_gone_are_lost) {
  EXPECT_EQ(recall(wrote_), lost_);
  ASSERT_TRUE(save_state(dir_.path(), wrote_));
  EXPECT_EQ(peek(), lost_);
}

TEST_F(RememberedOriginsTest, of_another_boot_are_none) {
  save("another");
  EXPECT_EQ(recall(wrote_none_), nothing_);
  EXPECT_EQ(recall(wrote_), lost_);
  EXPECT_EQ(peek(), nothing_);
}

TEST_F(RememberedOriginsTest, that_are_damaged_are_lost_and_kept_aside) {
  damage();
  EXPECT_EQ(recall(wrote_), lost_);
  EXPECT_THAT(
      files(),
      testing::ElementsAre(testing::StartsWith("origins.json.damaged-")));
  EXPECT_EQ(recall(wrote_), lost_);
}

TEST_F(RememberedOriginsTest, that_are_damaged_may_be_of_an_earlier_boot) {
  damage();
  EXPECT_EQ(recall(of_earlier_), nothing_);
}

TEST_F(RememberedOriginsTest, are_left_where_they_are_by_who_only_looks) {
  damage();
  ASSERT_TRUE(save_state(dir_.path(), wrote_));
  EXPECT_EQ(peek(), lost_);
  EXPECT_THAT(files(), Contains("origins.json"));
  EXPECT_THAT(files(), Not(Contains(HasSubstr("damaged"))));
}

TEST_F(RememberedOriginsTest,
       are_lost_on_who_looks_where_the_state_is_damaged) {
  ASSERT_TRUE(replace_file(dir_ / "state.json", "{"));
  EXPECT_EQ(peek(), lost_);
  save();
  EXPECT_EQ(peek(), all_);
}

TEST_F(RememberedOriginsTest, are_lost_on_who_may_not_read_them) {
  save();
  ASSERT_TRUE(save_state(dir_.path(), wrote_none_));
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0700), 0);
  EXPECT_TRUE(holds_in_child([&] {
    ASSERT_EQ(::setresuid(65534, 65534, 65534), 0);
    EXPECT_EQ(peek(), lost_);
  }));
}

TEST_F(RememberedOriginsTest, come_back_into_the_memory) {
  Memory memory;
  memory.homes["/root/.pm2"] = {.seen = true};
  Memory expected = memory;
  restore(memory, all_, kNow);
  expected.origins = all_.stored.origins;
  expected.launches = all_.stored.launches;
  expected.places = all_.stored.places;
  expected.forgotten = seconds{5};
  EXPECT_EQ(memory, expected);
  EXPECT_EQ(stored_of(memory, kBoot), all_.stored);
}

TEST_F(RememberedOriginsTest, that_are_lost_make_all_before_doubtful) {
  Memory memory;
  restore(memory, lost_, kNow);
  EXPECT_EQ(memory, Memory{.forgotten = kNow});
}

TEST(StoredOrigins, are_the_same_whoever_is_only_seen_again) {
  Memory memory = some_memory();
  const StoredOrigins before = stored_of(memory, kBoot);
  memory.taken = kNow;
  memory.origins.at(kRoot).until = kNow;
  for (auto& [key, launch] : memory.launches) ++launch.lists;
  EXPECT_EQ(stored_of(memory, kBoot), before);
  EXPECT_EQ(before.origins.at(kRoot).until, seconds{40});
  EXPECT_EQ(before.origins.at(kLeft).until, seconds{46});
}

TEST(StoredOrigins, are_others_when_something_has_parted) {
  Memory memory = some_memory();
  const StoredOrigins before = stored_of(memory, kBoot);
  memory.origins.at(kRoot).parting = Parting::LetGo;
  EXPECT_NE(stored_of(memory, kBoot), before);
}

}  // namespace
}  // namespace strayd::test
