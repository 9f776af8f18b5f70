#include "strayd/report/origins_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "crc32.h"
#include "report/audit_support.h"

namespace strayd::test {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

LaunchKey key_of(std::int64_t uptime) {
  return {.instance = {.home = "/root/.pm2", .unique_id = "u-1", .pm_id = 4},
          .pm_uptime_ms = uptime};
}

StoredOrigins some_origins() {
  constexpr ProcId kDaemon{.pid = 10, .start_ticks = 100};
  constexpr ProcId kRoot{.pid = 20, .start_ticks = 200};
  constexpr ProcId kLeft{.pid = 30, .start_ticks = 300};
  StoredOrigins stored{.boot_id = kBoot, .forgotten = seconds{7}};
  stored.launches[key_of(1'700'000'000'000)] = {
      .app = "api",
      .slot = 1,
      .root = kRoot,
      .daemon = kDaemon,
      .kill_timeout = std::chrono::milliseconds{3000},
      .cluster = true,
      .treekill = false,
      .restarts = false,
      .wanted = true,
      .end = LaunchEnd::Down,
      .lists = 2,
      .ended = seconds{50}};
  stored.launches[key_of(1'800'000'000'000)] = {.app = "api"};
  stored.origins[kRoot] = {.launch = key_of(1'700'000'000'000),
                           .name = "api",
                           .root = kRoot,
                           .parent = kDaemon,
                           .since = seconds{40},
                           .until = seconds{45}};
  stored.origins[kLeft] = {.launch = key_of(1'700'000'000'000),
                           .name = "api",
                           .root = kRoot,
                           .parent = kRoot,
                           .since = seconds{41},
                           .until = seconds{46},
                           .parting = Parting::Left};
  stored.origins[{.pid = 40, .start_ticks = 400}] = {
      .owner = Origin::Owner::Pm2,
      .launch = {.instance = {.home = "/home/a/.pm2"}},
      .root = kDaemon,
      .parting = Parting::Unseen};
  stored.origins[{.pid = 50, .start_ticks = 500}] = {
      .owner = Origin::Owner::Supervisor,
      .name = "systemd",
      .parting = Parting::LetGo};
  stored.origins[{.pid = 60, .start_ticks = 600}] = {
      .owner = Origin::Owner::Forgotten, .parting = Parting::Unseen};
  stored.places[kLeft] = {"/srv/api", "/srv/api/current"};
  stored.places[kRoot] = {};
  return stored;
}

TEST(Origins, are_none_where_there_is_no_file) {
  const RamDir dir;
  for (const std::string& path : {dir.path(), dir / "new"}) {
    const auto loaded = load_origins(path);
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_FALSE(*loaded);
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "new"));
}

TEST(Origins, come_back_as_they_were_saved) {
  const RamDir dir;
  ASSERT_TRUE(save_origins(dir / "new", some_origins()));
  const auto loaded = load_origins(dir / "new");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(*loaded, some_origins());
}

TEST(Origins, are_for_their_owner_alone_and_leave_nothing_else_behind) {
  const RamDir dir;
  ASSERT_TRUE(save_origins(dir.path(), some_origins()));
  ASSERT_TRUE(save_origins(dir.path(), {}));
  struct stat found{};
  ASSERT_EQ(::stat((dir / "origins.json").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const std::filesystem::directory_iterator all(dir.path());
  EXPECT_EQ(std::distance(begin(all), end(all)), 1);
}

TEST(Origins, say_that_they_are_of_strayd_and_of_which_version) {
  const auto file = nlohmann::json::parse(format_origins(some_origins()));
  EXPECT_EQ(file["format"], "strayd-origins");
  EXPECT_EQ(file["version"], 1);
}

TEST(Origins, can_be_removed_and_set_aside) {
  const RamDir dir;
  EXPECT_TRUE(remove_origins(dir.path()));
  ASSERT_TRUE(save_origins(dir.path(), some_origins()));
  const auto kept = set_origins_aside(dir.path());
  ASSERT_TRUE(kept) << kept.error().what;
  EXPECT_THAT(*kept, HasSubstr(dir / "origins.json.damaged-"));
  EXPECT_EQ(content_of(*kept), format_origins(some_origins()));
  ASSERT_TRUE(save_origins(dir.path(), some_origins()));
  ASSERT_TRUE(remove_origins(dir.path()));
  EXPECT_FALSE(std::filesystem::exists(dir / "origins.json"));
  std::filesystem::create_directory(dir / "origins.json");
  EXPECT_FALSE(remove_origins(dir.path()));
}

// ---- any origins

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t end) {
    return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_);
  }
  bool flag() { return below(2) == 1; }
  // Of any size and sign.
  std::int64_t number() {
    return static_cast<std::int64_t>(engine_()) >> below(64);
  }
  BootTime time() { return BootTime{number()}; }
  ProcId id() {
    return {.pid = static_cast<pid_t>(below(std::uint64_t{1} << 31U)),
            .start_ticks = engine_() >> below(64)};
  }
  std::string bytes() {
    std::string text;
    for (std::uint64_t left = below(12); left > 0; --left) {
      text += static_cast<char>(below(256));
    }
    return text;
  }
  LaunchKey key() {
    return {
        .instance = {.home = bytes(), .unique_id = bytes(), .pm_id = number()},
        .pm_uptime_ms = number()};
  }

 private:
  std::mt19937_64 engine_;
};

