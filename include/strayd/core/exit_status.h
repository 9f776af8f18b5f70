// How a process ended, as far as the kernel says.
#pragma once

#include <cstdint>

namespace strayd {

struct ExitStatus {
  enum class How : std::uint8_t {
    NotYet,     // it lives, or its parent has not taken note of its end
    Exited,     // by itself
    Signalled,  // by a signal
    Unknown     // it has ended, and this kernel can't say how
  };
  How how = How::Unknown;
  int value = 0;  // Exited: the code, Signalled: the signal

  bool operator==(const ExitStatus&) const = default;
};

// It has ended, and it is known how.
constexpr bool is_known(const ExitStatus& status) {
  return status.how == ExitStatus::How::Exited ||
         status.how == ExitStatus::How::Signalled;
}

}  // namespace strayd
