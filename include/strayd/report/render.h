// A report as people and programs read it. Each makes valid UTF-8 of whatever
// bytes a process or PM2 put into a name.
#pragma once

#include <string>
#include <string_view>

#include "strayd/core/judge.h"
#include "strayd/core/report.h"
#include "strayd/report/self_usage.h"

namespace strayd {

// Invalid UTF-8 becomes U+FFFD; control characters stay (see one_line).
std::string valid_utf8(std::string_view bytes);
// Valid UTF-8 and no control character: safe in a log line or a terminal.
std::string one_line(std::string_view bytes);

// "the breaker is closed", or "the breaker is open since …: why".
std::string breaker_text(const Breaker& breaker);

// The Prometheus text exposition 0.0.4 of the newest report. Pure. What the
// report does not know is absent, never 0; every label value is valid UTF-8,
// free of control characters and at most 128 bytes long.
std::string metrics_text(const Report& report, const SelfUsage& self);

// `scan --json`: the object of the interface contract, version 1.
std::string scan_json(const Report& report);
// `/api/v1/status`: the same with what a page needs beside it.
std::string status_json(const Report& report);

enum class Detail {
  Brief,  // managed and protected processes only as a count
  Full    // every verdict
};

// One line: which app was restarted and why, how it ended, how long it had
// lived, and who sent the signal that ended it; where that is not known, why.
std::string restart_text(const Report& report, const Restart& restart);
// "kill < cleanup.sh < sh < cron (uid 0, cron.service)", or who else it was.
std::string sender_text(const LastSender& sender);
// Why nobody can be named: "signal_senders is missing: …".
std::string why_sender_unknown(const Report& report);

// "port 3000 of api is held by node server.ts (pid 12), which is leftover".
std::string conflict_text(const Report& report, const PortConflict& conflict);

// "Rule 'api' means no process: 4711 is nearest: its exe does not fit (…)."
std::string idle_rule_text(const IdleRule& idle);

// `scan`: for a person. Without a candidate that is an orphan, pending or held:
// a line of its own that says "No orphaned processes found".
std::string scan_text(const Report& report, Detail detail = Detail::Brief);
// `explain PID`: the chain to pid 1, each step's evidence, the verdict, where
// the process came from, and what would be needed to change it.
std::string explain_text(const Snapshot& snapshot,
                         const Report& report,
                         const Memory& memory,
                         pid_t pid);

// `/`: a plain page that needs no script.
std::string status_page(const Report& report);

}  // namespace strayd
