#include "ends_json.h"

#include <limits>
#include <string>
#include <utility>

namespace strayd {
namespace {

using Json = nlohmann::json;

AppKey read_key(Members& members) {
  return {.home = members.bytes("home"), .app = members.bytes("app")};
}

Json key_json(const AppKey& key) {
  return {{"home", percent_encoded(key.home)},
          {"app", percent_encoded(key.app)}};
}

}  // namespace

Json ends_json(const Ends& ends) {
  Json all = Json::array();
  for (const auto& [app, counts] : ends) {
    Json one = key_json(app);
    one["how"] = counts;
    all.push_back(std::move(one));
  }
  return all;
}

void read_ends(Members& members, Ends& ends) {
  auto& counts = ends[read_key(members)];
  const Json& words = members.object("how");
  for (const auto& [word, count] : words.items()) {
    if (!is_end_word(word) || !count.is_number_unsigned()) {
      return members.reject();
    }
    counts[word] = count.get<std::uint64_t>();
  }
}

Json senders_json(const Senders& senders) {
  Json all = Json::array();
  for (const auto& [app, known] : senders) {
    Json one = key_json(app);
    const LastSender& last = known.last;
    one["signal"] = last.signal;
    one["sender"] = percent_encoded(last.sender);
    one["via"] = percent_encoded(last.via);
    one["unit"] = percent_encoded(last.unit);
    one["uid"] = last.uid ? Json(*last.uid) : Json(nullptr);
    one["unix_ms"] = last.unix_ms;
    one["day"] = known.day;
    one["of_day"] = Json::array();
    for (const std::string& key : known.of_day) {
      one["of_day"].push_back(percent_encoded(key));
    }
    all.push_back(std::move(one));
  }
  return all;
}

void read_sender(Members& members, Senders& senders) {
  constexpr std::uint64_t kMostUid = std::numeric_limits<uid_t>::max();
  SendersOfApp& known = senders[read_key(members)];
  known.day = members.integer("day");
  known.last = {.signal = members.text("signal"),
                .sender = members.bytes("sender"),
                .via = members.bytes("via"),
                .unit = members.bytes("unit"),
                .unix_ms = members.integer("unix_ms")};
  if (!is_end_word(known.last.signal)) members.reject();
  if (!members.null("uid")) {
    known.last.uid = static_cast<uid_t>(members.count("uid", kMostUid));
  }
  for (const Json& key : members.array("of_day", kMostSenders)) {
    const auto decoded = key.is_string()
                             ? percent_decoded(key.get<std::string>())
                             : std::nullopt;
    if (!decoded) return members.reject();
    known.of_day.insert(*decoded);
  }
}

}  // namespace strayd
