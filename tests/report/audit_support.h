// What the tests of the audit ledger share.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "strayd/core/intent.h"
#include "strayd/report/audit.h"

#include "support/temp_dir.h"

namespace strayd::test {

inline const std::string kBoot = "7b1f2d6e-0000-4000-8000-1d2c3b4a5968";

// In memory, where a sync costs nothing and what SIGKILL leaves behind is the
// same.
class RamDir : public TempDir {
 public:
  RamDir() : TempDir(base()) {}

 private:
  static std::string base() {
    const bool usable = ::access("/dev/shm", W_OK) == 0;
    return usable ? "/dev/shm/" : testing::TempDir();
  }
};

// A process on its way out, and the evidence for it.
struct Condemned {
  explicit Condemned(pid_t pid, std::string tag = "reap")
      : reap(std::move(tag)) {
    process.id = {.pid = pid, .start_ticks = 4711};
    process.parent = 1;
    process.comm = "node";
    process.uid = 1000;
    process.exe = "/usr/bin/node";
    process.argv = std::vector<std::string>{"node", "/srv/api/server.ts"};
    order = {
        .root = process.id,
        .members = {process.id},
        .kind = Standing::Leftover,
        .rule = "tsx-server",
        .app = "api",
        .home = "/root/.pm2",
        .reason = {.why = Why::Superseded, .text = "a newer one is listed"},
        .grace = std::chrono::seconds{10}};
  }

  // Borrows this.
  Intent intent(Step step = Step::Terminate) const {
    return {.reap = reap,
            .id = process.id,
            .step = step,
            .order = &order,
            .process = &process};
  }

  Reaped reaped(Outcome outcome = Outcome::Terminated) const {
    return {.id = process.id,
            .tree = order.root,
            .rule = order.rule,
            .app = order.app,
            .home = order.home,
            .kind = order.kind,
            .outcome = outcome,
            .detail = "it exited",
            .duration = std::chrono::milliseconds{1500}};
  }

  std::string reap;
  Process process{};
  TreeOrder order{};
};

inline Result<void> intend(Audit& audit, const Intent& intent) {
  return audit.intend(std::span(&intent, 1));
}

inline std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline char flipped(char byte, unsigned bits) {
  return static_cast<char>(static_cast<unsigned char>(byte) ^ bits);
}

inline void append_to(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

// The objects of one file; lines that are no JSON are left out.
inline std::vector<nlohmann::json> lines_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(in, line);) {
    nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
    if (object.is_object()) lines.push_back(std::move(object));
  }
  return lines;
}

// FILE.keep … FILE.1, FILE.
inline std::vector<nlohmann::json> all_lines_of(const std::string& path,
                                                int keep) {
  std::vector<nlohmann::json> all;
  for (int number = keep; number >= 0; --number) {
    const std::string name =
        number == 0 ? path : path + '.' + std::to_string(number);
    for (nlohmann::json& line : lines_of(name)) all.push_back(std::move(line));
  }
  return all;
}

inline Audit open_or_die(const AuditOptions& options) {
  Result<Audit> audit = Audit::open(options, kBoot);
  if (!audit) {
    std::fprintf(stderr, "%s\n", audit.error().what.c_str());
    std::abort();
  }
  return std::move(*audit);
}

// Runs expectations in a process of their own; true: all of them held.
inline bool holds_in_child(const std::function<void()>& expectations) {
  const pid_t child = ::fork();
  if (child == 0) {
    expectations();
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace strayd::test
