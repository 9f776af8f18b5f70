// strayd as a person calls it: the real program, run to its end.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_dir.h"

namespace strayd::test {

struct Ended {
  int code = -1;  // -1: by a signal
  std::string out{};
  std::string err{};
};

inline std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// For a strayd that was built with AddressSanitizer: its search for leaks would
// trace the process, which strayd forbids to itself.
inline constexpr const char* kNoLeakCheck = "ASAN_OPTIONS=detect_leaks=0";

// `strayd ARGUMENTS…` with an environment that says nothing to it.
inline Ended strayd(std::vector<std::string> arguments) {
  const TempDir directory;
  const std::string out = directory / "out";
  const std::string err = directory / "err";
  posix_spawn_file_actions_t files{};
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(
      &files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  ::posix_spawn_file_actions_addopen(
      &files, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);

  std::string name = "strayd";
  std::vector<char*> argv{name.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::string no_leak_check = kNoLeakCheck;
  std::array<char*, 2> nothing{no_leak_check.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawn(
      &child, STRAYD_BIN, &files, nullptr, argv.data(), nothing.data());
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) std::abort();

  int status = 0;
  if (::waitpid(child, &status, 0) != child) std::abort();
  return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = text_of(out),
          .err = text_of(err)};
}

// The words of a command line without quotes.
inline Ended strayd(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : line + ' ') {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return strayd(std::move(words));
}

}  // namespace strayd::test
