// PM2's process list: the JSON of a getMonitorData reply. Pure.
//
// Every entry carries its app's whole environment, twice, and so its secrets.
// The list is filtered while it is parsed: what is not allow-listed is never
// stored, and no error message quotes the JSON.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/core/supervisor.h"

namespace strayd {

struct Pm2List {
  std::vector<Pm2Instance> instances{};
  // Entries that can't be told from another: no object, no numeric pm_id, no
  // name, no unique_id, or one of our strings beyond 4 KiB. They are left out,
  // so a list with any of them must not be believed: an app that is missing
  // from a list looks deleted.
  std::size_t bad_entries = 0;
};

// Takes {"args":[[entry, …]]}. An environment variable of an app can override
// most fields (`restart_time`, `name`, …), so each is checked for its type, an
// integer may be a string, and what makes no sense is the field's default. What
// is skipped is only looked at as far as it takes to find its end.
// Fault::Malformed: not such a list, no UTF-8, or beyond 10 000 entries.
// Fault::Io: PM2 answered {"error": …}.
Result<Pm2List> parse_pm2_list(std::string_view text);

}  // namespace strayd
