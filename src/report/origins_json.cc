// A host has many processes and few launches: each name and each launch is
// written once, and told by its place. One array for each process.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "strayd/report/origins_file.h"

#include "crc32.h"
#include "json_members.h"
#include "percent.h"

namespace strayd {
namespace {

using Json = nlohmann::json;
using Owner = Origin::Owner;

constexpr const char* kFormat = "strayd-origins";
constexpr std::uint64_t kVersion = 1;

std::unexpected<Error> malformed(const std::string& why) {
  return fail(Fault::Malformed, "origins: " + why);
}

constexpr std::array kOwners{std::pair{Owner::Launch, "launch"},
                             std::pair{Owner::Pm2, "pm2"},
                             std::pair{Owner::Supervisor, "supervisor"},
                             std::pair{Owner::Forgotten, "forgotten"}};
constexpr std::array kPartings{std::pair{Parting::None, "none"},
                               std::pair{Parting::LetGo, "let_go"},
                               std::pair{Parting::Left, "left"},
                               std::pair{Parting::Unseen, "unseen"}};
constexpr std::array kEnds{std::pair{LaunchEnd::None, "none"},
                           std::pair{LaunchEnd::Replaced, "replaced"},
                           std::pair{LaunchEnd::Down, "down"},
                           std::pair{LaunchEnd::Removed, "removed"}};

template <typename Enum, typename Words>
const char* word(const Words& words, Enum value) {
  for (const auto& [known, said] : words) {
    if (known == value) return said;
  }
  std::abort();
}

// ---- out

// What is written once, by the place that it got.
template <typename Value>
class Table {
 public:
  std::size_t of(const Value& value) {
    const auto [found, is_new] = places_.try_emplace(value, values_.size());
    if (is_new) values_.push_back(&found->first);
    return found->second;
  }
  const std::vector<const Value*>& values() const { return values_; }

