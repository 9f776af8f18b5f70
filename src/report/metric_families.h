// The families of /metrics, by what they speak of. Each adds its own to the
// page and nothing for what the report does not know.
#pragma once

#include <vector>

#include "strayd/core/report.h"
#include "strayd/report/self_usage.h"

#include "metric_page.h"

namespace strayd::metrics {

// A scan that stopped before judging, or none yet: whatever a scan finds out is
// unknown then. Counters and the agent's own state are not.
bool judged(const Report& report);

// The whole page, as prometheus-cpp takes it.
std::vector<prometheus::MetricFamily> families(const Report& report,
                                               const SelfUsage& self);

void add_agent(Page& page, const Report& report);
void add_orphans(Page& page, const Report& report);
void add_self(Page& page, const SelfUsage& self);
void add_supervisors(Page& page, const Report& report);
void add_ends(Page& page, const Report& report);
void add_apps(Page& page, const Report& report);
void add_backends(Page& page, const Report& report);
void add_listeners(Page& page, const Report& report);
void add_connections(Page& page, const Report& report);
void add_usage(Page& page, const Report& report);
void add_instances(Page& page, const Report& report);

}  // namespace strayd::metrics
