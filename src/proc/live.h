// Whether a procfs shows the processes that our own pids name.
#pragma once

#include <optional>
#include <string>

namespace strayd {

// Of the procfs file system at all, not a fixture.
bool is_procfs(int root);

// Why the pids shown there are not the ones that a signal of ours would reach;
// nullopt: they are. A pid namespace of our own with its own mount is fine;
// what is not is the /proc of another one, which a container may be given.
std::optional<std::string> foreign_namespace(int root);

// nullopt: it is this kernel's /proc, at /proc, of our own pid namespace.
std::optional<std::string> why_not_live(const std::string& path, int root);

}  // namespace strayd