LaunchMemory random_launch(Random& random) {
  LaunchMemory launch{
      .app = random.bytes(),
      .kill_timeout = std::chrono::milliseconds{random.number()},
      .cluster = random.flag(),
      .treekill = random.flag(),
      .restarts = random.flag(),
      .wanted = random.flag(),
      .end = static_cast<LaunchEnd>(random.below(4)),
      .lists = static_cast<int>(random.below(1U << 31U))};
  if (random.flag()) launch.slot = static_cast<int>(random.number());
  if (random.flag()) launch.root = random.id();
  if (random.flag()) launch.daemon = random.id();
  if (random.flag()) launch.ended = random.time();
  return launch;
}

StoredOrigins random_origins(Random& random) {
  StoredOrigins stored{.boot_id = random.bytes()};
  if (random.flag()) stored.forgotten = random.time();
  for (std::uint64_t left = random.below(6); left > 0; --left) {
    const LaunchKey key = random.key();
    if (random.flag()) stored.launches[key] = random_launch(random);
    for (std::uint64_t more = random.below(4); more > 0; --more) {
      stored.origins[random.id()] = {
          .owner = static_cast<Origin::Owner>(random.below(3)),
          .launch = random.flag() ? key : random.key(),
          .name = random.bytes(),
          .root = random.id(),
          .parent = random.id(),
          .since = random.time(),
          .until = random.time(),
          .parting = static_cast<Parting>(random.below(4))};
      stored.places[random.id()].insert(random.bytes());
    }
  }
  return stored;
}

TEST(Origins, come_back_whatever_they_were) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const StoredOrigins stored = random_origins(random);
    const std::string text = format_origins(stored);
    ASSERT_TRUE(std::ranges::all_of(text, [](char byte) {
      return byte == '\n' || (byte >= ' ' && byte <= '~');
    })) << seed;
    const Result<StoredOrigins> back = parse_origins(text);
    ASSERT_TRUE(back) << seed << ": " << back.error().what;
    ASSERT_EQ(*back, stored) << seed;
  }
}

// ---- damage

TEST(Origins, find_every_byte_that_changed) {
  const StoredOrigins stored = some_origins();
  const std::string text = format_origins(stored);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x02U, 0x08U, 0x20U, 0x80U, 0xFFU}) {
      std::string damaged = text;
      damaged[at] = flipped(damaged[at], flip);
      const Result<StoredOrigins> found = parse_origins(damaged);
      // The line end may change into other white space.
      ASSERT_TRUE(!found || *found == stored) << at;
    }
  }
}

TEST(Origins, find_every_truncation) {
  const std::string text = format_origins(some_origins());
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    ASSERT_FALSE(parse_origins(text.substr(0, length))) << length;
  }
}

