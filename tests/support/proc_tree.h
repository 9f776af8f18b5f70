// A procfs of a test's own, written from one expression:
//
//   const ProcTree tree{{.pid = 1, .comm = "init"},
//                       {.pid = 40, .parent = 1, .argv = {"node", "a.js"}}};
//   Procfs::open({.root = tree.root()});
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "strayd/core/process.h"

#include "support/temp_dir.h"

namespace strayd::test {

struct FakeProcess {
  pid_t pid = 1;
  pid_t parent = 0;
  std::uint64_t start_ticks = 100;
  std::string comm = "node";
  char state = 'S';
  pid_t group = 0;    // 0: its own
  pid_t session = 0;  // 0: its own
  std::int32_t tty = 0;
  std::uint32_t flags = 0x00400000;
  std::int64_t threads = 1;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t resident_pages = 0;
  uid_t uid = 0;
  int pid_namespace_depth = 1;
  pid_t tracer = 0;
  std::uint64_t argv_at = 0;  // 0: it is not shown
  bool ignores_hangup = false;
  std::vector<std::string> argv{};
  std::vector<std::string> environment{};  // "NAME=value"
  std::string exe = "/usr/bin/node";       // empty: no link
  std::string cwd = "/";                   // empty: no link
  std::string cgroup = "0::/\n";
};

// Of one that says no other start.
inline ProcId fake_id(pid_t pid,
                      std::uint64_t start_ticks = FakeProcess{}.start_ticks) {
  return {.pid = pid, .start_ticks = start_ticks};
}

class ProcTree {
 public:
  ProcTree(std::initializer_list<FakeProcess> processes) {
    for (const FakeProcess& process : processes) add(process);
  }

  const std::string& root() const { return dir_.path(); }
  std::string path(pid_t pid, const std::string& file) const {
    return dir_ / (std::to_string(pid) + "/" + file);
  }

  // Adds it, or writes it anew.
  void add(const FakeProcess& process) const {
    const pid_t pid = process.pid;
    remove(pid);
    std::filesystem::create_directories(dir_ / std::to_string(pid));
    write(path(pid, "stat"), stat_of(process));
    write(path(pid, "status"), status_of(process));
    write(path(pid, "cmdline"), joined(process.argv));
    write(path(pid, "environ"), joined(process.environment));
    write(path(pid, "cgroup"), process.cgroup);
    link(process.exe, path(pid, "exe"));
    link(process.cwd, path(pid, "cwd"));
  }

  void remove(pid_t pid) const {
    std::filesystem::remove_all(dir_ / std::to_string(pid));
  }
  void remove(pid_t pid, const std::string& file) const {
    std::filesystem::remove(path(pid, file));
  }
  void write(pid_t pid, const std::string& file, const std::string& as) const {
    write(path(pid, file), as);
  }
  void write(const std::string& file, const std::string& as) const {
    const std::filesystem::path at = std::filesystem::path(dir_.path()) / file;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at, std::ios::binary) << as;
  }
  // Gives it an open descriptor, as the link that the kernel shows for it.
  void open(pid_t pid, int descriptor, const std::string& target) const {
    std::filesystem::create_directories(path(pid, "fd"));
    link(target, path(pid, "fd/" + std::to_string(descriptor)));
  }
  // A file whose open never comes back.
  bool block(pid_t pid, const std::string& file) const {
    remove(pid, file);
    return ::mkfifo(path(pid, file).c_str(), 0600) == 0;
  }

 private:
  static std::string stat_of(const FakeProcess& p) {
    const auto own = [&](pid_t id) {
      return std::to_string(id == 0 ? p.pid : id);
    };
    return std::to_string(p.pid) + " (" + p.comm + ") " + p.state + " " +
           std::to_string(p.parent) + " " + own(p.group) + " " +
           own(p.session) + " " + std::to_string(p.tty) + " -1 " +
           std::to_string(p.flags) + " 0 0 0 0 " +
           std::to_string(p.user_ticks) + " " + std::to_string(p.system_ticks) +
           " 0 0 20 0 " + std::to_string(p.threads) + " 0 " +
           std::to_string(p.start_ticks) + " 0 " +
           std::to_string(p.resident_pages) +
           " 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0"
           " 0 0 0 " +
           std::to_string(p.argv_at) + " 0 0 0 0\n";
  }

  static std::string status_of(const FakeProcess& p) {
    std::string pids;
    for (int i = 0; i < p.pid_namespace_depth; ++i) {
      pids += "\t" + std::to_string(i == 0 ? p.pid : i);
    }
    const std::string uid = "\t" + std::to_string(p.uid);
    return "Name:\tnode\nState:\t" + std::string(1, p.state) +
           " (sleeping)\nPid:\t" + std::to_string(p.pid) + "\nPPid:\t" +
           std::to_string(p.parent) + "\nTracerPid:\t" +
           std::to_string(p.tracer) + "\nUid:" + uid + uid + uid + uid +
           "\nGid:\t0\t0\t0\t0\nNSpid:" + pids + "\nSigIgn:\t000000000000100" +
           (p.ignores_hangup ? "1" : "0") + "\n";
  }

  static std::string joined(const std::vector<std::string>& strings) {
    std::string text;
    for (const std::string& string : strings) {
      text.append(string).push_back('\0');
    }
    return text;
  }

  static void link(const std::string& target, const std::string& at) {
    if (!target.empty()) std::filesystem::create_symlink(target, at);
  }

  TempDir dir_{};
};

}  // namespace strayd::test
