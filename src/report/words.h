// Words and numbers as a person reads them; shared by text and page.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/report.h"

namespace strayd::words {

// "answering", "silent", "dead", "never_seen".
std::string_view state(const Pm2View& view);

std::string_view mode(Mode mode);

// "3d 4h", "2h 5m", "4m 10s", "12s", "410ms".
std::string age(std::chrono::nanoseconds duration);

// "2025-01-31 23:59:59 UTC".
std::string moment(std::int64_t unix_ms);

std::string user(const std::optional<uid_t>& uid);  // "?" where unknown

std::string plural(std::size_t count, std::string_view one);  // "2 apps"

// Why a ripe orphan tree is left alone, and whose move it is: a sentence.
std::string_view explained(Withheld why);

// What a scan did not see, why, and what would show it: a sentence.
std::string not_seen(const Unseen& lack);

// "ended by SIGTERM", "not ended: …".
std::string deed(const Reaped& reaped);

// What a person must look at first: orphans, then pending, held, and at last
// what is managed or protected; ascending by pid within each.
std::vector<const Verdict*> by_urgency(const Report& report);

// A table of the apps: what serves each instance, how often and why PM2
// restarted it, its ports and its far ends. Empty where there is no app.
std::string apps(const Report& report);

// An app that was ended by a signal, and by whom.
struct EndedApp {
  AppKey app{};
  const LastSender* by = nullptr;  // of the newest; nullptr: nobody told of one
};
std::vector<EndedApp> ended_apps(const Report& report);

// How the process is shown; an empty one where the report lost it.
Shown shown(const Report& report, const ProcId& id);
// "node server.ts", or the program alone.
std::string title(const Shown& shown);

// Who a tree of orphans belongs to by birth: "bash deploy.sh (pid 12)", or init
// where its own parent is gone.
std::string parent(const Report& report, const std::optional<ProcId>& parent);

const Verdict* verdict_of(const Report& report, const ProcId& id);  // or null

// What that process or its tree keeps an app from; nullptr: nothing.
const PortConflict* conflict_of(const Report& report, const Verdict& verdict);

// How often an orphan came back: "once", "twice", "3 times".
std::string times(int count);

}  // namespace strayd::words
