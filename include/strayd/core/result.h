// A value, or the reason there is none.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace strayd {

// The failures that callers tell apart; the rest of the story is in `what`.
enum class Fault {
  NotFound,     // it does not exist, or not any more
  Denied,       // the kernel refused
  Malformed,    // bytes that are not what they should be
  Unreachable,  // nobody answers there
  TimedOut,     // the deadline passed
  Exhausted,    // no file descriptors, no memory, no space
  Io            // anything else
};

struct Error {
  Fault fault = Fault::Io;
  std::string what{};  // what, where and why, for a person; one line

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Fault fault, std::string what) {
  return std::unexpected(Error{.fault = fault, .what = std::move(what)});
}

}  // namespace strayd
