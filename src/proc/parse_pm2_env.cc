#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "strayd/proc/parse.h"

namespace strayd {
namespace {

// PM2 writes three levels. The parser does not recurse; this bounds its memory.
constexpr std::size_t kDeepest = 32;

// Hears of each value of the object, and keeps what is on its first level.
// Every answer `false` ends the parse.
class Members final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Environment take() { return std::move(members_); }

  bool null() override { return keep(std::nullopt); }
  bool boolean(bool value) override {
    return keep(std::string(value ? "true" : "false"));
  }
  bool number_integer(number_integer_t value) override {
    return keep(std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return keep(std::to_string(value));
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return keep(text);
  }
  bool string(string_t& value) override { return keep(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return enter(); }
  bool start_array(std::size_t /*size*/) override {
    return depth_ > 0 && enter();  // the whole must be an object
  }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t /*position*/,
                   const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool enter() { return ++depth_ <= kDeepest; }
  bool leave() {
    --depth_;
    return true;
  }
  bool keep(std::optional<std::string> value) {
    if (depth_ == 0) return false;
    const bool allowed =
        std::ranges::find(kEnvironmentKeys, key_) != std::end(kEnvironmentKeys);
    if (depth_ == 1 && allowed && value) {
      members_.try_emplace(key_, *std::move(value));
    }
    return true;
  }

  Environment members_;
  std::string key_;
  std::size_t depth_ = 0;
};

}  // namespace

Result<Environment> parse_pm2_env(std::string_view json) {
  Members members;
  if (!nlohmann::json::sax_parse(json, &members)) {
    return fail(Fault::Malformed, "parse pm2_env: not a whole JSON object");
  }
  return members.take();
}

}  // namespace strayd
