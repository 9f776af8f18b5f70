#include "strayd/core/places.h"

#include <set>

#include "strayd/core/fit.h"
#include "strayd/core/text.h"

namespace strayd {
namespace {

using Directories = std::map<std::string, std::string>;

bool leads_to(const Directories& directories,
              const std::string& written,
              const std::string& path) {
  const auto real = directories.find(written);
  return real != directories.end() && is_below(path, real->second);
}

// The directories in which a process is now.
std::set<std::string> places_of(const Process& process,
                                const Directories& directories) {
  std::set<std::string> found;
  if (!process.cwd) return found;
  for (const auto& [written, real] : directories) {
    if (is_below(*process.cwd, written) || is_below(*process.cwd, real)) {
      found.insert(written);
    }
  }
  return found;
}

}  // namespace

Fit cwd_fit(const std::string& cwd,
            const Process& process,
            const Memory& memory) {
  const auto seen = memory.places.find(process.id);
  if (seen != memory.places.end() && seen->second.contains(cwd)) {
    return Fit::Yes;
  }
  if (!process.cwd) return Fit::Unknown;
  return is_below(*process.cwd, cwd) ||
                 leads_to(memory.directories, cwd, *process.cwd)
             ? Fit::Yes
             : Fit::No;
}

void remember_places(Memory& after,
                     const Memory& before,
                     const Snapshot& snapshot,
                     const std::map<std::string, std::string>& resolved) {
  after.directories = resolved;
  after.places.clear();
  // Those that are remembered have the first call on the room: what once
  // protected a process is not forgotten for one that came later.
  for (const Process& process : snapshot.processes) {
    const auto known = before.places.find(process.id);
    if (is_dead(process) || known == before.places.end()) continue;
    after.places.insert(*known);
  }
  for (const Process& process : snapshot.processes) {
    if (is_dead(process)) continue;
    std::set<std::string> places = places_of(process, resolved);
    if (places.empty()) continue;
    const auto known = after.places.find(process.id);
    if (known != after.places.end()) {
      known->second.merge(places);
    } else if (after.places.size() < kMostPlaces) {
      after.places.emplace(process.id, std::move(places));
    }
  }
}

}  // namespace strayd
