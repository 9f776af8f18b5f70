// The exposition under construction: families of series, each label set once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include "strayd/core/report.h"

namespace strayd::metrics {

using Label = std::pair<std::string, std::string>;  // name, value
using Labels = std::vector<Label>;

// No label value is longer. Two names that differ only after that become one
// series, never two equal ones: Prometheus refuses the whole page for those.
inline constexpr std::size_t kLabelBytes = 128;

// Valid UTF-8 without control characters, cut at a character's boundary. One
// invalid byte makes Prometheus drop the whole scrape, and a NUL ends its
// lexer's input.
std::string label_value(std::string_view raw);

class Family {
 public:
  Family(std::string name, std::string help, prometheus::MetricType type);

  // A second value for the same labels is added to the first.
  void add(Labels labels, double value);
  // A second value for the same labels is ignored.
  void set(Labels labels, double value);
  // nullopt: no series.
  void set(Labels labels, std::optional<double> value);
  // Without labels; the only value of its family.
  void observe(const Histogram& histogram);

  // As Prometheus counts: each bucket, sum and count of a histogram is one.
  std::size_t series() const;
  prometheus::MetricFamily take() &&;

 private:
  prometheus::MetricFamily family_{};
  std::map<Labels, double> values_{};
  std::optional<prometheus::ClientMetric> histogram_{};
};

// Families in the order in which they are added, the most important first.
class Page {
 public:
  // The reference stays good.
  Family& counter(std::string name, std::string help);
  Family& gauge(std::string name, std::string help);
  Family& histogram(std::string name, std::string help);

  // Families without series are left out. If there are more than `cap` series,
  // whole families are dropped from the end until the rest fits: a part of a
  // family would make wrong sums. `strayd_series_dropped` says how many went.
  std::vector<prometheus::MetricFamily> families(std::size_t cap) &&;

 private:
  std::deque<Family> families_{};
};

inline double number(std::size_t count) {
  return static_cast<double>(count);
}
inline double truth(bool value) {
  return value ? 1 : 0;
}
double seconds(std::chrono::nanoseconds duration);
double seconds_of_ms(std::int64_t unix_ms);
std::optional<double> seconds_of_ms(std::optional<std::int64_t> unix_ms);

}  // namespace strayd::metrics
