#include "log_line.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace strayd {
namespace {

constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kLongestSignal = 16;

bool take_front(std::string_view& text, std::string_view words) {
  if (!text.starts_with(words)) return false;
  text.remove_prefix(words.size());
  return true;
}

bool take_back(std::string_view& text, std::string_view words) {
  if (!text.ends_with(words)) return false;
  text.remove_suffix(words.size());
  return true;
}

// What follows the last `words`, which are cut off with it.
std::optional<std::string_view> take_behind(std::string_view& text,
                                            std::string_view words) {
  const std::size_t at = text.rfind(words);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(at + words.size());
  text = text.substr(0, at);
  return behind;
}

// Digits and nothing else; "_old_2" is none.
template <typename T>
std::optional<T> number(std::optional<std::string_view> text) {
  if (!text || text->empty() || text->front() == '-') return std::nullopt;
  T value = 0;
  const char* const end = std::to_address(text->end());
  const auto [rest, error] =
      std::from_chars(std::to_address(text->begin()), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return value;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName;
}

bool is_signal(std::string_view text) {
  return text.starts_with("SIG") && text.size() <= kLongestSignal &&
         std::ranges::all_of(text, [](char byte) {
           return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
         });
}

// Both the path and the name may hold the words between them. A path is the
// likelier to: so the name is what follows the last of them.
std::optional<Pm2Event> watch(std::string_view line) {
  if (!take_front(line, "Change detected on path ") ||
      !take_back(line, " - restarting")) {
    return std::nullopt;
  }
  const auto name = take_behind(line, " for app ");
  if (!name || !is_name(*name)) return std::nullopt;
  return Pm2Event{.kind = Pm2Event::Kind::Watch, .name = std::string(*name)};
}

std::optional<Pm2Event> memory_limit(std::string_view line) {
  if (!take_front(line, "[PM2][WORKER] Process ")) return std::nullopt;
  const std::string_view id = line.substr(0, line.find(' '));
  line.remove_prefix(id.size());
  const std::optional<std::int64_t> pm_id = number<std::int64_t>(id);
  if (!pm_id || !line.starts_with(
                    " restarted because it exceeds --max-memory-restart ")) {
    return std::nullopt;
  }
  return Pm2Event{.kind = Pm2Event::Kind::MemoryLimit, .pm_id = *pm_id};
}

std::optional<Pm2Event> signal(std::string_view line) {
  if (!take_front(line, "App [") || !take_back(line, "]")) return std::nullopt;
  const auto by = take_behind(line, "] via signal [");
  const auto code = number<int>(take_behind(line, "] exited with code ["));
  const auto pm_id = number<std::int64_t>(take_behind(line, ":"));
  if (!by || !is_signal(*by) || !code || !pm_id || !is_name(line)) {
    return std::nullopt;
  }
  return Pm2Event{.kind = Pm2Event::Kind::Signal,
                  .pm_id = *pm_id,
                  .name = std::string(line),
                  .exit_code = code,
                  .signal = std::string(*by)};
}

}  // namespace

std::optional<Pm2Event> parse_log_line(std::string_view line) {
  take_back(line, "\n");
  for (const auto parse : {watch, memory_limit, signal}) {
    if (std::optional<Pm2Event> event = parse(line)) return event;
  }
  return std::nullopt;
}

}  // namespace strayd
