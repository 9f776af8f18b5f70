#include "pass.h"

#include <algorithm>
#include <set>
#include <utility>

#include "strayd/core/unseen.h"

#include "facts.h"
#include "files.h"

namespace strayd {
namespace {

// For a moment in an exec, both files read as empty. Few processes have an
// empty one for good, so asking those twice costs nothing.
constexpr int kAttempts = 2;

}  // namespace

Pass::Pass(int root, SlowReader& reader, Snapshot begun)
    : root_(root), reader_(&reader), snapshot_(std::move(begun)) {}

Result<void> Pass::see_all() {
  const Result<std::vector<pid_t>> pids = list_pids(root_);
  if (!pids) return std::unexpected(pids.error());
  snapshot_.processes.reserve(pids->size());
  for (const pid_t pid : *pids) {
    Result<void> seen = see(pid);
    if (!seen) return seen;
  }
  return {};
}

Result<void> Pass::see(pid_t pid) {
  Result<Sighting> sighting = sight_process(root_, pid);
  if (!sighting) return std::unexpected(sighting.error());
  if (sighting->sight == Presence::Vanished) ++snapshot_.vanished;
  if (sighting->sight == Presence::Refused) ++snapshot_.unreadable;
  if (sighting->sight == Presence::Seen) {
    snapshot_.processes.push_back(std::move(sighting->process));
  }
  return {};
}

Result<void> Pass::read_argv() {
  return read_argv_of(everything());
}

Result<void> Pass::read_argv(const std::vector<ProcId>& ids) {
  return read_argv_of(chosen(ids));
}

Result<void> Pass::read_argv_of(const std::vector<Process*>& processes) {
  const std::vector<Process*> asked = settle(processes);
  Result<void> done = ask(asked, SlowFile::Cmdline, add_argv);
  if (!done) return done;
  return drop_the_gone(asked);
}

Result<void> Pass::read_details(const std::vector<ProcId>& ids) {
  const std::vector<Process*> asked = chosen(ids);
  for (Process* const process : asked) {
    Result<void> added = add_links(root_, *process);
    if (!added) return added;
  }
  Result<void> done = ask(settle(asked), SlowFile::Environ, add_environment);
  if (!done) return done;
  return drop_the_gone(asked);
}

Process* Pass::find(const ProcId& id) {
  const auto found = std::ranges::lower_bound(
      snapshot_.processes, id, {}, [](const Process& p) { return p.id; });
  const bool same = found != snapshot_.processes.end() && found->id == id;
  return same ? &*found : nullptr;
}

Snapshot Pass::finish() && {
  snapshot_.unreadable += static_cast<std::size_t>(
      std::ranges::count_if(snapshot_.processes, is_unreadable));
  return std::move(snapshot_);
}

std::vector<Process*> Pass::everything() {
  std::vector<Process*> all;
  all.reserve(snapshot_.processes.size());
  for (Process& process : snapshot_.processes) all.push_back(&process);
  return all;
}

std::vector<Process*> Pass::chosen(const std::vector<ProcId>& ids) {
  std::vector<Process*> found;
  found.reserve(ids.size());
  for (const ProcId& id : ids) {
    Process* const process = find(id);
    if (process != nullptr) found.push_back(process);
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

std::vector<Process*> Pass::settle(const std::vector<Process*>& processes) {
  std::vector<Process*> rest;
  rest.reserve(processes.size());
  for (Process* const process : processes) {
    if (has_memory(*process)) {
      rest.push_back(process);
    } else {
      settle_without_memory(*process);
    }
  }
  return rest;
}

Result<void> Pass::ask(std::vector<Process*> processes,
                       SlowFile file,
                       const Add& add) {
  for (int i = 0; i < kAttempts && !processes.empty(); ++i) {
    Result<std::vector<Process*>> empty = ask_once(processes, file, add);
    if (!empty) return std::unexpected(empty.error());
    processes = *std::move(empty);
  }
  return {};
}

Result<std::vector<Process*>> Pass::ask_once(
    const std::vector<Process*>& processes, SlowFile file, const Add& add) {
  std::vector<SlowRead> requests;
  requests.reserve(processes.size());
  for (const Process* const process : processes) {
    requests.push_back(SlowRead{.id = process->id, .file = file});
  }
  const Result<std::vector<SlowText>> texts = reader_->read(requests);
  if (!texts) return std::unexpected(texts.error());

  std::vector<Process*> empty;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const SlowText& text = (*texts)[i];
    const Result<void> added = add(*processes[i], text);
    if (!added) return std::unexpected(added.error());
    if (text && text->empty()) empty.push_back(processes[i]);
  }
  return empty;
}

Result<void> Pass::drop_the_gone(const std::vector<Process*>& processes) {
  std::set<ProcId> gone;
  for (Process* const process : processes) {
    const Result<Presence> sight = look_again(root_, *process);
    if (!sight) return std::unexpected(sight.error());
    if (*sight == Presence::Seen) continue;
    gone.insert(process->id);
    ++(*sight == Presence::Vanished ? snapshot_.vanished
                                    : snapshot_.unreadable);
  }
  std::erase_if(snapshot_.processes, [&](const Process& process) {
    return gone.contains(process.id);
  });
  return {};
}

}  // namespace strayd
