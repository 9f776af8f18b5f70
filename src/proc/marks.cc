#include "marks.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace strayd {
namespace {

pid_t pid_of(const Mark& mark) {
  return mark.id.pid;
}

}  // namespace

void Marks::match(std::span<const Process> processes,
                  std::span<const ListedPid> listed) {
  std::swap(marks_, before_);
  marks_.clear();
  std::size_t name = 0;
  std::size_t known = 0;
  for (const Process& process : processes) {
    const pid_t pid = process.id.pid;
    while (name < listed.size() && listed[name].pid < pid) ++name;
    while (known < before_.size() && before_[known].id.pid < pid) ++known;
    const bool there = name < listed.size() && listed[name].pid == pid;
    Mark mark{.id = process.id, .listed = there ? listed[name] : ListedPid{}};
    if (known < before_.size() && before_[known].id == mark.id &&
        before_[known].listed == mark.listed) {
      mark = before_[known];
    }
    marks_.push_back(mark);
  }
}

void Marks::add(const Mark& mark) {
  marks_.insert(std::ranges::upper_bound(marks_, mark.id.pid, {}, pid_of),
                mark);
}

std::vector<ListedPid> Marks::unmarked(
    std::span<const ListedPid> listed) const {
  std::vector<ListedPid> found;
  auto mark = marks_.begin();
  for (const ListedPid& name : listed) {
    while (mark != marks_.end() && mark->id.pid < name.pid) ++mark;
    if (mark == marks_.end() || mark->id.pid != name.pid) found.push_back(name);
  }
  return found;
}

Mark* Marks::find(pid_t pid) {
  const auto found = std::ranges::lower_bound(marks_, pid, {}, pid_of);
  const bool same = found != marks_.end() && found->id.pid == pid;
  return same ? &*found : nullptr;
}

}  // namespace strayd
