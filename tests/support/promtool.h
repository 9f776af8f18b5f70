// Prometheus' own opinion of an exposition.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "support/temp_dir.h"

namespace strayd::test {

struct Opinion {
  int status = -1;  // 0: nothing to say; 1: it does not parse; 3: bad style
  std::string said{};
};

// The one objection that is known: dashboards and rules rely on this name, and
// promtool would rather not see the word "counter" in any.
inline constexpr int kKnownStatus = 3;
inline constexpr const char* kKnownObjection =
    "strayd_pm2_counter_resets_total metric name should not include type "
    "'counter'\n";

// `promtool check metrics` over the page; nullopt: promtool is not installed.
inline std::optional<Opinion> check_metrics(const std::string& page) {
  const TempDir directory;
  const std::string in = directory / "page";
  const std::string out = directory / "said";
  std::ofstream(in, std::ios::binary) << page;

  posix_spawn_file_actions_t files{};
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(
      &files, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(
      &files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  std::string program = "promtool";
  std::string check = "check";
  std::string metrics = "metrics";
  std::array<char*, 4> arguments{
      program.data(), check.data(), metrics.data(), nullptr};
  pid_t child = 0;
  const int failed = ::posix_spawnp(
      &child, program.c_str(), &files, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return std::nullopt;

  Opinion opinion;
  int status = 0;
  if (::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    opinion.status = WEXITSTATUS(status);
  }
  std::ifstream said(out, std::ios::binary);
  opinion.said.assign(std::istreambuf_iterator<char>(said), {});
  return opinion;
}

}  // namespace strayd::test
