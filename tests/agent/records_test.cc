// What is on disk, and holds over a restart.
#include "records.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/origins_file.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "report/audit_support.h"

namespace strayd::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

constexpr std::size_t kPlenty = 100;

class RecordsTest : public testing::Test {
 protected:
  Records records(State state = {.boot_id = kBoot}) const {
    return {
        dir_.path(),
        open_or_die({.file = file_, .patience = std::chrono::milliseconds{20}}),
        std::move(state)};
  }
  std::vector<nlohmann::json> outcomes() const {
    std::vector<nlohmann::json> found;
    for (nlohmann::json& line : lines_of(file_)) {
      if (line["event"] == "outcome") found.push_back(std::move(line));
    }
    return found;
  }
  UniqueFd locked_ledger() const {
    UniqueFd lock{
        ::open((file_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    EXPECT_EQ(::flock(lock.get(), LOCK_EX), 0);
    return lock;
  }

  RamDir dir_{};
  std::string file_ = dir_ / "audit.jsonl";
  Condemned one_{100};
};

TEST_F(RecordsTest, tell_an_outcome_once_it_can_be_written_and_once_only) {
  Records records = this->records();
  const Intent intent = one_.intent();
  ASSERT_TRUE(records.intend({&intent, 1}));
  {
    const UniqueFd lock = locked_ledger();
    records.outcome(one_.reap, one_.reaped());
    records.recover();
    EXPECT_THAT(records.lacks(), Contains(Key("audit_ledger")));
  }
  EXPECT_THAT(outcomes(), IsEmpty());
  records.recover();
  records.recover();
  EXPECT_THAT(records.lacks(), IsEmpty());
  EXPECT_THAT(outcomes(), SizeIs(1));
  EXPECT_THAT(open_or_die({.file = file_}).unresolved().value(), IsEmpty());
}

TEST_F(RecordsTest, remember_a_grace_over_a_restart_until_it_is_over) {
  one_.order.grace = std::chrono::minutes{1};
  {
    Records records = this->records();
    ASSERT_TRUE(records.spend(kPlenty, one_.order));
    EXPECT_THAT(records.in_grace(), ElementsAre(one_.process.id));
  }
  State state = load_state(dir_.path())->state;
  EXPECT_THAT(records(state).in_grace(), ElementsAre(one_.process.id));
  EXPECT_THAT(records(of_boot(state, "another")).in_grace(), IsEmpty());
  for (auto& [id, until] : state.in_grace) until = 1;
  EXPECT_THAT(records(state).in_grace(), IsEmpty());
}

TEST_F(RecordsTest, ask_again_where_what_another_wrote_could_not_be_read) {
  Records records = this->records();
  const State beside{.boot_id = kBoot, .breaker = opened({}, "harm", 1)};
  ASSERT_TRUE(save_state(dir_.path(), beside));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  records.catch_up();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(records.breaker().open);
  records.catch_up();
  EXPECT_TRUE(records.breaker().open);
}

TEST_F(RecordsTest, open_the_breaker_though_it_was_closed_by_a_clock_ahead) {
  const std::int64_t ahead =
      unix_ms() + std::chrono::milliseconds{std::chrono::hours{1}}.count();
  const State closed{.boot_id = kBoot, .breaker = {.since_unix_ms = ahead}};
  ASSERT_TRUE(save_state(dir_.path(), closed));
  Records records = this->records(closed);
  records.trip("harm");
  records.keep({}, kBoot);
  EXPECT_TRUE(records.breaker().open);
  EXPECT_TRUE(load_state(dir_.path())->state.breaker.open);
  ASSERT_TRUE(records.close_breaker("the test"));
  EXPECT_FALSE(load_state(dir_.path())->state.breaker.open);
}

// ---- where processes came from

class KeptOrigins : public testing::Test {
 protected:
  void SetUp() override { remember_one(20); }

  Records records(State state = {.boot_id = kBoot}) {
    return {dir_.path(), std::nullopt, std::move(state), [this] {
              return now_;
            }};
  }
  void remember_one(pid_t pid) {
    memory_.origins[{.pid = pid, .start_ticks = 1}] = {.name = "api"};
  }
  void keep(Records& records, bool now = false) {
    records.keep_origins(memory_, kBoot, now);
  }
  // How many processes the file has; -1: there is none.
  int on_disk() const {
    const auto loaded = load_origins(dir_.path());
    if (!loaded || !*loaded) return -1;
    return static_cast<int>((*loaded)->origins.size());
  }
  // A file that nothing can take the place of.
  void block() const {
    std::filesystem::create_directories(dir_ / "origins.json/inside");
  }

  RamDir dir_{};
  Memory memory_{};
  std::chrono::nanoseconds now_ = std::chrono::hours{1};
};

TEST_F(KeptOrigins, are_written_at_once_and_then_no_more_than_every_5_s) {
  Records records = this->records();
  keep(records);
  EXPECT_EQ(on_disk(), 1);
  remember_one(30);
  now_ += Records::kOriginsPause - std::chrono::nanoseconds{1};
  keep(records);
  EXPECT_EQ(on_disk(), 1);
  now_ += std::chrono::nanoseconds{1};
  keep(records);
  EXPECT_EQ(on_disk(), 2);
}

TEST_F(KeptOrigins, are_written_on_a_clean_end) {
  Records records = this->records();
  keep(records);
  remember_one(30);
  keep(records, true);
  EXPECT_EQ(on_disk(), 2);
}

TEST_F(KeptOrigins, are_not_written_again_where_nothing_changed) {
  Records records = this->records();
  keep(records);
  ASSERT_TRUE(remove_origins(dir_.path()));
  now_ += Records::kOriginsPause;
  for (auto& [id, origin] : memory_.origins) origin.until = now_;
  keep(records);
  keep(records, true);
  EXPECT_EQ(on_disk(), -1);
}

TEST_F(KeptOrigins, are_announced_in_the_state_before_there_is_a_file) {
  block();
  Records records = this->records();
  keep(records);
  EXPECT_EQ(load_state(dir_.path())->state.origins_boot_id, kBoot);
}

TEST_F(KeptOrigins, are_not_written_where_they_cannot_be_announced) {
  std::filesystem::create_directory(dir_ / "state.lock");  // no lock
  ASSERT_TRUE(save_origins(dir_.path(), {.boot_id = kBoot}));
  Records records = this->records();
  keep(records);
  EXPECT_EQ(on_disk(), -1) << "what is out of date would be believed";
}

TEST_F(KeptOrigins, that_cannot_be_written_disarm_nothing_and_come_later) {
  block();
  Records records{dir_.path(),
                  open_or_die({.file = dir_ / "audit.jsonl"}),
                  {.boot_id = kBoot},
                  [this] {
                    return now_;
                  }};
  keep(records);
  EXPECT_THAT(records.lacks(), IsEmpty());
  std::filesystem::remove_all(dir_ / "origins.json");
  keep(records);
  EXPECT_EQ(on_disk(), -1) << "no sooner than any other writing";
  now_ += Records::kOriginsPause;
  keep(records);
  EXPECT_EQ(on_disk(), 1);
}

TEST_F(KeptOrigins, that_became_too_many_leave_no_file_that_is_out_of_date) {
  Records records = this->records();
  keep(records);
  for (std::size_t i = 0; i <= kMostOrigins; ++i) {
    memory_.places[{.pid = 1, .start_ticks = i}];
  }
  keep(records, true);
  EXPECT_EQ(on_disk(), -1);
}

TEST_F(KeptOrigins, of_a_boot_that_is_not_known_are_not_written) {
  Records records = this->records();
  records.keep_origins(memory_, "", true);
  EXPECT_EQ(on_disk(), -1);
}

}  // namespace
}  // namespace strayd::test
