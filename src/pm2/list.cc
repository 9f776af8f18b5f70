#include "strayd/pm2/list.h"

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "entry.h"
#include "one_line.h"

namespace strayd {
namespace {

namespace json = simdjson::ondemand;
using Field = simdjson::simdjson_result<json::field>;

constexpr std::size_t kMostEntries = 10'000;

// The error's own text quotes nothing of the JSON, which may hold secrets.
std::unexpected<Error> no_json(simdjson::error_code error) {
  return fail(
      Fault::Malformed,
      std::string("the reply is not JSON: ") + simdjson::error_message(error));
}

std::unexpected<Error> refuse(std::string why) {
  return fail(Fault::Malformed, std::move(why));
}

// As it is written: PM2 escapes nothing in the keys that are ours. The parser
// has seen that each string has an end, and that there is no zero before it.
Result<std::string_view> key_of(Field& field) {
  const char* raw = nullptr;
  if (const auto error = field.key().raw().get(raw)) return no_json(error);
  const char* const end = std::strchr(raw, '"');
  if (end == nullptr) return no_json(simdjson::UNCLOSED_STRING);
  return std::string_view(raw, static_cast<std::size_t>(end - raw));
}

// A string that is none, or a number beyond 64 bits, is of another type.
Result<FieldValue> value_of(json::value& value) {
  json::json_type type{};
  if (const auto error = value.type().get(type)) return no_json(error);
  FieldValue found;
  if (type == json::json_type::number) {
    std::int64_t number = 0;
    if (value.get_int64().get(number) == simdjson::SUCCESS) {
      found.number = number;
    }
  } else if (type == json::json_type::string) {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) found.text = text;
  } else if (type == json::json_type::boolean) {
    bool flag = false;
    if (value.get_bool().get(flag) == simdjson::SUCCESS) found.flag = flag;
  } else if (type == json::json_type::null) {
    found.nothing = true;
  } else if (type == json::json_type::array) {
    json::array list;
    if (const auto error = value.get_array().get(list)) return no_json(error);
    if (const auto error = list.is_empty().get(found.nothing)) {
      return no_json(error);
    }
  }
  return found;
}

// {"args":[[{…, "pm2_env":{…}}]]}. Every other value is skipped.
class ListReader {
 public:
  Result<Pm2List> read(json::document& reply) &&;

 private:
  template <typename Take>
  Result<void> each_field(json::object& object, Take take);
  Result<void> take_part(std::string_view key, json::value& value);
  Result<void> take_args(json::value& value);
  Result<void> take_list(json::array& list);
  Result<void> take_entry(json::value& value);
  static Result<void> take_into(EntryDraft& draft,
                                const EntryField* field,
                                json::value& value);
  Result<void> bad_entry();

  bool has_list_ = false;
  Pm2List list_{};
  std::optional<std::string> answered_error_{};
};

template <typename Take>
Result<void> ListReader::each_field(json::object& object, Take take) {
  for (Field field : object) {
    const Result<std::string_view> key = key_of(field);
    if (!key) return std::unexpected(key.error());
    json::value value;
    if (const auto error = field.value().get(value)) return no_json(error);
    const Result<void> taken = take(*key, value);
    if (!taken) return taken;
  }
  return {};
}

Result<void> ListReader::bad_entry() {
  if (++list_.bad_entries <= kMostEntries) return {};
  return refuse("the list has more than 10000 entries that make no sense");
}

Result<void> ListReader::take_into(EntryDraft& draft,
                                   const EntryField* field,
                                   json::value& value) {
  if (field == nullptr) return {};
  const Result<FieldValue> found = value_of(value);
  if (!found) return std::unexpected(found.error());
  field->set(draft, *found);
  return {};
}

Result<void> ListReader::take_entry(json::value& value) {
  json::object entry;
  if (value.get_object().get(entry) != simdjson::SUCCESS) return bad_entry();
  EntryDraft draft;
  const auto of_env = [&](std::string_view key, json::value& field) {
    return take_into(draft, env_field(draft, key), field);
  };
  const auto of_entry = [&](std::string_view key, json::value& field) {
    if (key != "pm2_env") return take_into(draft, entry_field(key), field);
    json::object env;
    if (field.get_object().get(env) != simdjson::SUCCESS) return Result<void>{};
    return each_field(env, of_env);
  };
  const Result<void> read = each_field(entry, of_entry);
  if (!read) return read;
  std::optional<Pm2Instance> instance = finish_entry(std::move(draft));
  if (!instance) return bad_entry();
  list_.instances.push_back(*std::move(instance));
  if (list_.instances.size() <= kMostEntries) return {};
  return refuse("the list has more than 10000 entries");
}

Result<void> ListReader::take_list(json::array& list) {
  if (std::exchange(has_list_, true)) {
    return refuse("the reply has more than one list");
  }
  for (auto element : list) {
    json::value entry;
    if (const auto error = element.get(entry)) return no_json(error);
    const Result<void> taken = take_entry(entry);
    if (!taken) return taken;
  }
  return {};
}

Result<void> ListReader::take_args(json::value& value) {
  json::array args;
  if (value.get_array().get(args) != simdjson::SUCCESS) {
    return refuse("the reply's args are not a list");
  }
  for (auto element : args) {
    json::array list;
    const auto error = element.get_array().get(list);
    if (error == simdjson::INCORRECT_TYPE) {
      return refuse("the reply's result is not one list");
    }
    if (error != simdjson::SUCCESS) return no_json(error);
    const Result<void> taken = take_list(list);
    if (!taken) return taken;
  }
  return {};
}

Result<void> ListReader::take_part(std::string_view key, json::value& value) {
  if (key == "args") return take_args(value);
  if (key != "error") return {};
  const Result<FieldValue> error = value_of(value);
  if (!error) return std::unexpected(error.error());
  answered_error_ = one_line(error->text.value_or("(no text)"));
  return {};
}

Result<Pm2List> ListReader::read(json::document& reply) && {
  json::object object;
  const auto error = reply.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) {
    return refuse("the reply is not an object");
  }
  if (error != simdjson::SUCCESS) return no_json(error);
  const Result<void> read =
      each_field(object, [this](std::string_view key, json::value& value) {
        return take_part(key, value);
      });
  if (!read) return std::unexpected(read.error());
  // Nowhere any more: all is read.
  if (reply.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return no_json(simdjson::TRAILING_CONTENT);
  }
  if (answered_error_) {
    return fail(Fault::Io, "PM2 answered with an error: " + *answered_error_);
  }
  if (!has_list_) return refuse("the reply holds no list");
  return std::move(list_);
}

}  // namespace

Result<Pm2List> parse_pm2_list(std::string_view text) {
  const simdjson::padded_string padded(text);
  json::parser parser;
  json::document reply;
  if (const auto error = parser.iterate(padded).get(reply)) {
    return no_json(error);
  }
  return ListReader{}.read(reply);
}

}  // namespace strayd
