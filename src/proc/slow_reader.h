// Reads cmdline, environ and smaps_rollup, whose reads may never return, in a
// process that can be killed.
//
// All take the target's mmap lock, which a thread of it may hold for as long
// as its disk or its network file system hangs (measured: `stat`, `status`,
// `cgroup`, `exe` answer meanwhile). The reader is a forked child; where it
// makes no progress within the timeout, it is ended through its pidfd, the file
// it was at is reported as Unread::Blocked, and a new child goes on with the
// rest.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

#include "files.h"
#include "reader_crew.h"

namespace strayd {

// SmapsRollup also walks over all the memory: it may be late where nothing
// hangs, so that says nothing of the other two.
enum class SlowFile : std::uint32_t { Cmdline, Environ, SmapsRollup };

struct SlowRead {
  ProcId id{};
  SlowFile file = SlowFile::Cmdline;
};

struct SlowReadLimits {
  std::chrono::milliseconds timeout{};
  std::size_t cmdline = 0;
  std::size_t environ = 0;
  std::size_t smaps_rollup = 4096;  // some 700 bytes on Linux 6.18
};

// The bytes; or why not: Unread::Blocked, or what read(2) said.
struct SlowFailure {
  bool blocked = false;
  ReadFailure read{};
};
using SlowText = std::expected<std::string, SlowFailure>;

class SlowReader {
 public:
  SlowReader(int root, SlowReadLimits limits);
  SlowReader(SlowReader&&) = delete;
  SlowReader& operator=(SlowReader&&) = delete;
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;
  ~SlowReader();

  // One answer for each request, in their order. A process that blocked is not
  // asked again for a minute. After so many stalls the rest counts as blocked,
  // and is asked in the next batch: one slow disk under a hundred processes
  // cannot hold up a scan by a hundred timeouts. Fails where no child can be
  // started.
  Result<std::vector<SlowText>> read(const std::vector<SlowRead>& requests,
                                     int most_stalls = 8);

 private:
  struct Batch;

  Result<void> run(Batch& batch);
  Result<ReaderProcess*> start();
  void give_up_on(Batch& batch, std::uint32_t at);
  void remember(const SlowRead& stalled);
  bool is_remembered(const SlowRead& request) const;
  void forget_old();

  int root_;
  SlowReadLimits limits_;
  ReaderCrew crew_{};
  std::map<std::pair<ProcId, SlowFile>, std::chrono::nanoseconds>
      blocked_until_;
};

}  // namespace strayd
