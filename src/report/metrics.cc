// The Prometheus exposition: the order here is the order of the page, and what
// comes last is the first to go if the page grows too large.
#include "strayd/report/render.h"

#include "metric_families.h"

namespace strayd {

namespace {

// A host with 200 apps of 4 instances, each with two ports and one far end, has
// about 11 000. The body is then 1 MB.
constexpr std::size_t kMostSeries = 20'000;

}  // namespace

std::string metrics_text(const Report& report, const SelfUsage& self) {
  metrics::Page page;
  metrics::add_agent(page, report);
  metrics::add_self(page, self);
  metrics::add_orphans(page, report);
  metrics::add_supervisors(page, report);
  metrics::add_apps(page, report);
  metrics::add_backends(page, report);
  metrics::add_listeners(page, report);
  metrics::add_connections(page, report);
  metrics::add_usage(page, report);
  metrics::add_instances(page, report);
  return std::move(page).text(kMostSeries);
}

}  // namespace strayd
