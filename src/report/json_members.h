// Reads members of a JSON object that somebody else wrote, each of the one type
// that it must have. What lacks is remembered, so that one question at the end
// will do: until it is answered, the values are not to be believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "strayd/core/process.h"

#include "percent.h"

namespace strayd {

class Members {
 public:
  using Json = nlohmann::json;

  // Borrows `object`. Anything but an object lacks everything.
  explicit Members(const Json& object) : object_(object) {}

  bool complete() const { return complete_; }
  bool has(const char* name) const {
    return object_.is_object() && object_.contains(name);
  }
  // For what a caller finds wrong himself.
  void reject() { complete_ = false; }

  std::string text(const char* name) {
    const Json& found = at(name);
    if (!found.is_string()) return lacking<std::string>();
    return found.get<std::string>();
  }

  // Whatever bytes somebody else gave it, as percent_encoded() wrote them.
  std::string bytes(const char* name) {
    const std::optional<std::string> decoded = percent_decoded(text(name));
    return decoded ? *decoded : lacking<std::string>();
  }

  bool flag(const char* name) {
    const Json& found = at(name);
    if (!found.is_boolean()) return lacking<bool>();
    return found.get<bool>();
  }

  std::uint64_t count(const char* name, std::uint64_t most = kNoLimit) {
    const Json& found = at(name);
    if (!found.is_number_unsigned()) return lacking<std::uint64_t>();
    const auto value = found.get<std::uint64_t>();
    return value <= most ? value : lacking<std::uint64_t>();
  }

  // Whatever fits into 64 bits with a sign.
  std::int64_t integer(const char* name) {
    const Json& found = at(name);
    if (!found.is_number_integer()) return lacking<std::int64_t>();
    if (!found.is_number_unsigned()) return found.get<std::int64_t>();
    return static_cast<std::int64_t>(count(name, kMostSigned));
  }

  std::int64_t positive(const char* name) {
    return static_cast<std::int64_t>(count(name, kMostSigned));
  }

  ProcId process() {
    constexpr std::uint64_t kMostPid = std::numeric_limits<pid_t>::max();
    return {.pid = static_cast<pid_t>(count("pid", kMostPid)),
            .start_ticks = count("start_ticks")};
  }

  // One of an enumeration, by the word that to_string() gives it.
  template <typename Enum, typename All>
  Enum word(const char* name, const All& all) {
    const std::string said = text(name);
    for (const Enum value : all) {
      if (to_string(value) == said) return value;
    }
    return lacking<Enum>();
  }

  // An object; an empty one where it lacks, which lacks everything.
  const Json& object(const char* name) {
    const Json& found = at(name);
    if (!found.is_object()) complete_ = false;
    return found;
  }

  // An array of at most `most`; an empty one where it lacks.
  const Json& array(const char* name, std::size_t most) {
    const Json& found = at(name);
    if (found.is_array() && found.size() <= most) return found;
    complete_ = false;
    return nothing();
  }

  bool null(const char* name) const { return has(name) && at(name).is_null(); }

 private:
  static constexpr std::uint64_t kNoLimit =
      std::numeric_limits<std::uint64_t>::max();
  static constexpr auto kMostSigned =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

  static const Json& nothing() {
    static const Json kNothing;
    return kNothing;
  }

  const Json& at(const char* name) const {
    return has(name) ? *object_.find(name) : nothing();
  }

  template <typename T>
  T lacking() {
    complete_ = false;
    return T{};
  }

  const Json& object_;
  bool complete_ = true;
};

// Gives the members of each element to `read`, up to the first that lacks
// something.
template <typename Read>
void read_each(Members& outer, const char* name, std::size_t most, Read read) {
  for (const Members::Json& element : outer.array(name, most)) {
    Members members(element);
    read(members);
    if (!members.complete()) return outer.reject();
  }
}

}  // namespace strayd
