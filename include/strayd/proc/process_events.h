// What the kernel says of processes while it happens: the proc connector
// (linux/cn_proc.h, drivers/connector/cn_proc.c of Linux 6.18). It tells where
// to look, and when; it is no evidence of anything.
//
// Works in the initial pid and network namespaces alone, and before Linux 6.6
// only with CAP_NET_ADMIN.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "strayd/core/exit_status.h"
#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

struct ProcessEvent {
  enum class What { Forked, Exited };
  What what = What::Forked;
  pid_t pid = 0;     // the child, or who ended
  pid_t parent = 0;  // of a child
  // Of who ended: of its first thread, behind which others may live on.
  // nullopt: it is not told.
  std::optional<ExitStatus> status{};
  bool operator==(const ProcessEvent&) const = default;
};

// One datagram.
struct ConnectorMessage {
  // The kernel counts each processor's messages, told or not.
  std::optional<std::uint32_t> processor{};
  std::uint32_t sequence = 0;
  // The answer to a request to listen: 0, or an errno.
  std::optional<int> answer{};
  // nullopt: of a thread, or of another kind.
  std::optional<ProcessEvent> event{};
};

// nullopt: not a message of the proc connector.
std::optional<ConnectorMessage> parse_connector(std::string_view datagram);

struct ProcessEventBatch {
  std::vector<ProcessEvent> events{};  // as they came
  bool lost = false;                   // there were more
};

class ProcessEvents {
 public:
  // What a fork storm fills while a scan is under way.
  static constexpr int kBuffer = 16 * 1024 * 1024;

  // Where the buffer may not be so large it is as large as it may be. Fails
  // where the kernel does not listen, or does not say that it does.
  static Result<ProcessEvents> open(int buffer = kBuffer);
  ProcessEvents(ProcessEvents&&) noexcept = default;
  ProcessEvents& operator=(ProcessEvents&&) noexcept = default;
  ProcessEvents(const ProcessEvents&) = delete;
  ProcessEvents& operator=(const ProcessEvents&) = delete;
  ~ProcessEvents();

  int fd() const { return socket_.get(); }

  // What is there; does not wait. `limit`: of datagrams, so that a storm does
  // not hold up what else is to be done.
  ProcessEventBatch take(std::size_t limit = 65'536);

 private:
  explicit ProcessEvents(UniqueFd socket) : socket_(std::move(socket)) {}
  Result<void> listen();
  void note(std::string_view datagram, ProcessEventBatch& batch);

  UniqueFd socket_;
  std::map<std::uint32_t, std::uint32_t> sequences_{};  // by processor
};

}  // namespace strayd
