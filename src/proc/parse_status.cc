#include <charconv>
#include <concepts>
#include <csignal>
#include <cstdint>
#include <optional>
#include <system_error>

#include "strayd/proc/parse.h"

#include "text.h"

namespace strayd {
namespace {

std::string_view take_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

template <std::integral Number>
Observed<Number> first_number(std::string_view value) {
  const std::optional<Number> number = to_number<Number>(take_word(value));
  if (!number) return std::unexpected(Unread::Failed);
  return *number;
}

Observed<int> count_pids(std::string_view value) {
  int pids = 0;
  for (;;) {
    const std::string_view word = take_word(value);
    if (word.empty()) break;
    if (!to_number<pid_t>(word)) return std::unexpected(Unread::Failed);
    ++pids;
  }
  if (pids == 0) return std::unexpected(Unread::Failed);
  return pids;
}

// Of a set of signals as 16 hexadecimal digits; SIGHUP is its lowest bit.
Observed<bool> has_hangup(std::string_view value) {
  const std::string_view digits = take_word(value);
  std::uint64_t signals = 0;
  const char* const end = digits.data() + digits.size();
  const std::from_chars_result read =
      std::from_chars(digits.data(), end, signals, 16);
  if (digits.size() != 16 || read.ec != std::errc{} || read.ptr != end) {
    return std::unexpected(Unread::Failed);
  }
  static_assert(SIGHUP == 1);
  return (signals & 1U) != 0;
}

// The value of a line that is there exactly once. The kernel escapes a newline
// in the name, so a process cannot write such a line itself.
class Line {
 public:
  explicit Line(std::string_view key) : key_(key) {}

  void look_at(std::string_view line) {
    if (!line.starts_with(key_)) return;
    value_ = line.substr(key_.size());
    ++seen_;
  }
  std::string_view value() const {
    return seen_ == 1 ? value_ : std::string_view{};
  }

 private:
  std::string_view key_;
  std::string_view value_;
  int seen_ = 0;
};

}  // namespace

ProcStatus parse_status(std::string_view text) {
  Line tracer{"TracerPid:"};
  Line uid{"Uid:"};
  Line pids{"NSpid:"};
  Line ignored{"SigIgn:"};
  while (!text.empty()) {
    // A line that is cut off may hold half a number.
    if (text.find('\n') == std::string_view::npos) break;
    const std::string_view line = take_until(text, '\n');
    tracer.look_at(line);
    uid.look_at(line);
    pids.look_at(line);
    ignored.look_at(line);
  }
  return ProcStatus{.uid = first_number<uid_t>(uid.value()),
                    .pid_namespace_depth = count_pids(pids.value()),
                    .tracer = first_number<pid_t>(tracer.value()),
                    .ignores_hangup = has_hangup(ignored.value())};
}

}  // namespace strayd
