#include "strayd/proc/features.h"

#include <sched.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/procfs.h"

#include "support/child.h"
#include "support/proc_tree.h"
#include "support/told.h"

namespace strayd {
namespace {

using test::told_by;
using test::told_by_nobody;
using testing::HasSubstr;

std::map<std::string, Feature> by_name(const std::string& root = "/proc") {
  std::map<std::string, Feature> features;
  for (const Feature& feature : probe_features(root)) {
    features[feature.name] = feature;
  }
  return features;
}

std::string available_in(const std::string& root = "/proc") {
  std::string words;
  for (const Feature& feature : probe_features(root)) {
    words += (feature.available ? "+" : "-") + feature.name + " ";
  }
  return words;
}

// What `tell` says as pid 1 of a new pid namespace, with or without its own
// /proc.
std::string told_by_init(const char* mount_options,
                         const std::function<std::string()>& tell) {
  return told_by([&]() -> std::string {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) return "no namespace";
    return told_by([&]() -> std::string {
      if (mount_options == nullptr) return tell();
      if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("proc", "/proc", "proc", 0, mount_options) != 0) {
        return "no mount";
      }
      // pid 1 is root's and stays; a second process becomes somebody else.
      return told_by(tell);
    });
  });
}

std::string seen_pids() {
  Result<Procfs> procfs = Procfs::open({});
  if (!procfs) return procfs.error().what;
  const Result<Snapshot> snapshot = procfs->snapshot({});
  if (!snapshot) return snapshot.error().what;
  std::string pids = "pids";
  for (const Process& process : snapshot->processes) {
    if (process.id.pid == 1) pids += " init";
    if (process.id.pid == ::getpid()) pids += " self";
  }
  return pids;
}

TEST(Features, have_fixed_names) {
  std::vector<std::string> names;
  for (const Feature& f : probe_features("/proc")) names.push_back(f.name);
  EXPECT_THAT(names,
              testing::ElementsAre("live_procfs",
                                   "pid_namespace",
                                   "pidfd",
                                   "foreign_processes",
                                   "exe_of_others",
                                   "environ_of_others",
                                   "signal_others",
                                   "seccomp",
                                   "bpf_tasks",
                                   "signal_senders",
                                   "network_namespace"));
}

TEST(Features, are_all_there_for_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  for (const Feature& feature : probe_features("/proc")) {
    // They need a build with it, too.
    if (feature.name == "bpf_tasks" || feature.name == "signal_senders") {
      continue;
    }
    EXPECT_TRUE(feature.available) << feature.name << ": " << feature.detail;
    EXPECT_FALSE(feature.detail.empty()) << feature.name;
    EXPECT_EQ(feature.remedy, "") << feature.name;
  }
}

TEST(Features, are_not_live_on_another_root) {
  const test::ProcTree tree{{.pid = 1}};
  const std::map<std::string, Feature> features = by_name(tree.root());
  EXPECT_FALSE(features.at("live_procfs").available);
  EXPECT_TRUE(features.at("live_procfs").required);
  EXPECT_THAT(features.at("live_procfs").detail, HasSubstr(tree.root()));
  EXPECT_NE(features.at("live_procfs").remedy, "");
  EXPECT_FALSE(features.at("pid_namespace").available);
}

TEST(Features, are_refused_of_a_root_that_is_not_there) {
  const std::map<std::string, Feature> features = by_name("/nowhere");
  EXPECT_FALSE(features.at("live_procfs").available);
  EXPECT_FALSE(features.at("foreign_processes").available);
}

TEST(Features, accept_a_pid_namespace_with_its_own_proc) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string told = told_by_init("", [] { return available_in(); });
  EXPECT_THAT(told, HasSubstr("+live_procfs +pid_namespace +pidfd"));
}

TEST(Features, refuse_the_proc_of_another_pid_namespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string told = told_by_init(nullptr, [] {
    const Result<Procfs> procfs = Procfs::open({});
    return available_in() + (procfs && procfs->is_live() ? "live" : "dead");
  });
  EXPECT_THAT(told, HasSubstr("-live_procfs -pid_namespace +pidfd"));
  EXPECT_THAT(told, HasSubstr("dead"));
}

TEST(Features, lack_the_network_of_others_in_one_of_our_own) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_THAT(told_by_init("", [] { return available_in(); }),
              HasSubstr("+network_namespace"));
  EXPECT_THAT(told_by_init("",
                           [] {
                             return ::unshare(CLONE_NEWNET) == 0
                                        ? available_in()
                                        : "no namespace";
                           }),
              HasSubstr("-network_namespace"));
}

TEST(Features, lack_what_an_ordinary_user_may_not) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string told =
      told_by([] { return told_by_nobody({}, [] { return available_in(); }); });
  EXPECT_THAT(told,
              HasSubstr("+foreign_processes -exe_of_others "
                        "-environ_of_others -signal_others +seccomp"));
}

TEST(Features, come_back_with_their_capabilities) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string told = told_by([] {
    return told_by_nobody({CAP_SYS_PTRACE, CAP_KILL},
                          [] { return available_in(); });
  });
  EXPECT_THAT(told,
              HasSubstr("+exe_of_others -environ_of_others +signal_others"));
}

TEST(Features, lack_foreign_processes_under_hidepid) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  for (const char* const option : {"hidepid=1", "hidepid=2", "hidepid=4"}) {
    const std::string told = told_by_init(option, [] {
      return told_by_nobody({},
                            [] { return seen_pids() + " " + available_in(); });
    });
    EXPECT_THAT(told, HasSubstr("pids self ")) << option;
    EXPECT_THAT(told, HasSubstr("-foreign_processes")) << option;
  }
}

TEST(Features, see_foreign_processes_under_hidepid_by_capability) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  for (const char* const option : {"hidepid=1", "hidepid=2", "hidepid=4"}) {
    const std::string told = told_by_init(option, [] {
      return told_by_nobody({CAP_SYS_PTRACE},
                            [] { return seen_pids() + " " + available_in(); });
    });
    EXPECT_THAT(told, HasSubstr("pids init self ")) << option;
    EXPECT_THAT(told, HasSubstr("+foreign_processes")) << option;
  }
}

template <typename T>
bool is_denied(const Observed<T>& fact) {
  return !fact && fact.error() == Unread::Denied;
}

TEST(Features, are_missed_by_the_facts_too) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const pid_t test = ::getpid();
  const auto look = [&]() -> std::string {
    Result<Procfs> procfs = Procfs::open({});
    if (!procfs) return procfs.error().what;
    const auto chosen = [&](const Process& p) {
      return p.id.pid == test;
    };
    const Result<Snapshot> snapshot =
        procfs->snapshot([&](const Snapshot& seen) {
          const auto found = std::ranges::find_if(seen.processes, chosen);
          return std::vector<ProcId>{found->id};
        });
    if (!snapshot) return snapshot.error().what;
    const auto seen = std::ranges::find_if(snapshot->processes, chosen);
    if (!seen->argv || !seen->uid || !seen->cgroup) return "too little";
    return is_denied(seen->exe) && is_denied(seen->cwd) &&
                   is_denied(seen->environment)
               ? "denied " + std::to_string(snapshot->unreadable)
               : "read";
  };
  EXPECT_EQ(told_by([&] { return told_by_nobody({}, look); }), "denied 1");
}

}  // namespace
}  // namespace strayd
