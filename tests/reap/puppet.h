// Children that do what a test tells them, when it tells them.
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "strayd/sys/fd.h"

namespace strayd::test {

// Every process that a test wants ended bears this name, and so do its forks.
inline constexpr const char* kWorkName = "strayd-work";

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  UniqueFd out{};
  UniqueFd in{};
};

inline void say(const UniqueFd& fd, char word) {
  if (::write(fd.get(), &word, 1) != 1) std::abort();
}

// '\0': the other end was closed.
inline char hear(const UniqueFd& fd) {
  char word = 0;
  return ::read(fd.get(), &word, 1) == 1 ? word : '\0';
}

[[noreturn]] inline void sleep_for_ever() {
  while (true) ::pause();
}

// Forks a child that runs the body and is called ready by itself.
inline pid_t start(
    const std::function<void(const std::function<void()>& ready)>& body) {
  const Pipe ready;
  const pid_t pid = ::fork();
  if (pid < 0) std::abort();
  if (pid == 0) {
    ::prctl(PR_SET_NAME, kWorkName);
    body([&] { say(ready.in, 'r'); });
    ::_exit(0);
  }
  EXPECT_EQ(hear(ready.out), 'r');
  return pid;
}

inline pid_t start_sleeper() {
  return start([](const auto& ready) {
    ready();
    sleep_for_ever();
  });
}

inline pid_t start_term_ignorer() {
  return start([](const auto& ready) {
    std::signal(SIGTERM, SIG_IGN);
    ready();
    sleep_for_ever();
  });
}

// Words: 'f' fork a sleeping child, 'x' become sleep(1), 'i' ignore SIGTERM,
// 't' write another title over the arguments, 'q' exit. Each is answered when
// done; an exec is not.
class Puppet {
 public:
  Puppet()
      : pid_(start([this](const auto& ready) {
          orders_.in = UniqueFd{};
          ready();
          obey();
        })) {}

  pid_t pid() const { return pid_; }
  void order(char word) const { say(orders_.in, word); }
  void do_now(char word) const {
    order(word);
    EXPECT_EQ(hear(answers_.out), word);
  }

 private:
  void obey() const {
    char title = 'a';
    while (true) {
      const char word = hear(orders_.out);
      if (word == 'f' && ::fork() == 0) sleep_for_ever();
      if (word == 'x') ::execl("/bin/sleep", "sleep", "1000", nullptr);
      if (word == 'i') std::signal(SIGTERM, SIG_IGN);
      if (word == 't') {
        char* const name = ::program_invocation_name;
        std::memset(name, title++, std::strlen(name));
      }
      if (word == 'q' || word == '\0') ::_exit(0);
      say(answers_.in, word);
    }
  }

  Pipe orders_{};
  Pipe answers_{};
  pid_t pid_ = 0;
};

}  // namespace strayd::test
