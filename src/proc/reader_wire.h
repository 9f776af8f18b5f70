// What strayd and its reader child say to each other, over a stream socket and
// one shared page. Both ends are the same program: no byte order, no versions.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strayd {

struct ReaderRequest {
  std::int32_t pid = 0;
  std::uint32_t file = 0;   // SlowFile
  std::uint32_t index = 0;  // comes back in the reply
};

// Followed by `size` bytes.
struct ReaderReply {
  std::uint32_t index = 0;
  std::int32_t error = 0;  // errno of the failed call; EFBIG: over the limit
  std::uint32_t size = 0;
};

// Written by the child before each read, so that its replies can be collected
// into few writes and the one that blocks is known all the same.
struct ReaderProgress {
  static constexpr std::uint32_t kIdle = 0xffff'ffff;

  std::atomic<std::uint32_t> steps{0};
  std::atomic<std::uint32_t> at{kIdle};  // index of the request
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace strayd
