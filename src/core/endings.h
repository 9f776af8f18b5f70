// How the end of a launch is put down, and who may have wanted it.
#pragma once

#include <cstdint>

#include "strayd/core/causes.h"

namespace strayd {

// The instance that is spoken of.
struct Subject {
  std::int64_t pm_id = -1;
  HomeTrail& home;
  Trail& trail;
  BootTime now{};
};

// The end that leads to `restart`, unless a better word on that is known. Lines
// of PM2's log that explain it are answered by it.
void note_ending(const Subject& subject, std::int64_t restart, Ending ending);

// All that was said before this launch is heard: if it followed one that lived,
// and nothing was said of that one's end, it has replaced it.
void conclude_reload(const Subject& subject, const Trail::Start& launch);

// A launch that is spoken of: an end has led to it.
void note_launch(const Subject& subject, const Trail::Start& launch);

}  // namespace strayd
