#include "strayd/proc/features.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"
#include "strayd/sys/pidfd.h"

#include "files.h"
#include "hidepid.h"
#include "live.h"
#include "privileges.h"
#include "task_table.h"

namespace strayd {
namespace {

// What a probe found: nothing amiss, or what, and what to do about it.
struct Finding {
  std::optional<std::string> amiss{};
  std::string detail{};  // where nothing is
  std::string remedy{};  // where something is
};

Finding fine(std::string detail) {
  return {.detail = std::move(detail)};
}
Finding amiss(std::string what, std::string remedy) {
  return {.amiss = std::move(what), .remedy = std::move(remedy)};
}

enum class Need { Required, Useful };

Feature to_feature(std::string name, Need need, Finding finding) {
  const bool available = !finding.amiss;
  return Feature{
      .name = std::move(name),
      .available = available,
      .required = need == Need::Required,
      .detail =
          available ? std::move(finding.detail) : *std::move(finding.amiss),
      .remedy = available ? std::string{} : std::move(finding.remedy)};
}

Finding probe_live(const std::string& path, int root) {
  std::optional<std::string> why = why_not_live(path, root);
  if (!why) return fine("/proc is that of this kernel and pid namespace");
  return amiss(*std::move(why),
               "run with --path.procfs=/proc; any other root is only observed");
}

Finding probe_pid_namespace(int root) {
  std::optional<std::string> foreign = foreign_namespace(root);
  if (foreign) {
    return amiss(*std::move(foreign),
                 "mount a procfs of the own pid namespace, or share the host's "
                 "(--pid=host, hostPID)");
  }
  const Read<std::string> init = read_text_at(root, "1/stat", 8192);
  if (!init) {
    return amiss(errno_error("read 1/stat", init.error().error).what,
                 "give strayd CAP_SYS_PTRACE, or mount /proc without hidepid");
  }
  return fine("pid 1 of the own pid namespace is shown");
}

Finding probe_pidfd() {
  const Result<UniqueFd> self = open_pidfd(::getpid());
  const std::string remedy =
      "run on Linux 5.3 or newer, and allow pidfd_open and pidfd_send_signal";
  if (!self) return amiss(self.error().what, remedy);
  const Result<void> sent = signal_pidfd(self->get(), 0);
  if (!sent) return amiss(sent.error().what, remedy);
  return fine("opened one on this process and sent signal 0 through it");
}

// pid 1 stands for all foreign processes; where it is our own, it says nothing.
bool init_is_ours(int root) {
  struct stat found{};
  return ::fstatat(root, "1", &found, 0) == 0 && found.st_uid == ::geteuid();
}

Finding probe_foreign_processes(const std::string& path, int root) {
  const std::string remedy =
      "give strayd CAP_SYS_PTRACE, or mount /proc without hidepid and subset";
  const Read<std::string> init = read_text_at(root, "1/stat", 8192);
  const Result<std::string> mounts =
      read_file("/proc/self/mountinfo", std::size_t{1} << 24U);
  if (!mounts) return amiss(mounts.error().what, remedy);
  const std::string hidepid = hidepid_of(*mounts, path);
  if (!init) {
    return amiss(errno_error("read 1/stat", init.error().error).what +
                     " (hidepid=" + hidepid + ")",
                 remedy);
  }
  if (hidepid != "off" && !is_effective(kPtrace) && init_is_ours(root)) {
    return amiss("hidepid=" + hidepid + " hides processes of other users",
                 remedy);
  }
  return fine("pid 1 is readable, hidepid=" + hidepid);
}

Finding probe_capabilities(int root, const std::vector<Capability>& wanted) {
  if (all_are_ours(root)) return fine("all processes run as the same user");
  const std::string missing = missing_of(wanted);
  if (!missing.empty()) {
    return amiss("not effective: " + missing, "give strayd " + missing);
  }
  if (!in_initial_user_namespace()) {
    return amiss("capabilities end at this user namespace",
                 "run strayd in the initial user namespace");
  }
  return fine("the capabilities are effective");
}

Finding probe_seccomp() {
  // Without a program the kernel says EFAULT where it knows filters, and
  // changes nothing (prctl(2)).
  const int set = ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr);
  if (set != 0 && errno == EFAULT) return fine("filters can be loaded");
  return amiss(errno_error("prctl(PR_SET_SECCOMP)", errno).what,
               "run on a kernel with CONFIG_SECCOMP_FILTER");
}

// The kernel shows the sockets of our own network namespace alone.
Finding probe_network_namespace(int root) {
  const Read<std::string> own = read_link_at(root, "self/ns/net");
  const Read<std::string> init = read_link_at(root, "1/ns/net");
  if (!own || !init) return fine("not shown for pid 1: nothing to compare");
  if (*own == *init) return fine("the same as that of pid 1");
  return amiss(
      "another than that of pid 1: listeners and connections of its "
      "processes are not seen",
      "share the host's network (--network=host, hostNetwork)");
}

// Nothing is loaded to find out: that takes longer than a scan. Whether it
// could be loaded is said by those who do.
Finding probe_bpf(std::string detail, const std::string& gain) {
  if (!TaskTable::is_built_in()) {
    return amiss("this strayd was built without BPF",
                 "build it with clang and libbpf" + gain);
  }
  const std::string missing = missing_of({kBpf, kPerfmon});
  if (!missing.empty()) {
    return amiss("not effective: " + missing, "give strayd " + missing + gain);
  }
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return amiss(errno_error("open /sys/kernel/btf/vmlinux", errno).what,
                 "run on a kernel with CONFIG_DEBUG_INFO_BTF" + gain);
  }
  return fine(std::move(detail));
}

Finding probe_bpf_tasks() {
  return probe_bpf("the kernel's list of processes shows what has changed",
                   "; large hosts take less CPU");
}

Finding probe_signal_senders() {
  return probe_bpf("the kernel tells who sends a fatal signal to an app",
                   " (as a service: who-killed-it.conf); else nobody knows "
                   "who sent a signal");
}

}  // namespace

std::vector<Feature> probe_features(const std::string& procfs_root) {
  const UniqueFd root{
      ::open(procfs_root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const int fd = root.get();
  const std::string path =
      procfs_root == "/proc/" ? std::string("/proc") : procfs_root;
  return {
      to_feature("live_procfs", Need::Required, probe_live(path, fd)),
      to_feature("pid_namespace", Need::Required, probe_pid_namespace(fd)),
      to_feature("pidfd", Need::Required, probe_pidfd()),
      to_feature("foreign_processes",
                 Need::Required,
                 probe_foreign_processes(path, fd)),
      to_feature(
          "exe_of_others", Need::Required, probe_capabilities(fd, {kPtrace})),
      to_feature("environ_of_others",
                 Need::Required,
                 probe_capabilities(fd, {kPtrace, kReadSearch})),
      to_feature(
          "signal_others", Need::Useful, probe_capabilities(fd, {kKill})),
      to_feature("seccomp", Need::Useful, probe_seccomp()),
      to_feature("bpf_tasks", Need::Useful, probe_bpf_tasks()),
      to_feature("signal_senders", Need::Useful, probe_signal_senders()),
      to_feature(
          "network_namespace", Need::Useful, probe_network_namespace(fd))};
}

}  // namespace strayd
