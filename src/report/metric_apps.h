// What the families that speak of apps share.
#pragma once

#include <string>
#include <vector>

#include "strayd/core/report.h"

#include "metric_page.h"

namespace strayd::metrics {

// The apps of homes that answered.
std::vector<const AppReport*> known_apps(const Report& report);

// Whether anything is told of it still: see is_long_gone().
bool is_told(const Report& report, const AppKey& app);

Labels app_labels(const std::string& home, const std::string& app);
Labels app_labels(const AppReport& app);
Labels app_labels(const AppReport& app, Label more);

}  // namespace strayd::metrics
