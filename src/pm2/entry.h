// One entry of PM2's list, or of its bus, while it is being parsed, and which
// of its fields strayd takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/core/supervisor.h"

namespace strayd {

// A JSON value as far as a field can use it; none of them: of any other type.
struct FieldValue {
  std::optional<std::int64_t> number{};
  std::optional<std::string_view> text{};
  std::optional<bool> flag{};
  bool nothing = false;  // null, or a list without an element
};

// `pm_id` and `name` are both beside pm2_env and in it. PM2 7.0.4 copies the
// outer from the inner one (God/Methods.js), so the outer comes first.
struct EntryDraft {
  Pm2Instance instance{};
  std::optional<std::int64_t> pm_id{};
  std::optional<std::int64_t> inner_pm_id{};
  std::string name{};
  std::string inner_name{};
  bool autorestart = true;
  bool has_stop_codes = false;
  // Under which name PM2 puts the instance's number (instance_var).
  std::string slot_key = "NODE_APP_INSTANCE";
  bool bad = false;
};

// One allow-listed field.
struct EntryField {
  std::string_view key{};
  void (*set)(EntryDraft&, const FieldValue&) = nullptr;
};

// nullptr: not allow-listed, drop the value.
const EntryField* entry_field(std::string_view key);  // of an entry
// Of its pm2_env, of which the draft holds what came before.
const EntryField* env_field(const EntryDraft& draft, std::string_view key);

// nullopt: the entry is bad.
std::optional<Pm2Instance> finish_entry(EntryDraft draft);

}  // namespace strayd
