// Which program a process runs, as its executable and its arguments say.
#pragma once

#include <cstddef>
#include <string_view>

#include "strayd/core/process.h"

namespace strayd {

// The base name of its executable; where that may not be read, what the kernel
// calls it.
std::string_view program_name(const Process& process);

// The base name of what it runs: of an interpreter its script, else its own.
// Empty: its arguments are not known.
std::string_view script_name(const Process& process);

// Whatever it runs: a command, a script, or what somebody types.
bool is_shell(const Process& process);

// How many of its arguments, of an interpreter's with its options, say what it
// runs: those behind are what that is told.
std::size_t program_words(const Process& process);

// Both run the same script by the same executable.
bool run_the_same(const Process& a, const Process& b);

// `node monitor.js server.js` is told to run `node server.js`: its arguments
// name the other's script behind its own. What forks itself is not: `node
// cluster.js` of `node cluster.js`.
bool is_told_to_run(const Process& runner, const Process& other);

}  // namespace strayd
