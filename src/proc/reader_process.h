// The reader child as its parent sees it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"
#include "strayd/sys/helper.h"

#include "reader_wire.h"

namespace strayd {

// Memory that a forked child shares.
class SharedProgress {
 public:
  SharedProgress();
  SharedProgress(SharedProgress&&) = delete;
  SharedProgress& operator=(SharedProgress&&) = delete;
  SharedProgress(const SharedProgress&) = delete;
  SharedProgress& operator=(const SharedProgress&) = delete;
  ~SharedProgress();

  ReaderProgress* get() const { return progress_; }  // nullptr: no memory

 private:
  ReaderProgress* progress_ = nullptr;
};

class ReaderProcess {
 public:
  // Runs in the child, which takes requests from the socket until it closes.
  using Serve = std::function<void(int socket, ReaderProgress& progress)>;
  static Result<std::unique_ptr<ReaderProcess>> start(const Serve& serve);
  ReaderProcess(ReaderProcess&&) = delete;
  ReaderProcess& operator=(ReaderProcess&&) = delete;
  ReaderProcess(const ReaderProcess&) = delete;
  ReaderProcess& operator=(const ReaderProcess&) = delete;
  ~ReaderProcess() = default;

  enum class End {
    Answered,  // all of them
    Stalled,   // no progress within the timeout, though it had a CPU
    Gone       // the child has ended
  };
  using OnReply = std::function<void(const ReaderReply&, std::string_view)>;
  // Indexes must be distinct. Returns early where the child stalls.
  End exchange(std::span<const ReaderRequest> requests,
               std::chrono::nanoseconds timeout,
               const OnReply& on_reply);

  // The index of the request that it is at; ReaderProgress::kIdle: none.
  std::uint32_t at() const;

  void kill();
  // Whether it has ended, within that time, and was reaped.
  bool ended(std::chrono::milliseconds within);

 private:
  class Exchange;

  ReaderProcess() = default;
  Result<void> fork_child(const Serve& serve);
  pid_t pid() const { return helper_ ? helper_->pid() : -1; }

  SharedProgress progress_;
  UniqueFd socket_;
  std::optional<Helper> helper_;
};

}  // namespace strayd
