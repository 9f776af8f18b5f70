// Processes of a test's own that do as they are told: fork, exit, execute a
// program. To be used by pid 1 of a PID namespace, which ends them all.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/child.h"

namespace strayd::test {

class Puppets {
 public:
  static constexpr std::size_t kMost = 64;

  Puppets() {
    for (Strings& strings : strings_) open(strings);
  }
  Puppets(Puppets&&) = delete;
  Puppets& operator=(Puppets&&) = delete;
  Puppets(const Puppets&) = delete;
  Puppets& operator=(const Puppets&) = delete;
  ~Puppets() {
    ::kill(-1, SIGKILL);
    while (::wait(nullptr) > 0) {
    }
  }

  // Of pid 1 itself, or of one that has not executed a program. Its index.
  std::size_t fork_from_init() {
    const std::size_t child = pids_.size();
    if (::fork() == 0) live(child);
    return born(child);
  }
  std::size_t fork_from(std::size_t parent) {
    const std::size_t child = pids_.size();
    tell(parent, {'F', static_cast<char>(child)});
    return born(child);
  }
  void exit(std::size_t puppet) {
    tell(puppet, {'Q', 0});
    wait_for_state(pid(puppet), "Z");
  }
  void kill(std::size_t puppet) const {
    ::kill(pid(puppet), SIGKILL);
    wait_for_state(pid(puppet), "Z");
  }
  // `sleep` under that name.
  void execute(std::size_t puppet, const std::string& name) {
    tell(puppet, {'E', static_cast<char>(name.size())});
    write_all(strings_[puppet].in[1], name);
    eventually([&] { return cmdline(pid(puppet)).starts_with(name); });
  }
  // So that what it executes does not change its name.
  void take_the_name_sleep(std::size_t puppet) {
    tell(puppet, {'N', 0});
    read_one(strings_[puppet].out[0]);
  }
  // Writes over its command line, as setproctitle(3) does, and changes nothing
  // else. No longer than the command line of the test.
  void take_the_title(std::size_t puppet, const std::string& title) {
    tell(puppet, {'T', static_cast<char>(title.size())});
    write_all(strings_[puppet].in[1], title);
    read_one(strings_[puppet].out[0]);
  }
  void become_nobody(std::size_t puppet) {
    tell(puppet, {'U', 0});
    read_one(strings_[puppet].out[0]);
  }

  pid_t pid(std::size_t puppet) const { return pids_[puppet]; }
  std::size_t count() const { return pids_.size(); }

  // What has exited below pid 1.
  static void reap() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  // Ends a child of pid 1 and reaps it.
  static void end(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

 private:
  struct Strings {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
  };

  static void open(Strings& strings) {
    if (::pipe2(strings.in.data(), O_CLOEXEC) != 0) std::abort();
    if (::pipe2(strings.out.data(), O_CLOEXEC) != 0) std::abort();
  }
  static void write_all(int fd, const std::string& text) {
    if (::write(fd, text.data(), text.size()) < 0) std::abort();
  }
  static char read_one(int fd) {
    char byte = 'Q';
    return ::read(fd, &byte, 1) == 1 ? byte : 'Q';
  }
  static std::string read_some(int fd, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += read_one(fd);
    return text;
  }
  static std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string cmdline(pid_t pid) {
    return slurp("/proc/" + std::to_string(pid) + "/cmdline");
  }
  static void wait_for_state(pid_t pid, const std::string& state) {
    eventually([&] {
      const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
      return stat.empty() || stat.find(") " + state) != std::string::npos;
    });
  }

  void tell(std::size_t puppet, const std::array<char, 2>& order) {
    write_all(strings_[puppet].in[1], {order.begin(), order.end()});
  }
  std::size_t born(std::size_t child) {
    pid_t pid = 0;
    if (::read(strings_[child].out[0], &pid, sizeof pid) != sizeof pid) {
      std::abort();
    }
    pids_.push_back(pid);
    return child;
  }

  [[noreturn]] void live(std::size_t self) {
    for (bool is_born = true; is_born;) {
      is_born = false;
      const pid_t pid = ::getpid();
      write_all(strings_[self].out[1],
                {reinterpret_cast<const char*>(&pid), sizeof pid});
      while (!is_born) obey(self, is_born);
    }
    ::_exit(0);
  }
  void obey(std::size_t& self, bool& is_born) {
    const int in = strings_[self].in[0];
    const char order = read_one(in);
    const auto what = static_cast<unsigned char>(read_one(in));
    if (order == 'F' && ::fork() == 0) {
      self = what;
      is_born = true;
    }
    if (order == 'E') execute_as(in, what);
    if (order == 'U') {
      if (::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
      write_all(strings_[self].out[1], "U");
    }
    if (order == 'N') {
      ::prctl(PR_SET_NAME, "sleep");
      write_all(strings_[self].out[1], "N");
    }
    if (order == 'T') {
      const std::string title = read_some(in, what);
      std::memcpy(::program_invocation_name, title.c_str(), title.size() + 1);
      write_all(strings_[self].out[1], "T");
    }
    if (order == 'Q') ::_exit(0);
  }
  static void execute_as(int in, std::size_t size) {
    std::string name = read_some(in, size);
    std::string time = "1000";
    std::array<char*, 3> argv{name.data(), time.data(), nullptr};
    ::execv("/bin/sleep", argv.data());
    ::_exit(127);
  }

  std::array<Strings, kMost> strings_{};
  std::vector<pid_t> pids_{};
};

}  // namespace strayd::test
