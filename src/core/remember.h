// The parts of remember(): each folds one scan into one part of the memory.
#pragma once

#include "strayd/core/judge.h"

#include "scene.h"

namespace strayd {

// The number of an instance within its app: what PM2 calls it, else its place
// among the entries of its name.
std::optional<int> slot_of(const Pm2Answer& answer,
                           const Pm2Instance& instance);

// What the lists say of each launch, of those that a cookie names, too. The
// homes of `after` are those of now.
void remember_launches(Memory& after,
                       const Memory& before,
                       const Scene& scene,
                       const Life& life);

// From whom each living process comes, and how it has parted from that. The
// launches of `after` are those of now.
void remember_origins(Memory& after,
                      const Memory& before,
                      const Scene& scene,
                      const Life& life);

// Drops the launches that are not listed and from which no process lives.
void forget_launches(Memory& after, const Scene& scene);

}  // namespace strayd
