// A child process of one test's own, ended and reaped with it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "strayd/sys/fd.h"

namespace strayd::test {

class Child {
 public:
  // Runs `body` in a fork, which ends with it. Comes back once the child has
  // closed `ready`: by ready(fd), by exec, or by its end.
  using Body = std::function<void(int ready)>;
  explicit Child(const Body& body) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ < 0) std::abort();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(ends[0]);
      body(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    const UniqueFd ready{ends[0]};
    char ignored = 0;
    while (::read(ready.get(), &ignored, 1) > 0) {
    }
  }
  // Runs a program that is found by its path; it inherits no descriptors.
  Child(const std::string& path,
        std::vector<std::string> argv,
        std::vector<std::string> environment = {})
      : Child([&](int) { run(path, argv, environment); }) {}

  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const { return pid_; }

  // Waits until it is a zombie, and leaves it one.
  void become_zombie() const {
    siginfo_t ignored{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WNOWAIT);
  }

  // For the body: says ready, and stays until the test ends it.
  [[noreturn]] static void stay(int ready) {
    ::close(ready);
    for (;;) ::pause();
  }

 private:
  static void run(const std::string& path,
                  std::vector<std::string>& argv,
                  std::vector<std::string>& environment) {
    std::vector<char*> arguments = pointers(argv);
    std::vector<char*> variables = pointers(environment);
    ::execve(path.c_str(), arguments.data(), variables.data());
    ::_exit(127);
  }
  static std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> all;
    for (std::string& string : strings) all.push_back(string.data());
    all.push_back(nullptr);
    return all;
  }

  pid_t pid_ = -1;
};

// Asks until it is so, or five seconds have passed.
inline bool eventually(const std::function<bool()>& is_so) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds{5};
  while (!is_so()) {
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace strayd::test
