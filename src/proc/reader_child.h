// The reader child: what runs after the fork.
//
// The parent may have other threads, so nothing here may take a lock or memory
// (signal-safety(7)): all memory is lent by the parent before the fork.
#pragma once

#include <cstddef>
#include <span>

#include "reader_wire.h"
#include "slow_reader.h"

namespace strayd {

// Bytes of replies that are sent together: most are small, and many.
inline constexpr std::size_t kRepliesAtOnce = 65536;

struct ReaderChildSetup {
  int socket = -1;
  int root = -1;
  ReaderProgress* progress = nullptr;  // shared
  std::span<char> replies{};           // longer than the longest reply
  SlowReadLimits limits{};
};

// In a helper: serves until the socket closes.
[[noreturn]] void run_reader_child(const ReaderChildSetup& setup);

}  // namespace strayd
