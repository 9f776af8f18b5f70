// The control socket: how an operator on this host speaks to a running agent.
//
// STATE/control.sock, mode 0600, in a directory that is its owner's alone. One
// line in, one line out, and the connection is closed:
//   breaker status    -> ok …
//   breaker close     -> ok …, or error …
//   verdict PID START -> ok …, or error …
//   lacks             -> ok …
// Only root and the agent's own user are listened to (SO_PEERCRED), and nobody
// is waited for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "strayd/core/result.h"

namespace strayd {

inline constexpr const char* kControlSocket = "control.sock";
inline constexpr std::size_t kLongestRequest = 64;  // with its newline
inline constexpr std::size_t kLongestReply = 4096;  // with its newline

struct ControlPeer {
  uid_t uid = 0;
  pid_t pid = 0;
};

// Used by one thread.
class Control {
 public:
  // Makes the reply, "ok …" or "error …"; neither line has its newline.
  using Handler = std::function<std::string(const std::string& request,
                                            const ControlPeer& peer)>;

  // For the holder of the directory's lock alone: a socket that is there was
  // left by an agent that crashed, and is replaced. Anything else of that name
  // is an error, as is a directory that others may enter.
  static Result<Control> open(const std::string& directory);
  Control(Control&&) noexcept;
  Control& operator=(Control&&) noexcept;
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;
  ~Control();  // takes the socket away

  // Serves who is there, a bounded number of them. Call it when a fd of
  // wait_fds() is readable or deadline() has passed; never waits.
  void serve(const Handler& handler);

  std::vector<int> wait_fds() const;
  std::optional<std::chrono::nanoseconds> deadline() const;  // steady_time()

  static constexpr std::size_t kMostClients = 8;
  // For a whole request.
  static constexpr std::chrono::seconds kPatience{2};
  // So long a connection keeps its place in a crowd: its request may be on its
  // way. Until then the next ones wait in the backlog.
  static constexpr std::chrono::milliseconds kSafe{100};

 private:
  struct Impl;
  explicit Control(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The other end: asks the agent of that state directory and waits for its
// reply. NotFound and Unreachable: no agent listens there. The reply comes
// without its newline and may hold any bytes.
Result<std::string> ask_agent(const std::string& directory,
                              const std::string& request,
                              std::chrono::milliseconds patience);

}  // namespace strayd
