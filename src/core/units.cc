// What belongs to a unit of systemd, and what may.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "strayd/core/fit.h"
#include "strayd/core/text.h"

#include "scene.h"

namespace strayd {
namespace {

// Through PAM these move what they carry into a session of its own, out of the
// unit that started them.
constexpr auto kSessionCarriers =
    std::to_array<std::string_view>({"su", "runuser", "sudo", "doas"});

// The cgroup of the unit that a cgroup lies in; nullopt outside of services. A
// user manager's own (user@1000.service) is not the service of what runs in it.
std::optional<std::string_view> unit_path(std::string_view cgroup) {
  std::optional<std::string_view> path;
  std::size_t begin = 0;
  while (begin < cgroup.size()) {
    const std::size_t end = std::min(cgroup.find('/', begin), cgroup.size());
    const std::string_view part = cgroup.substr(begin, end - begin);
    if (part.ends_with(".service") && !part.starts_with("user@")) {
      path = cgroup.substr(0, end);
    }
    begin = end + 1;
  }
  return path;
}

std::optional<std::string_view> unit_path(const Process& process) {
  return process.cgroup ? unit_path(*process.cgroup) : std::nullopt;
}

bool any_rule_may_match(const Scene& scene, const Process& process) {
  return std::ranges::any_of(scene.policy.rules, [&](const Rule& rule) {
    return fit(rule.match, process) != Fit::No;
  });
}

Claim unit_claim(Standing standing, std::string text) {
  return {.standing = standing,
          .reason = {.why = Why::SystemdService, .text = std::move(text)}};
}

// `ExecStart=/bin/su - app -c …`
std::optional<Claim> carrier_claim(const Scene& scene, const Process& process) {
  for (const Process* ancestor : scene.forest.chain(process).ancestors) {
    const bool carries = std::ranges::find(kSessionCarriers, ancestor->comm) !=
                         kSessionCarriers.end();
    if (carries && is_service_main(scene.forest, *ancestor)) {
      return unit_claim(
          Standing::Held,
          named(*ancestor) + " above it may be the main of a systemd unit");
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_service_main(const Forest& forest, const Process& process) {
  const Process* parent = forest.find(process.parent);
  return parent != nullptr && parent->comm == "systemd" &&
         process.session == process.id.pid;
}

std::optional<Claim> systemd_claim(const Scene& scene,
                                   const Process& process,
                                   const Process& ancestor) {
  const auto unit = unit_path(process);
  if (!unit || unit_path(ancestor) != unit) return std::nullopt;
  if (!is_service_main(scene.forest, ancestor)) return std::nullopt;
  return unit_claim(Standing::Managed,
                    "it belongs to the systemd unit " +
                        std::string(base_name(*unit)) + ", whose main " +
                        named(ancestor) + " runs");
}

std::optional<Claim> possible_unit_claim(const Scene& scene,
                                         const Process& process) {
  if (auto found = carrier_claim(scene, process)) return found;
  const auto unit = unit_path(process);
  if (!unit || scene.has_other_main(*unit)) return std::nullopt;
  return unit_claim(Standing::Held,
                    "no other process is known to be the main of the systemd "
                    "unit " +
                        std::string(base_name(*unit)) +
                        ", so this one may be what it runs");
}

void Scene::index_units() {
  for (const Process& process : evidence.snapshot.processes) {
    if (is_dead(process) || !is_service_main(forest, process)) continue;
    const auto unit = unit_path(process);
    if (unit && !any_rule_may_match(*this, process)) units_.insert(*unit);
  }
}

bool Scene::has_other_main(std::string_view unit) const {
  return units_.contains(unit);
}

}  // namespace strayd
