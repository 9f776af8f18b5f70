// How apps ended, and who sent the newest signal, as members of the state.
#pragma once

#include <cstddef>

#include <nlohmann/json.hpp>

#include "strayd/core/ends.h"
#include "strayd/core/last_sender.h"

#include "json_members.h"

namespace strayd {

nlohmann::json ends_json(const Ends& ends);
nlohmann::json senders_json(const Senders& senders);

// One element each. What lacks, or is no such thing, is rejected in `members`.
void read_ends(Members& members, Ends& ends);
void read_sender(Members& members, Senders& senders);

}  // namespace strayd
