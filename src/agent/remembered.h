// Where processes came from, over a restart of strayd: what of the memory is
// kept (report/origins_file.h), and what a strayd that starts may believe.
#pragma once

#include <string>

#include "strayd/core/judge.h"
#include "strayd/report/origins_file.h"
#include "strayd/report/state.h"

namespace strayd {

struct RememberedOrigins {
  StoredOrigins stored{};
  // They were written in this boot, and can't be read now: who had one is not
  // known any more.
  bool lost = false;

  bool operator==(const RememberedOrigins&) const = default;
};

// For a strayd that keeps records; `state` is what it has loaded, of_boot() or
// not. A damaged file is kept aside.
RememberedOrigins recall_origins(const State& state,
                                 const std::string& directory,
                                 const std::string& boot_id);

// For one that only looks: nothing is made or moved. Where it may not read,
// nothing is known, so they are lost; where there is no such directory nothing
// was ever written.
RememberedOrigins peek_origins(const std::string& directory,
                               const std::string& boot_id);

// What of the memory is worth a file, without what every scan changes: until
// when a process was seen below its owner is told as of when they parted, and
// before that is when it was first seen there; and how often lists have said
// that a launch is over is told up to what a judgement asks for. Pure.
StoredOrigins stored_of(const Memory& memory, const std::string& boot_id);

// Into the memory of a strayd that has not scanned yet. Pure.
void restore(Memory& memory, const RememberedOrigins& known, BootTime now);

}  // namespace strayd