 private:
  std::map<Value, std::size_t> places_{};
  std::vector<const Value*> values_{};
};

Json process_json(const ProcId& id) {
  return Json::array({id.pid, id.start_ticks});
}

Json time_json(const std::optional<BootTime>& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

class Writer {
 public:
  Json content(const StoredOrigins& stored) {
    Json launches = Json::array();
    for (const auto& [key, launch] : stored.launches) {
      launches.push_back(launch_json(key, launch));
    }
    Json origins = Json::array();
    for (const auto& [id, origin] : stored.origins) {
      origins.push_back(origin_json(id, origin));
    }
    Json places = Json::array();
    for (const auto& [id, names] : stored.places) {
      places.push_back(places_json(id, names));
    }
    Json keys = keys_json();
    return {{"boot_id", percent_encoded(stored.boot_id)},
            {"forgotten", time_json(stored.forgotten)},
            {"launches", std::move(launches)},
            {"origins", std::move(origins)},
            {"places", std::move(places)},
            {"keys", std::move(keys)},
            {"names", names_json()}};
  }

 private:
  Json launch_json(const LaunchKey& key, const LaunchMemory& launch) {
    return Json::array(
        {keys_.of(key),
         names_.of(launch.app),
         launch.slot ? Json(*launch.slot) : Json(nullptr),
         launch.root ? process_json(*launch.root) : Json(nullptr),
         launch.daemon ? process_json(*launch.daemon) : Json(nullptr),
         launch.kill_timeout.count(),
         launch.cluster,
         launch.treekill,
         launch.restarts,
         launch.wanted,
         word(kEnds, launch.end),
         launch.lists,
         time_json(launch.ended)});
  }

  Json origin_json(const ProcId& id, const Origin& origin) {
    return Json::array({id.pid,
                        id.start_ticks,
                        word(kOwners, origin.owner),
                        keys_.of(origin.launch),
                        names_.of(origin.name),
                        process_json(origin.root),
                        process_json(origin.parent),
                        origin.since.count(),
                        origin.until.count(),
                        word(kPartings, origin.parting)});
  }

  Json places_json(const ProcId& id, const std::set<std::string>& names) {
    Json all = Json::array();
    for (const std::string& name : names) all.push_back(names_.of(name));
    return Json::array({id.pid, id.start_ticks, std::move(all)});
  }

  Json keys_json() {
    Json all = Json::array();
    for (const LaunchKey* key : keys_.values()) {
      all.push_back(Json::array({names_.of(key->instance.home),
                                 names_.of(key->instance.unique_id),
                                 key->instance.pm_id,
                                 key->pm_uptime_ms}));
    }
    return all;
  }

  // Last: all others add to them.
  Json names_json() const {
    Json all = Json::array();
    for (const std::string* name : names_.values()) {
      all.push_back(percent_encoded(*name));
    }
    return all;
  }

  Table<std::string> names_{};
  Table<LaunchKey> keys_{};
};

// ---- in

// The values of one array in their order, each of the one type that it must
// have. Until complete() said so they are not to be believed.
class Row {
 public:
  // Borrows it. Anything but an array of that many lacks everything.
  Row(const Json& array, std::size_t size)
      : array_(array), complete_(array.is_array() && array.size() == size) {}

  bool complete() const { return complete_; }

  const Json& next() {
    static const Json kNothing;
    return complete_ ? array_[next_++] : kNothing;
  }

  template <typename Integer>
  Integer integer(Integer least = std::numeric_limits<Integer>::min(),
                  Integer most = std::numeric_limits<Integer>::max()) {
    const Json& found = next();
    if (found.is_number_unsigned()) {
      const auto value = found.get<std::uint64_t>();
      if (std::cmp_greater_equal(value, least) &&
          std::cmp_less_equal(value, most)) {
        return static_cast<Integer>(value);
      }
    } else if (found.is_number_integer()) {
      const auto value = found.get<std::int64_t>();
      if (std::cmp_greater_equal(value, least) &&
          std::cmp_less_equal(value, most)) {
        return static_cast<Integer>(value);
      }
    }
    return lacking<Integer>();
  }

  bool flag() {
    const Json& found = next();
    return found.is_boolean() ? found.get<bool>() : lacking<bool>();
  }

  BootTime time() { return BootTime{integer<BootTime::rep>()}; }

  ProcId id() {
    const pid_t pid = integer<pid_t>(0);
    return {.pid = pid, .start_ticks = integer<std::uint64_t>()};
  }

  ProcId process() {
    Row row(next(), 2);
    const ProcId found = row.id();
    complete_ = complete_ && row.complete();
    return found;
  }

  // nullopt: null.
  template <typename Read>
  auto optional(Read read) -> std::optional<decltype(read(*this))> {
    if (complete_ && array_[next_].is_null()) {
      ++next_;
      return std::nullopt;
    }
    return read(*this);
  }

  template <typename Enum, std::size_t kSize>
  Enum word(const std::array<std::pair<Enum, const char*>, kSize>& words) {
    const Json& found = next();
    for (const auto& [value, said] : words) {
      if (found == said) return value;
    }
    return lacking<Enum>();
  }

  // One of `values`, by its place.
  template <typename Value>
  Value of(const std::vector<Value>& values) {
    const auto place = integer<std::size_t>();
    return complete_ && place < values.size() ? values[place]
                                              : lacking<Value>();
  }

 private:
  template <typename T>
  T lacking() {
    complete_ = false;
    return T{};
  }

  const Json& array_;
  std::size_t next_ = 0;
  bool complete_;
};

class Reader {
 public:
  explicit Reader(const Json& content) : members_(content) {}

  Result<StoredOrigins> read() {
    read_names();
    read_keys();
    StoredOrigins stored{.boot_id = text(members_.text("boot_id"))};
    if (!members_.null("forgotten")) {
      stored.forgotten = BootTime{members_.integer("forgotten")};
    }
    for (const Json& row : members_.array("launches", kMostLaunches)) {
      add(stored.launches, launch(row));
    }
    for (const Json& row : members_.array("origins", kMostOrigins)) {
      add(stored.origins, origin(row));
    }
    for (const Json& row : members_.array("places", kMostOrigins)) {
      add(stored.places, places(row));
    }
    if (members_.complete()) return stored;
    return malformed("a value lacks, is of another type, or absurd");
  }

 private:
  // One name of each process and three of each launch, and their places.
  static constexpr std::size_t kMostNames = 8 * (kMostOrigins + kMostLaunches);

  std::string text(const std::string& encoded) {
    std::optional<std::string> bytes = percent_decoded(encoded);
    if (!bytes) members_.reject();
    return std::move(bytes).value_or("");
  }

  void require(const Row& row) {
    if (!row.complete()) members_.reject();
  }

  // Nothing is told twice.
  template <typename Key, typename Value>
  void add(std::map<Key, Value>& all, std::pair<Key, Value> one) {
    if (!all.insert(std::move(one)).second) members_.reject();
  }

  void read_names() {
    for (const Json& name : members_.array("names", kMostNames)) {
      if (!name.is_string()) {
        members_.reject();
        return;
      }
      names_.push_back(text(name.get<std::string>()));
    }
  }

  void read_keys() {
    constexpr std::size_t kMostKeys = kMostLaunches + kMostOrigins;
    for (const Json& each : members_.array("keys", kMostKeys)) {
      Row row(each, 4);
      LaunchKey key;
      key.instance.home = row.of(names_);
      key.instance.unique_id = row.of(names_);
      key.instance.pm_id = row.integer<std::int64_t>();
      key.pm_uptime_ms = row.integer<std::int64_t>();
      require(row);
      keys_.push_back(std::move(key));
    }
  }

  std::pair<LaunchKey, LaunchMemory> launch(const Json& each) {
    Row row(each, 13);
    LaunchKey key = row.of(keys_);
    LaunchMemory launch;
    launch.app = row.of(names_);
    launch.slot = row.optional([](Row& from) { return from.integer<int>(); });
    launch.root = row.optional([](Row& from) { return from.process(); });
    launch.daemon = row.optional([](Row& from) { return from.process(); });
    launch.kill_timeout = std::chrono::milliseconds{
        row.integer<std::chrono::milliseconds::rep>()};
    launch.cluster = row.flag();
    launch.treekill = row.flag();
    launch.restarts = row.flag();
    launch.wanted = row.flag();
    launch.end = row.word(kEnds);
    launch.lists = row.integer<int>();
    launch.ended = row.optional([](Row& from) { return from.time(); });
    require(row);
    return {std::move(key), std::move(launch)};
  }

  std::pair<ProcId, Origin> origin(const Json& each) {
    Row row(each, 10);
    const ProcId id = row.id();
    Origin origin;
    origin.owner = row.word(kOwners);
    origin.launch = row.of(keys_);
    origin.name = row.of(names_);
    origin.root = row.process();
    origin.parent = row.process();
    origin.since = row.time();
    origin.until = row.time();
    origin.parting = row.word(kPartings);
    require(row);
    return {id, std::move(origin)};
  }

  std::pair<ProcId, std::set<std::string>> places(const Json& each) {
    Row row(each, 3);
    const ProcId id = row.id();
    const Json& numbers = row.next();
    std::set<std::string> names;
    Row each_name(numbers, numbers.is_array() ? numbers.size() : 0);
    for (std::size_t i = 0; each_name.complete() && i < numbers.size(); ++i) {
      if (!names.insert(each_name.of(names_)).second) members_.reject();
    }
    require(row);
    require(each_name);
    return {id, std::move(names)};
  }

  Members members_;
  std::vector<std::string> names_{};
  std::vector<LaunchKey> keys_{};
};

}  // namespace

std::string format_origins(const StoredOrigins& stored) {
  Json content = Writer().content(stored);
  const std::uint32_t sum = crc32(content.dump());
  const Json file = {{"format", kFormat},
                     {"version", kVersion},
                     {"crc32", sum},
                     {"origins", std::move(content)}};
  return file.dump() + '\n';
}

Result<StoredOrigins> parse_origins(std::string_view text) {
  // What lies deeper is not ours, and dump() would follow it down the stack.
  constexpr int kDeepest = 8;
  const Json file = Json::parse(
      text,
      [](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
        return depth <= kDeepest;
      },
      false);
  Members members(file);
  if (members.text("format") != kFormat) {
    return malformed("not JSON of the format strayd-origins");
  }
  const std::uint64_t version = members.count("version");
  if (version != kVersion) {
    return malformed("version " + std::to_string(version) + ", not " +
                     std::to_string(kVersion));
  }
  const std::uint64_t sum = members.count("crc32");
  const Json& content = members.object("origins");
  Result<StoredOrigins> stored = Reader(content).read();
  if (!stored) return stored;
  if (!members.complete() || sum != crc32(content.dump())) {
    return malformed("its checksum does not fit");
  }
  return stored;
}

}  // namespace strayd
