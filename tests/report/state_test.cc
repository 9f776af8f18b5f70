#include "strayd/report/state.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/os.h"

#include "crc32.h"
#include "report/audit_support.h"

namespace strayd::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

HarmRecord some_harm() {
  using std::chrono::milliseconds;
  const AppKey app{.home = "/root/.pm2", .app = "api \xff"};
  WatchedKill kill{
      .kill = {.tree = {.pid = 9, .start_ticks = 90}, .rule = "server"},
      .began = milliseconds{500'000},
      .until = milliseconds{560'000}};
  WatchedApp& watched = kill.watched[app];
  watched.before.app = app;
  watched.before
      .instances[{.home = "/root/.pm2", .unique_id = "u-1", .pm_id = 4}] = {
      .status = Pm2Status::WaitingRestart, .pm_uptime_ms = 7};
  watched.before.instances[{.home = "/root/.pm2", .unique_id = "u-2"}] = {};
  watched.before.ports = {{3000, true}, {65'535, false}};
  kill.ties[app] = {.tie = Tie{.kind = TieKind::UnixSocket,
                               .of_tree = {.pid = 10, .start_ticks = 91},
                               .program = "node server.js\n"},
                    .whole = true,
                    .held = {80}};
  watched.lost[3000] = milliseconds{505'000};
  watched.counted = watched.harmed = watched.settled = true;
  kill.watched[{.home = "/a", .app = "b"}].before.app = {.home = "/a",
                                                         .app = "b"};
  HarmRecord harm{.kills = {kill}};
  harm.history.windows = {
      {.began = milliseconds{500'000}, .until = milliseconds{560'000}}};
  harm.history.counted = milliseconds{400'000};
  harm.history.apps[app] = {
      .first = milliseconds{1},
      .seen = std::chrono::hours{90},
      .within = milliseconds{60'000},
      .counted = milliseconds{400'000},
      .ends = 7,
      .repeats = 1,
      .recent = {{.at = milliseconds{-5'000}},
                 {.at = milliseconds{300'000},
                  .how = {.how = ExitStatus::How::Exited, .value = 3},
                  .followed = true},
                 {.at = milliseconds{310'000},
                  .how = {.how = ExitStatus::How::Signalled, .value = 11}}},
      .period = std::chrono::hours{1},
      .followed = {milliseconds{500'000}},
      .past_ends = 40,
      .past = std::chrono::hours{2}};
  return harm;
}

State some_state() {
  State state{.boot_id = kBoot,
              .breaker = {.open = true, .why = "harm", .since_unix_ms = 17},
              .kills_unix_ms = {1, 2, 1'700'000'000'000},
              .origins_boot_id = kBoot};
  state.homes_seen["/root/.pm2"] = 0;
  state.homes_seen["/home/a/.pm2"] = std::nullopt;
  state.homes_ended = {"/home/a/.pm2"};
  state.in_grace[{.pid = 8, .start_ticks = 100}] = 70'000;
  state.kept[{.uid = 1000, .print = 0xFFFF'FFFF'FFFF'FFFF}] = {
      .until = std::chrono::hours{24},
      .within = std::chrono::milliseconds{3'400}};
  state.harm = some_harm();
  state.ledger.apps[{.home = "/root/.pm2", .app = "api"}] = {
      .restarts = {{Cause::Watch, 3}, {Cause::Unknown, 18}},
      .resets = 2,
      .unlisted_since_unix_ms = 1'700'000'000'000};
  state.ledger
      .instances[{.home = "/root/.pm2", .unique_id = "u-1", .pm_id = 4}] = {
      .app = "api", .restart_time = 7};
  state.ledger.homes["/root/.pm2"] = true;
  state.ends[{.home = "/root/.pm2", .app = "api"}] = {
      {"code_0", 1}, {"SIGTERM", 70}, {"signal", 2}};
  state.senders[{.home = "/root/.pm2", .app = "api"}] = {
      .last = {.signal = "SIGTERM",
               .sender = "kill",
               .via = "cleanup.sh < cron",
               .unit = "cron.service",
               .uid = 0,
               .unix_ms = 1'700'000'000'000},
      .day = 19'675,
      .of_day = {"SIGTERM|kill|cleanup.sh < cron|cron.service|0"}};
  state.senders[{.home = "/a", .app = "b"}].last = {.signal = "SIGSEGV",
                                                    .sender = "itself"};
  state.ports[{.home = "/root/.pm2", .app = "api"}] = {{3000, false},
                                                       {9229, true}};
  state.asked[{.home = "/root/.pm2", .app = "shop"}] = {3000, 65'535};
  state.backends.boot_id = kBoot;
  state.backends.slots[{.home = "/root/.pm2", .app = "api", .slot = 1}] = {
      .restarts = 4,
      .last = ProcId{.pid = 7, .start_ticks = 99},
      .steady = true,
      .root = ProcId{.pid = 6, .start_ticks = 98},
      .listened = true,
      .down_since_unix_ms = 1'700'000'000'000};
  state.backends.slots[{.home = "/root/.pm2", .app = "idle", .slot = 0}] = {};
  return state;
}

std::vector<std::string> set_aside(const RamDir& dir) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("state.json.damaged-")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

TEST(State, is_empty_where_there_is_no_file) {
  const RamDir dir;
  const Result<LoadedState> loaded = load_state(dir / "new");
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->state, State{});
  EXPECT_FALSE(loaded->complaint);
  EXPECT_TRUE(std::filesystem::is_directory(dir / "new"));
}

TEST(State, comes_back_as_it_was_saved) {
  const RamDir dir;
  ASSERT_TRUE(save_state(dir.path(), some_state()));
  const Result<LoadedState> loaded = load_state(dir.path());
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->complaint);
  EXPECT_EQ(loaded->state, some_state());
  struct stat found{};
  ASSERT_EQ(::stat((dir / "state.json").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST(State, can_be_peeked_at_without_a_trace) {
  const RamDir dir;
  EXPECT_EQ(peek_state(dir / "new").error().fault, Fault::NotFound);
  EXPECT_FALSE(std::filesystem::exists(dir / "new"));
  EXPECT_EQ(peek_state(dir.path()), State{});
  ASSERT_TRUE(save_state(dir.path(), some_state()));
  EXPECT_EQ(peek_state(dir.path()), some_state());
  ASSERT_TRUE(replace_file(dir / "state.json", "{"));
  EXPECT_EQ(peek_state(dir.path()).error().fault, Fault::Malformed);
  EXPECT_EQ(read_file(dir / "state.json", 100), "{");
  EXPECT_THAT(set_aside(dir), SizeIs(0));
}

TEST(State, says_that_it_is_of_strayd_and_of_which_version) {
  const nlohmann::json file = nlohmann::json::parse(format_state(some_state()));
  EXPECT_EQ(file["format"], "strayd-state");
  EXPECT_EQ(file["version"], 1);
}

TEST(State, keeps_names_of_any_bytes_and_its_file_ascii) {
  State state;
  const std::string evil = all_bytes() + "%41%zz";
  state.ledger.apps[{.home = evil, .app = evil}] = {.resets = 1};
  state.ledger.homes[evil] = false;
  state.homes_seen[evil] = 4'294'967'295U;
  const std::string text = format_state(state);
  EXPECT_TRUE(std::ranges::all_of(text, [](char byte) {
    return byte == '\n' || (byte >= ' ' && byte <= '~');
  }));
  const Result<State> back = parse_state(text);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, state);
}

// ---- any state ----

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t end) {
    return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_);
  }
  std::uint64_t number() { return engine_() >> below(64); }
  std::int64_t positive() { return static_cast<std::int64_t>(number() >> 1U); }
  std::string bytes() {
    std::string text;
    for (std::uint64_t left = below(12); left > 0; --left) {
      text += static_cast<char>(below(256));
    }
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

State random_state(Random& random) {
  State state{.boot_id = random.bytes(),
              .breaker = {.open = random.below(2) == 1,
                          .why = random.bytes(),
                          .since_unix_ms = -random.positive()},
              .origins_boot_id = random.bytes()};
  for (std::uint64_t left = random.below(6); left > 0; --left) {
    state.kills_unix_ms.push_back(random.positive());
    state.in_grace[{.pid = static_cast<pid_t>(random.below(1U << 22)),
                    .start_ticks = random.number()}] = random.positive();
    state.kept[{.uid = static_cast<uid_t>(random.below(5000)),
                .print = random.number()}] = {
        .until = std::chrono::milliseconds(random.below(1U << 30U)),
        .within = std::chrono::milliseconds(random.below(30'000))};
    state.homes_seen[random.bytes()] = static_cast<uid_t>(random.below(5000));
    state.homes_seen[random.bytes()] = std::nullopt;
    state.homes_ended.insert(random.bytes());
    state.ledger.homes[random.bytes()] = random.below(2) == 1;
    state.ledger.instances[{.home = random.bytes(),
                            .unique_id = random.bytes(),
                            .pm_id = -random.positive()}] = {
        .app = random.bytes(), .restart_time = random.positive()};
    AppAccount& account =
        state.ledger.apps[{.home = random.bytes(), .app = random.bytes()}];
    account.resets = random.number();
    for (const Cause cause : kCauses) {
      if (random.below(2) == 1) account.restarts[cause] = random.number();
    }
  }
  return state;
}

TEST(State, comes_back_whatever_it_was) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    Random random(seed);
    const State state = random_state(random);
    const Result<State> back = parse_state(format_state(state));
    ASSERT_TRUE(back) << seed << ": " << back.error().what;
    ASSERT_EQ(*back, state) << seed;
  }
}

// ---- damage ----

TEST(State, finds_every_byte_that_changed) {
  const State state = some_state();
  const std::string text = format_state(state);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x02U, 0x08U, 0x20U, 0x80U, 0xFFU}) {
      std::string damaged = text;
      damaged[at] = flipped(damaged[at], flip);
      const Result<State> found = parse_state(damaged);
      // White space may change into other white space.
      ASSERT_TRUE(!found || *found == state) << at;
    }
  }
}

TEST(State, finds_every_truncation) {
  const State state = some_state();
  const std::string text = format_state(state);
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    ASSERT_FALSE(parse_state(text.substr(0, length))) << length;
  }
}

TEST(State, survives_depth) {
  EXPECT_FALSE(parse_state(std::string(200'000, '[')));
  EXPECT_FALSE(
      parse_state(std::string(200'000, '[') + std::string(200'000, ']')));
  const std::string deep =
      std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_FALSE(
      parse_state(R"({"format":"strayd-state","version":1,"crc32":1,"state":)" +
                  deep + "}"));
}

TEST(State, starts_afresh_and_keeps_what_it_cannot_read) {
  const RamDir dir;
  append_to(dir / "state.json", "{\"format\":\"strayd-state\",\n");
  const Result<LoadedState> loaded = load_state(dir.path());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->state.ledger, RestartLedger{});
  EXPECT_TRUE(loaded->state.breaker.open) << "nobody knows that it was closed";
  ASSERT_THAT(set_aside(dir), SizeIs(1));
  const std::string kept = dir / set_aside(dir).front();
  EXPECT_EQ(content_of(kept), "{\"format\":\"strayd-state\",\n");
  ASSERT_TRUE(loaded->complaint);
  EXPECT_THAT(*loaded->complaint, HasSubstr((dir / "state.json") + " "));
  EXPECT_THAT(*loaded->complaint, HasSubstr(kept));
  EXPECT_EQ(loaded->complaint->find('\n'), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(dir / "state.json"));
}

// Loads a file of `text`; true: strayd complained and started afresh.
bool complains_of(const std::string& text) {
  const RamDir dir;
  append_to(dir / "state.json", text);
  const Result<LoadedState> loaded = load_state(dir.path());
  return loaded && loaded->complaint && loaded->state.breaker.open &&
         loaded->state.ledger == RestartLedger{};
}

// The file of a strayd that knew less of one thing, and more of another.
TEST(State, of_another_release_is_taken) {
  State before = some_state();
  before.in_grace.clear();
  before.origins_boot_id.clear();
  before.harm = {};
  before.kept.clear();
  before.ports.clear();
  before.asked.clear();
  nlohmann::json file = nlohmann::json::parse(format_state(before));
  file["state"].erase("in_grace");
  file["state"].erase("origins_boot_id");
  file["state"].erase("kept");
  file["state"].erase("ports");
  file["state"].erase("asked_ports");
  file["state"].erase("harm");
  file["state"]["breaker"]["config_digest"] = "c0ffee";
  file["crc32"] = crc32(file["state"].dump());
  const Result<State> state = parse_state(file.dump());
  ASSERT_TRUE(state) << state.error().what;
  EXPECT_EQ(*state, before);
}

TEST(State, survives_depth_below_a_name_that_nobody_knows) {
  const std::string deep =
      std::string(100'000, '[') + std::string(100'000, ']');
  std::string text = format_state(some_state());
  const std::size_t at = text.find("\"boot_id\"");
  ASSERT_NE(at, std::string::npos);
  EXPECT_FALSE(parse_state(text.insert(at, "\"foreign\": " + deep + ", ")));
}

TEST(State, does_not_take_another_format_version_or_kind_of_value) {
  const nlohmann::json good = nlohmann::json::parse(format_state(some_state()));
  EXPECT_FALSE(complains_of(good.dump()));
  const auto with = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json changed = good;
    changed[nlohmann::json::json_pointer(pointer)] = value;
    return changed.dump();
  };
  EXPECT_TRUE(complains_of(""));
  EXPECT_TRUE(complains_of("null"));
  EXPECT_TRUE(complains_of("{}"));
  EXPECT_TRUE(complains_of(with("/format", "other")));
  EXPECT_TRUE(complains_of(with("/version", 2)));
  EXPECT_TRUE(complains_of(with("/version", "1")));
  EXPECT_TRUE(complains_of(with("/crc32", 1)));
  EXPECT_TRUE(complains_of(with("/state", nlohmann::json::array())));
  EXPECT_TRUE(complains_of(with("/state/breaker/open", 1)));
  EXPECT_TRUE(complains_of(with("/state/kills_unix_ms/0", 1.5)));
  EXPECT_TRUE(complains_of(with("/state/homes_seen/0/uid", -1)));
  EXPECT_TRUE(complains_of(with("/state/homes_seen/0/uid", 4'294'967'296)));
  EXPECT_TRUE(complains_of(with("/state/ledger/apps/0/resets", -1)));
  EXPECT_TRUE(complains_of(with("/state/ledger/apps/0/restarts/watch", -3)));
  EXPECT_TRUE(complains_of(with("/state/ledger/apps/0/restarts/other", 3)));
  EXPECT_TRUE(complains_of(with("/state/ledger/apps/0/app", "%4")));
  EXPECT_TRUE(complains_of(with("/state/ledger/apps/0/app", "%41")));
  EXPECT_TRUE(
      complains_of(with("/state/ledger/instances/0/restart_time", 1e300)));
}

TEST(State, does_not_believe_in_ten_thousand_apps_and_one) {
  State state;
  for (std::size_t i = 0; i < kMostApps; ++i) {
    state.ledger.apps[{.home = "/h", .app = std::to_string(i)}].resets = i;
  }
  EXPECT_TRUE(parse_state(format_state(state)));
  state.ledger.apps[{.home = "/h", .app = "one more"}] = {};
  EXPECT_FALSE(parse_state(format_state(state)));
}

TEST(State, saves_nothing_that_it_would_not_load) {
  const RamDir dir;
  ASSERT_TRUE(save_state(dir.path(), some_state()));
  State state;
  for (std::size_t i = 0; i <= kMostApps; ++i) {
    state.ledger.apps[{.home = "/h", .app = std::to_string(i)}] = {};
  }
  EXPECT_FALSE(save_state(dir.path(), state));
  EXPECT_EQ(load_state(dir.path())->state, some_state());
}

TEST(State, sets_a_directory_and_a_fifo_aside) {
  const RamDir dir;
  std::filesystem::create_directory(dir / "state.json");
  EXPECT_TRUE(load_state(dir.path())->complaint);
  ASSERT_EQ(::mkfifo((dir / "state.json").c_str(), 0600), 0);
  EXPECT_TRUE(load_state(dir.path())->complaint);
  EXPECT_THAT(set_aside(dir), SizeIs(2));
}

TEST(State, keeps_the_newest_five_of_what_it_set_aside) {
  const RamDir dir;
  append_to(dir / "state.json.damaged-9", "the oldest");
  append_to(dir / "state.json.damaged-by-hand", "not ours");
  for (int i = 0; i < 8; ++i) {
    append_to(dir / "state.json", std::to_string(i));
    ASSERT_TRUE(load_state(dir.path())->complaint);
  }
  std::vector<std::string> contents;
  for (const std::string& name : set_aside(dir)) {
    contents.push_back(content_of(dir / name));
  }
  EXPECT_THAT(contents,
              testing::ElementsAre("3", "4", "5", "6", "7", "not ours"));
}

TEST(State, fails_where_its_directory_cannot_be_used) {
  const RamDir dir;
  append_to(dir / "file", "");
  const Result<LoadedState> loaded = load_state(dir / "file/below");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what, HasSubstr(dir / "file"));
  EXPECT_FALSE(save_state(dir / "file/below", {}));
}

TEST(State, of_another_boot_keeps_all_but_its_homes_and_processes) {
  const State after = of_boot(some_state(), "other-boot");
  State expected = some_state();
  expected.homes_seen.clear();
  expected.homes_ended.clear();
  expected.in_grace.clear();
  expected.origins_boot_id.clear();
  expected.harm = {.history = of_next_boot(some_harm().history)};
  expected.kept.clear();
  expected.boot_id = "other-boot";
  EXPECT_EQ(after, expected);
  EXPECT_EQ(of_boot(some_state(), kBoot), some_state());
}

// Any user may listen on all the ports that there are.
TEST(State, of_a_tree_that_held_every_port_is_believed) {
  State state = some_state();
  std::set<std::uint16_t>& held =
      state.harm.kills.front().ties.begin()->second.held;
  for (int port = 0; port <= 65'535; ++port) {
    held.insert(static_cast<std::uint16_t>(port));
  }
  const Result<State> read = parse_state(format_state(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->harm, state.harm);
}

TEST(State, of_asked_ports_that_are_none_is_not_believed) {
  const auto is_believed = [](const nlohmann::json& ports) {
    nlohmann::json file = nlohmann::json::parse(format_state(some_state()));
    file["state"]["asked_ports"][0]["ports"] = ports;
    file["crc32"] = crc32(file["state"].dump());
    return parse_state(file.dump()).has_value();
  };
  EXPECT_TRUE(is_believed({1, 65'535}));
  EXPECT_FALSE(is_believed({65'536}));
  EXPECT_FALSE(is_believed({-1}));
  EXPECT_FALSE(is_believed({"3000"}));
  EXPECT_FALSE(is_believed(std::vector<int>(kMostPortsOfApp + 1, 3000)));
}

TEST(State, of_watched_kills_that_is_absurd_is_not_believed) {
  const auto is_believed =
      [](const std::function<void(nlohmann::json&)>& bend) {
        nlohmann::json file = nlohmann::json::parse(format_state(some_state()));
        bend(file["state"]["harm"]);
        file["crc32"] = crc32(file["state"].dump());
        return parse_state(file.dump()).has_value();
      };
  EXPECT_TRUE(is_believed([](auto&) {}));
  EXPECT_FALSE(is_believed([](auto& harm) { harm.erase("history"); }));
  EXPECT_FALSE(is_believed(
      [](auto& harm) { harm["kills"][0]["ties"][0]["tie"]["kind"] = "wire"; }));
  EXPECT_FALSE(is_believed(
      [](auto& harm) { harm["kills"][0]["ties"][0]["held"] = {-1}; }));
  EXPECT_FALSE(is_believed(
      [](auto& harm) { harm["kills"][0]["ties"][0]["held"] = {65'536}; }));
  EXPECT_FALSE(is_believed([](auto& harm) {
    harm["history"]["apps"][0]["seen_ms"] = 9'223'372'036'854'775'807;
  }));
  EXPECT_FALSE(is_believed([](auto& harm) {
    harm["history"]["apps"][0]["recent"][1]["how"] = {{"exploded", 1}};
  }));
}

}  // namespace
}  // namespace strayd::test
