// How launches of PM2's apps ended, and who sent the signal.
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "metric_apps.h"
#include "metric_families.h"

namespace strayd::metrics {
namespace {

std::uint64_t counted(const Report& report,
                      const AppKey& app,
                      const std::string& how) {
  const auto of_app = report.ends.find(app);
  if (of_app == report.ends.end()) return 0;
  const auto found = of_app->second.find(how);
  return found == of_app->second.end() ? 0 : found->second;
}

Labels with(const AppKey& app, std::string how) {
  Labels labels = app_labels(app.home, app.app);
  labels.emplace_back("how", std::move(how));
  return labels;
}

void add_counts(Page& page, const Report& report) {
  Family& ends = page.counter(
      "strayd_pm2_app_ends_total",
      "Ends of launches that PM2 restarted, by how the process that PM2 "
      "started, or the one that served, ended. What is not known is missing.");
  for (const auto& [app, account] : report.ledger.apps) {
    if (!is_told(report, app)) continue;
    std::set<std::string> words{kUsualEnds.begin(), kUsualEnds.end()};
    const auto of_app = report.ends.find(app);
    if (of_app != report.ends.end()) {
      for (const auto& [how, count] : of_app->second) words.insert(how);
    }
    for (const std::string& how : words) {
      ends.add(with(app, how), static_cast<double>(counted(report, app, how)));
    }
  }
}

}  // namespace

void add_ends(Page& page, const Report& report) {
  add_counts(page, report);
  Family& info = page.gauge(
      "strayd_pm2_app_last_sender_info",
      "Always 1; the labels say who sent the newest signal that ended the app, "
      "by its comm, and through whom. Absent where nobody told of one.");
  for (const auto& [app, senders] : report.senders) {
    if (!is_told(report, app)) continue;
    const LastSender& last = senders.last;
    Labels labels = app_labels(app.home, app.app);
    labels.emplace_back("signal", last.signal);
    labels.emplace_back("sender", last.sender);
    labels.emplace_back("via", last.via);
    labels.emplace_back("unit", last.unit);
    labels.emplace_back("user", last.uid ? std::to_string(*last.uid) : "");
    info.set(labels, 1);
  }
  Family& lost = page.counter(
      "strayd_signals_lost_total",
      "Signals to apps of PM2 whose senders are not known because too many "
      "came at once.");
  lost.add({}, static_cast<double>(report.lost_signals));
}

}  // namespace strayd::metrics
