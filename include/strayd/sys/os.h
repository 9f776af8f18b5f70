// The few calls of the operating system that every room needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

// errno becomes an Error here and nowhere else: "open /x: Permission denied".
Error errno_error(std::string_view what, int error);

BootTime boot_time();    // CLOCK_BOOTTIME
std::int64_t unix_ms();  // CLOCK_REALTIME; never decides anything
std::chrono::nanoseconds steady_time();  // CLOCK_MONOTONIC

// Reads at most `limit` bytes; Fault::Exhausted if there are more.
Result<std::string> read_file(const std::string& path, std::size_t limit);

// Writes a whole file atomically and durably: temporary file beside it, fsync,
// rename, fsync of the directory. Mode 0600 unless told.
Result<void> replace_file(const std::string& path,
                          std::string_view content,
                          unsigned mode = 0600);

// Atomically, but without a sync: for what is void anyway when the host goes
// down.
Result<void> replace_file_unsynced(const std::string& path,
                                   std::string_view content,
                                   unsigned mode = 0600);

// Lifts the soft limit of open files to the hard one, and says what it is now.
// The default of 1024 is for programs that select(2).
std::size_t lift_file_limit();

// mkdir -p with mode 0700 for what is made.
Result<void> make_directories(const std::string& path);

}  // namespace strayd
