#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "strayd/core/owners.h"
#include "strayd/core/text.h"

#include "owners.h"

namespace strayd {
namespace {

// Of "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service": 1000.
std::optional<uid_t> manager_of(std::string_view cgroup) {
  constexpr std::string_view kUser = "/user@";
  const std::size_t at = cgroup.find(kUser);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = cgroup.substr(at + kUser.size());
  uid_t uid = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), uid);
  const std::string_view after(end, rest.data() + rest.size());
  if (error != std::errc{} || !after.starts_with(".service/")) return {};
  return uid;
}

// systemd writes one '_' before a name that the kernel has another use for.
std::string name_of(std::string_view cgroup) {
  const std::string_view name = base_name(cgroup);
  return std::string(name.starts_with('_') ? name.substr(1) : name);
}

class Questions {
 public:
  explicit Questions(const Scene& scene) : scene_(scene) {}

  // Everything that may say who owns this process, what carries it or what is
  // below it.
  void add(const Process& process) {
    for (const Process* member : line_of(scene_, process).members) {
      add_directory(*member);
    }
    for (const Process* member : scene_.forest.subtree(process)) {
      add_directory(*member);
      add_unit(*member);
    }
    for (const Process* above : scene_.forest.chain(process).ancestors) {
      add_unit(*above);
    }
    any_ = true;
  }

  HostQuestions take() && {
    HostQuestions questions;
    if (!any_) return questions;
    add_everyones();
    questions.pidfile_directories.assign(directories_.begin(),
                                         directories_.end());
    for (auto& [cgroup, unit] : units_) {
      questions.units.push_back(std::move(unit));
    }
    return questions;
  }

 private:
  void add_directory(const Process& process) {
    if (process.cwd) directories_.insert(*process.cwd);
  }

  void add_unit(const Process& process) {
    const auto unit = unit_of(process);
    if (!unit || scene_.unit(*unit).owns_nothing ||
        invocation_of(scene_, process) == nullptr) {
      return;
    }
    units_.emplace(*unit,
                   HostQuestions::Unit{.cgroup = std::string(*unit),
                                       .name = name_of(*unit),
                                       .manager = manager_of(*unit)});
  }

  void add_everyones() {
    directories_.insert("/run");
    directories_.insert(scene_.policy.pidfiles.begin(),
                        scene_.policy.pidfiles.end());
    for (const Pm2View& view : scene_.evidence.pm2) {
      if (view.home.starts_with('/')) directories_.insert(view.home + "/pids");
    }
  }

  const Scene& scene_;
  bool any_ = false;
  std::set<std::string> directories_{};
  std::map<std::string_view, HostQuestions::Unit> units_{};
};

// Itself, or a process of its tree.
bool lacks_facts(const Verdict& verdict) {
  return verdict.standing == Standing::Held &&
         verdict.reason.why == Why::Unreadable &&
         verdict.reason.text.ends_with(facts_missing().text);
}

// Held or managed as its unit's, in which another invocation lives, too.
bool may_be_left_by_its_unit(const Scene& scene,
                             const Process& process,
                             const Verdict& verdict) {
  const auto unit = unit_of(process);
  if (verdict.reason.why != Why::SystemdService || !unit) return false;
  const std::string* own = invocation_of(scene, process);
  if (own == nullptr || scene.unit(*unit).owns_nothing) return false;
  return std::ranges::any_of(
      scene.unit(*unit).members, [&](const Process* member) {
        const std::string* other = invocation_of(scene, *member);
        return other != nullptr && *other != *own;
      });
}

}  // namespace

HostQuestions host_questions(const Evidence& evidence,
                             const Policy& policy,
                             std::span<const Verdict> verdicts) {
  if (evidence.facts != nullptr) return {};
  const Scene scene(evidence, policy);
  Questions questions(scene);
  for (const Verdict& verdict : verdicts) {
    const Process* process = scene.forest.find(verdict.id);
    if (process != nullptr &&
        (lacks_facts(verdict) ||
         may_be_left_by_its_unit(scene, *process, verdict))) {
      questions.add(*process);
    }
  }
  return std::move(questions).take();
}

}  // namespace strayd