TEST(Origins, survive_depth) {
  const std::string deep =
      std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(parse_origins(std::string(200'000, '[')));
  EXPECT_FALSE(parse_origins(deep));
  for (const char* before : {"\"names\":[", "\"boot_id\":"}) {
    std::string text = format_origins(some_origins());
    const std::size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos);
    EXPECT_FALSE(parse_origins(text.insert(at, "\"foreign\":" + deep + ",")));
  }
}

// `value` there, and a checksum that fits: what is wrong is the value.
Result<StoredOrigins> with(const char* pointer, const nlohmann::json& value) {
  auto file = nlohmann::json::parse(format_origins(some_origins()));
  file["origins"][nlohmann::json::json_pointer(pointer)] = value;
  file["crc32"] = crc32(file["origins"].dump());
  return parse_origins(file.dump());
}

TEST(Origins, do_not_take_another_kind_of_value) {
  EXPECT_TRUE(with("/boot_id", "another"));
  EXPECT_FALSE(with("/boot_id", 7));
  EXPECT_FALSE(with("/forgotten", "7"));
  EXPECT_FALSE(with("/forgotten", 1.5));
  EXPECT_FALSE(with("/names/0", "%4"));
  EXPECT_FALSE(with("/names/0", nullptr));
  EXPECT_FALSE(with("/keys/0", nlohmann::json::array()));
  EXPECT_FALSE(with("/keys/0/0", 1000));
  EXPECT_FALSE(with("/keys/0/0", -1));
  EXPECT_FALSE(with("/launches/0/0", 1000));
  EXPECT_FALSE(with("/launches/0/2", std::int64_t{1} << 31U));
  EXPECT_FALSE(with("/launches/0/3", nlohmann::json::array({1})));
  EXPECT_FALSE(with("/launches/0/3/0", -1));
  EXPECT_FALSE(with("/launches/0/7", nullptr));
  EXPECT_FALSE(with("/launches/0/10", "dead"));
  EXPECT_FALSE(with("/launches/0/13", true));  // one more
  EXPECT_FALSE(with("/origins/0", nlohmann::json::object()));
  EXPECT_FALSE(with("/origins/0/0", std::uint64_t{1} << 31U));
  EXPECT_FALSE(with("/origins/0/1", -1));
  EXPECT_FALSE(with("/origins/0/2", "daemon"));
  EXPECT_FALSE(with("/origins/0/5", nullptr));
  EXPECT_FALSE(with("/origins/0/7", std::uint64_t{1} << 63U));
  EXPECT_FALSE(with("/origins/0/9", 0));
  EXPECT_FALSE(with("/places/0/2", 0));
  EXPECT_FALSE(with("/places/0/2", nlohmann::json::array({1000})));
  EXPECT_FALSE(with("/places", nullptr));
}

TEST(Origins, are_not_told_twice) {
  const auto file = nlohmann::json::parse(format_origins(some_origins()));
  for (const char* all : {"/origins", "/launches", "/places"}) {
    nlohmann::json twice = file["origins"][nlohmann::json::json_pointer(all)];
    twice.push_back(twice.front());
    EXPECT_FALSE(with(all, twice)) << all;
  }
  EXPECT_FALSE(with("/places/1/2", nlohmann::json::array({0, 0})));
}

TEST(Origins, of_another_format_or_version_are_not_taken) {
  const auto good = nlohmann::json::parse(format_origins(some_origins()));
  EXPECT_TRUE(parse_origins(good.dump()));
  for (const auto& [name, value] :
       {std::pair<const char*, nlohmann::json>{"format", "strayd-state"},
        {"version", 2},
        {"version", "1"},
        {"crc32", 1},
        {"origins", nlohmann::json::array()}}) {
    nlohmann::json other = good;
    other[name] = value;
    EXPECT_FALSE(parse_origins(other.dump())) << name;
  }
  for (const char* text : {"", "null", "{}", "[]"}) {
    EXPECT_FALSE(parse_origins(text)) << text;
  }
}

TEST(Origins, that_cannot_be_read_are_damaged_and_stay) {
  const RamDir dir;
  append_to(dir / "origins.json", "{");
  const auto loaded = load_origins(dir.path());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().fault, Fault::Malformed);
  EXPECT_THAT(loaded.error().what, HasSubstr(dir / "origins.json"));
  EXPECT_EQ(content_of(dir / "origins.json"), "{");

  std::filesystem::remove(dir / "origins.json");
  ASSERT_EQ(::mkfifo((dir / "origins.json").c_str(), 0600), 0);
  EXPECT_EQ(load_origins(dir.path()).error().fault, Fault::Malformed);

  std::filesystem::remove(dir / "origins.json");
  append_to(dir / "origins.json", "");
  std::filesystem::resize_file(dir / "origins.json", kLargestOriginsFile + 1);
  EXPECT_EQ(load_origins(dir.path()).error().fault, Fault::Malformed);
}

// ---- size

StoredOrigins many(std::size_t count) {
  StoredOrigins stored{.boot_id = kBoot};
  for (std::size_t i = 0; i < count; ++i) {
    const ProcId id{.pid = static_cast<pid_t>(i),
                    .start_ticks = 100'000'000 + i};
    const LaunchKey key =
        key_of(1'700'000'000'000 + static_cast<std::int64_t>(i % 200));
    stored.launches[key].app = "an-app-of-a-large-host";
    stored.origins.emplace_hint(stored.origins.end(),
                                id,
                                Origin{.launch = key,
                                       .name = "an-app-of-a-large-host",
                                       .root = id,
                                       .parent = id,
                                       .since = seconds{1'000'000},
                                       .until = seconds{1'000'001}});
  }
  return stored;
}

TEST(Origins, of_a_large_host_take_a_few_megabytes) {
  constexpr std::size_t kMegabyte = 1024UZ * 1024;
  EXPECT_LT(format_origins(many(30'000)).size(), 4 * kMegabyte);
}

TEST(Origins, of_more_processes_than_are_remembered_are_not_believed) {
  const RamDir dir;
  StoredOrigins stored = many(kMostOrigins);
  ASSERT_TRUE(save_origins(dir.path(), stored));
  EXPECT_EQ(load_origins(dir.path()).value(), stored);
  stored.origins[{.pid = std::numeric_limits<pid_t>::max()}] = {};
  EXPECT_FALSE(parse_origins(format_origins(stored)));
  EXPECT_EQ(save_origins(dir.path(), stored).error().fault, Fault::Exhausted);
}

TEST(Origins, are_not_saved_where_they_cannot_be) {
  const RamDir dir;
  append_to(dir / "file", "");
  EXPECT_FALSE(save_origins(dir / "file/below", some_origins()));
}

}  // namespace
}  // namespace strayd::test
