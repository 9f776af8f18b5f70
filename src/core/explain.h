// One restart that a list counts, with what is known of it.
#pragma once

#include <cstdint>
#include <string>

#include "strayd/core/causes.h"
#include "strayd/core/restarts.h"
#include "strayd/core/supervisor.h"

namespace strayd {

// One answering home of one scan.
struct HomeScan {
  const std::string& name;
  const Clues& clues;
  bool watched = false;    // it answered before
  bool caught_up = false;  // Clues::caught_up
  bool unbroken = true;    // no Gap among the events
  // Strayd, for a part of the time since the list before.
  bool was_away = false;
};

// One instance in the list of its home.
struct InList {
  const HomeScan& home;
  const Pm2Instance& instance;
  InstanceKey key{};
  AppKey app{};
};

// What a restart is put down to that nothing explains.
Cause unexplained(const HomeScan& home);

// `trail` is as it was before this list, but for the events.
Restart explain(const InList& listed, const Trail& trail, std::int64_t restart);

}  // namespace strayd
