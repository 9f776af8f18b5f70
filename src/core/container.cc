#include <algorithm>
#include <array>
#include <string_view>

#include "strayd/core/supervisor.h"

namespace strayd {
namespace {

// Docker, containerd, Kubernetes, podman, LXC, systemd-nspawn: each puts a
// container's processes below a directory with one of these in its name.
constexpr auto kContainerMarks =
    std::to_array<std::string_view>({"/docker/",
                                     "/docker-",
                                     "kubepods",
                                     "/libpod-",
                                     "/libpod/",
                                     "/lxc/",
                                     "/lxc.payload",
                                     "cri-containerd",
                                     "/machine.slice/",
                                     "/buildkit/",
                                     "/containerd/"});

bool marked_as_container(std::string_view cgroup) {
  return std::ranges::any_of(kContainerMarks, [&](std::string_view mark) {
    return cgroup.find(mark) != std::string_view::npos;
  });
}

}  // namespace

bool in_other_container(const Process& process, const Process* self) {
  if (!process.cgroup || !marked_as_container(*process.cgroup)) return false;
  return self == nullptr || !self->cgroup || *self->cgroup != *process.cgroup;
}

}  // namespace strayd
