#include "strayd/pm2/list.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "entry.h"
#include "one_line.h"

namespace strayd {
namespace {

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostEntries = 10'000;

// The containers that lead to a field of ours, outermost first:
// {"args":[[{…, "pm2_env":{…}}]]}. Every other container is skipped whole.
enum class Place { Outside, Reply, Args, List, Entry, Env };

Place parent_of(Place place) {
  return static_cast<Place>(static_cast<int>(place) - 1);
}

// What the parser calls, one function for each token; false stops it. The names
// are those of nlohmann::json_sax.
class ListReader {
 public:
  Result<Pm2List> result(bool parsed) &&;

  bool null() { return scalar({}); }
  bool boolean(bool /*value*/) { return scalar({}); }
  bool number_integer(std::int64_t value) { return scalar({.number = value}); }
  bool number_unsigned(std::uint64_t value);
  bool number_float(double /*value*/, const std::string& /*text*/) {
    return scalar({});
  }
  bool string(std::string& value) { return scalar({.text = value}); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return scalar({}); }
  bool key(std::string& name);
  bool start_object(std::size_t /*size*/) { return open(true); }
  bool start_array(std::size_t /*size*/) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position,
                   const std::string& last_token,
                   const nlohmann::json::exception& error);

 private:
  enum class Key { Other, Args, Error, Pm2Env };

  bool refuse(std::string why);
  bool scalar(const FieldValue& value);
  Place place_within(bool object) const;
  bool open(bool object);
  bool close();
  bool enter(Place place);
  bool skip(const FieldValue& value);
  bool bad_entry();

  Place place_ = Place::Outside;
  std::size_t skipped_ = 0;  // open containers that lead to nothing of ours
  std::size_t depth_ = 0;
  Key key_ = Key::Other;
  const EntryField* field_ = nullptr;  // which the next value is for
  bool has_list_ = false;
  EntryDraft draft_{};
  Pm2List list_{};
  std::optional<std::string> answered_error_{};
  std::string refusal_{};
};

bool ListReader::refuse(std::string why) {
  refusal_ = std::move(why);
  return false;
}

bool ListReader::number_unsigned(std::uint64_t value) {
  if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return scalar({});
  }
  return scalar({.number = static_cast<std::int64_t>(value)});
}

bool ListReader::key(std::string& name) {
  if (skipped_ > 0) return true;
  key_ = Key::Other;
  field_ = nullptr;
  if (place_ == Place::Reply && name == "args") key_ = Key::Args;
  if (place_ == Place::Reply && name == "error") key_ = Key::Error;
  if (place_ == Place::Entry && name == "pm2_env") key_ = Key::Pm2Env;
  if (place_ == Place::Entry) field_ = entry_field(name);
  if (place_ == Place::Env) field_ = env_field(name);
  return true;
}

bool ListReader::scalar(const FieldValue& value) {
  return skipped_ > 0 || skip(value);
}

// A value that is none of the containers we look for: a scalar, or a container
// where its content does not matter.
bool ListReader::skip(const FieldValue& value) {
  switch (place_) {
    case Place::Outside:
      return refuse("the reply is not an object");
    case Place::Args:
      return refuse("the reply's result is not one list");
    case Place::Reply:
      if (key_ == Key::Args) return refuse("the reply's args are not a list");
      if (key_ == Key::Error) {
        answered_error_ = one_line(value.text.value_or("(no text)"));
      }
      return true;
    case Place::List:
      return bad_entry();
    case Place::Entry:
    case Place::Env:
      if (field_ != nullptr) field_->set(draft_, value);
      return true;
  }
  return false;
}

// Which of the containers we look for this one is; Outside: none.
Place ListReader::place_within(bool object) const {
  switch (place_) {
    case Place::Outside:
      return object ? Place::Reply : Place::Outside;
    case Place::Reply:
      return !object && key_ == Key::Args ? Place::Args : Place::Outside;
    case Place::Args:
      return object ? Place::Outside : Place::List;
    case Place::List:
      return object ? Place::Entry : Place::Outside;
    case Place::Entry:
      return object && key_ == Key::Pm2Env ? Place::Env : Place::Outside;
    case Place::Env:
      return Place::Outside;
  }
  return Place::Outside;
}

bool ListReader::open(bool object) {
  if (++depth_ > kDeepest) return refuse("the reply is nested too deep");
  if (skipped_ == 0) {
    const Place place = place_within(object);
    if (place != Place::Outside) return enter(place);
    if (!skip({})) return false;
  }
  ++skipped_;
  return true;
}

bool ListReader::enter(Place place) {
  place_ = place;
  if (place == Place::List && std::exchange(has_list_, true)) {
    return refuse("the reply has more than one list");
  }
  if (place == Place::Entry) draft_ = {};
  return true;
}

bool ListReader::close() {
  --depth_;
  if (skipped_ > 0) {
    --skipped_;
    return true;
  }
  const Place left = std::exchange(place_, parent_of(place_));
  key_ = Key::Other;
  field_ = nullptr;
  if (left != Place::Entry) return true;
  std::optional<Pm2Instance> instance = finish_entry(std::move(draft_));
  if (!instance) return bad_entry();
  list_.instances.push_back(*std::move(instance));
  return list_.instances.size() <= kMostEntries ||
         refuse("the list has more than 10000 entries");
}

bool ListReader::bad_entry() {
  return ++list_.bad_entries <= kMostEntries ||
         refuse("the list has more than 10000 entries that make no sense");
}

// The exception's own text quotes the JSON, and so may hold a secret.
bool ListReader::parse_error(std::size_t position,
                             const std::string& /*token*/,
                             const nlohmann::json::exception& /*error*/) {
  return refuse("the reply is not JSON from byte " + std::to_string(position));
}

Result<Pm2List> ListReader::result(bool parsed) && {
  if (!parsed) return fail(Fault::Malformed, std::move(refusal_));
  if (answered_error_) {
    return fail(Fault::Io, "PM2 answered with an error: " + *answered_error_);
  }
  if (!has_list_) return fail(Fault::Malformed, "the reply holds no list");
  return std::move(list_);
}

}  // namespace

Result<Pm2List> parse_pm2_list(std::string_view json) {
  ListReader reader;
  const bool parsed = nlohmann::json::sax_parse(json, &reader);
  return std::move(reader).result(parsed);
}

}  // namespace strayd
