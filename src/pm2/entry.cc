#include "entry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace strayd {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::int64_t kLargestPid = 1 << 22;  // PID_MAX_LIMIT, 64 bit
constexpr std::int64_t kLargestExitCode = 255;
constexpr std::int64_t kLargestSlot = 1'000'000;
// JavaScript's Number.MAX_SAFE_INTEGER: beyond it a count is no count.
constexpr std::int64_t kLargestCount = (std::int64_t{1} << 53) - 1;
// The year 2223: in nanoseconds it still fits 64 bits.
constexpr std::int64_t kLatestUnixMs = 8'000'000'000'000;
// A longer kill_timeout only holds strayd back, and nobody waits longer for an
// app to be stable, so they may be cut; whoever adds them to a time must not
// overflow.
constexpr std::int64_t kLongestMs = 24LL * 60 * 60 * 1000;

// A number, or a string that is one as a whole.
std::optional<std::int64_t> integer(const FieldValue& value) {
  if (value.number || !value.text) return value.number;
  std::int64_t number = 0;
  const char* const end = std::to_address(value.text->end());
  const auto [rest, error] =
      std::from_chars(std::to_address(value.text->begin()), end, number);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

std::optional<std::int64_t> integer_within(const FieldValue& value,
                                           std::int64_t low,
                                           std::int64_t high) {
  const std::optional<std::int64_t> number = integer(value);
  if (!number || *number < low || *number > high) return std::nullopt;
  return number;
}

std::optional<std::int64_t> count(const FieldValue& value) {
  return integer_within(value, 0, kLargestCount);
}

std::optional<std::int64_t> unix_time(const FieldValue& value) {
  return integer_within(value, 1, kLatestUnixMs);
}

std::string text_or(EntryDraft& draft,
                    const FieldValue& value,
                    std::string_view otherwise = "") {
  std::string_view text = value.text.value_or(otherwise);
  if (text.size() > kLongestText) {
    draft.bad = true;
    text = otherwise;
  }
  return std::string(text.empty() ? otherwise : text);
}

// What is no path that the kernel takes is not known.
std::string path_of(const FieldValue& value) {
  const std::string_view path = value.text.value_or("");
  return std::string(path.size() <= kLongestText ? path : "");
}

Pm2Status status_of(const FieldValue& value) {
  const auto* const known = std::ranges::find_if(
      kPm2Statuses,
      [&](Pm2Status status) { return value.text == to_string(status); });
  return known == std::end(kPm2Statuses) ? Pm2Status::Unknown : *known;
}

// Never a string here: PM2 takes it from the process object itself.
std::optional<pid_t> pid_of(const FieldValue& value) {
  const std::int64_t pid = value.number.value_or(0);
  if (pid <= 1 || pid > kLargestPid) return std::nullopt;
  return static_cast<pid_t>(pid);
}

std::optional<int> exit_code_of(const FieldValue& value) {
  const std::optional<std::int64_t> code =
      integer_within(value, 0, kLargestExitCode);
  return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
}

std::optional<int> slot_of(const FieldValue& value) {
  const std::optional<std::int64_t> slot =
      integer_within(value, 0, kLargestSlot);
  return slot ? std::optional(static_cast<int>(*slot)) : std::nullopt;
}

std::chrono::milliseconds duration_or(const FieldValue& value,
                                      std::chrono::milliseconds otherwise) {
  const std::optional<std::int64_t> ms = count(value);
  if (!ms) return otherwise;
  return std::chrono::milliseconds{std::min(*ms, kLongestMs)};
}

// An app that is named anew has no number under its old one.
void name_slot(EntryDraft& draft, const FieldValue& value) {
  const std::string key = text_or(draft, value, EntryDraft{}.slot_key);
  if (key != draft.slot_key) draft.instance.slot.reset();
  draft.slot_key = key;
}

constexpr auto kEntryFields = std::to_array<EntryField>({
    {.key = "pid",
     .set =
         [](EntryDraft& draft, const FieldValue& value) {
           draft.instance.pid = pid_of(value);
         }},
    {.key = "pm_id",
     .set =
         [](EntryDraft& draft, const FieldValue& value) {
           draft.pm_id = count(value);
         }},
    {.key = "name",
     .set =
         [](EntryDraft& draft, const FieldValue& value) {
           draft.name = text_or(draft, value);
         }},
});

constexpr auto kEnvFields =
    std::to_array<EntryField>({
        {.key = "pm_id",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.inner_pm_id = count(value);
             }},
        {.key = "name",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.inner_name = text_or(draft, value);
             }},
        {.key = "namespace",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.name_space = text_or(draft, value, "default");
             }},
        {.key = "status",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.status = status_of(value);
             }},
        {.key = "unique_id",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.unique_id = text_or(draft, value);
             }},
        {.key = "restart_time",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.restart_time = count(value).value_or(0);
             }},
        {.key = "unstable_restarts",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.unstable_restarts = count(value).value_or(0);
             }},
        {.key = "pm_uptime",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.pm_uptime_ms = unix_time(value);
             }},
        {.key = "created_at",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.created_at_ms = unix_time(value);
             }},
        {.key = "exec_mode",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.exec_mode = text_or(draft, value);
             }},
        {.key = "pm_cwd",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.pm_cwd = path_of(value);
             }},
        {.key = "pm_exec_path",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.pm_exec_path = path_of(value);
             }},
        {.key = "exit_code",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.exit_code = exit_code_of(value);
             }},
        {.key = "kill_timeout",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.kill_timeout =
                   duration_or(value, Pm2Instance{}.kill_timeout);
             }},
        // "1h" is a number of ms by the time that it is here (tools/Config.js).
        {.key = "min_uptime",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.min_uptime =
                   duration_or(value, Pm2Instance{}.min_uptime);
             }},
        // PM2 ends the tree for `true` alone (God/Methods.js).
        {.key = "treekill",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.instance.treekill = value.flag == true;
             }},
        // As handleExit reads both (PM2 7.0.4, God.js).
        {.key = "autorestart",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.autorestart = value.flag != false && value.text != "false";
             }},
        {.key = "stop_exit_codes",
         .set =
             [](EntryDraft& draft, const FieldValue& value) {
               draft.has_stop_codes = !value.nothing;
             }},
        {.key = "instance_var", .set = name_slot},
    });

constexpr EntryField kSlotField{
    .key = "", .set = [](EntryDraft& draft, const FieldValue& value) {
      draft.instance.slot = slot_of(value);
    }};

const EntryField* find(std::span<const EntryField> fields,
                       std::string_view key) {
  const auto found = std::ranges::find(fields, key, &EntryField::key);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace

const EntryField* entry_field(std::string_view key) {
  return find(kEntryFields, key);
}

const EntryField* env_field(const EntryDraft& draft, std::string_view key) {
  const EntryField* const field = find(kEnvFields, key);
  if (field != nullptr || key != draft.slot_key) return field;
  return &kSlotField;
}

std::optional<Pm2Instance> finish_entry(EntryDraft draft) {
  const std::optional<std::int64_t> pm_id =
      draft.pm_id ? draft.pm_id : draft.inner_pm_id;
  draft.instance.name =
      std::move(draft.name.empty() ? draft.inner_name : draft.name);
  if (draft.bad || !pm_id || draft.instance.name.empty() ||
      draft.instance.unique_id.empty()) {
    return std::nullopt;
  }
  draft.instance.pm_id = *pm_id;
  draft.instance.restarts = draft.autorestart && !draft.has_stop_codes;
  return std::move(draft.instance);
}

}  // namespace strayd
