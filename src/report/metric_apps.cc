#include "metric_apps.h"

#include <set>
#include <utility>

namespace strayd::metrics {

std::vector<const AppReport*> known_apps(const Report& report) {
  std::set<std::string> answering;
  for (const Pm2View& view : report.pm2) {
    if (view.reply) answering.insert(view.home);
  }
  std::vector<const AppReport*> known;
  for (const AppReport& app : report.apps) {
    if (answering.contains(app.home)) known.push_back(&app);
  }
  return known;
}

bool is_told(const Report& report, const AppKey& app) {
  return !is_long_gone(report.ledger, app, report.finished_unix_ms);
}

Labels app_labels(const std::string& home, const std::string& app) {
  return {{"pm2_home", home}, {"app", app}};
}

Labels app_labels(const AppReport& app) {
  return app_labels(app.home, app.app);
}

Labels app_labels(const AppReport& app, Label more) {
  return {{"pm2_home", app.home}, {"app", app.app}, std::move(more)};
}

}  // namespace strayd::metrics
