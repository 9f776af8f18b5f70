// The Prometheus exposition: the order here is the order of the page, and what
// comes last is the first to go if the page grows too large.
#include <utility>

#include <prometheus/text_serializer.h>

#include "strayd/report/render.h"

#include "metric_families.h"

namespace strayd {

namespace {

// A host with 200 apps of 4 instances, each with two ports and one far end, has
// about 11 000. The body is then 1 MB.
constexpr std::size_t kMostSeries = 20'000;

}  // namespace

std::vector<prometheus::MetricFamily> metrics::families(const Report& report,
                                                        const SelfUsage& self) {
  Page page;
  add_agent(page, report);
  add_self(page, self);
  add_orphans(page, report);
  add_supervisors(page, report);
  add_apps(page, report);
  add_ends(page, report);
  add_backends(page, report);
  add_listeners(page, report);
  add_connections(page, report);
  add_usage(page, report);
  add_instances(page, report);
  return std::move(page).families(kMostSeries);
}

std::string metrics_text(const Report& report, const SelfUsage& self) {
  return prometheus::TextSerializer{}.Serialize(
      metrics::families(report, self));
}

}  // namespace strayd
