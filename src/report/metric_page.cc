#include "metric_page.h"

#include <limits>
#include <numeric>
#include <utility>

#include "strayd/report/render.h"

namespace strayd::metrics {

namespace {

constexpr double kMillisecondsPerSecond = 1000;

// Below 0x80 or the first byte of a sequence (RFC 3629).
bool starts_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

prometheus::ClientMetric sample(Labels labels, double value) {
  prometheus::ClientMetric metric;
  metric.label.reserve(labels.size());
  for (auto& [name, text] : labels) {
    metric.label.push_back({.name = std::move(name), .value = std::move(text)});
  }
  // The serializer reads the one that the family's type names.
  metric.counter.value = value;
  metric.gauge.value = value;
  return metric;
}

}  // namespace

std::string label_value(std::string_view raw) {
  // Cleaning never makes a text shorter, so the bytes beyond these few can't
  // reach the result, and a name of a megabyte costs no more than a short one.
  constexpr std::size_t kEnough = kLabelBytes + 8;
  std::string clean = one_line(raw.substr(0, kEnough));
  if (clean.size() <= kLabelBytes) return clean;
  std::size_t end = kLabelBytes;
  while (end > 0 && !starts_character(clean[end])) --end;
  clean.resize(end);
  return clean;
}

Family::Family(std::string name,
               std::string help,
               prometheus::MetricType type) {
  family_.name = std::move(name);
  family_.help = std::move(help);
  family_.type = type;
}

// Most come in the order of the page: at the end is the first place to look.
void Family::add(Labels labels, double value) {
  for (auto& [name, text] : labels) text = label_value(text);
  values_.try_emplace(values_.end(), std::move(labels))->second += value;
}

void Family::set(Labels labels, double value) {
  for (auto& [name, text] : labels) text = label_value(text);
  values_.try_emplace(values_.end(), std::move(labels), value);
}

void Family::set(Labels labels, std::optional<double> value) {
  if (value) set(std::move(labels), *value);
}

void Family::observe(const Histogram& histogram) {
  prometheus::ClientMetric metric;
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < histogram.bounds.size(); ++i) {
    if (i < histogram.counts.size()) cumulated += histogram.counts[i];
    metric.histogram.bucket.push_back(
        {.cumulative_count = cumulated, .upper_bound = histogram.bounds[i]});
  }
  metric.histogram.sample_count = std::accumulate(
      histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
  metric.histogram.bucket.push_back(
      {.cumulative_count = metric.histogram.sample_count,
       .upper_bound = std::numeric_limits<double>::infinity()});
  metric.histogram.sample_sum = histogram.sum;
  histogram_ = std::move(metric);
}

std::size_t Family::series() const {
  constexpr std::size_t kSumAndCount = 2;
  const std::size_t histogram =
      histogram_ ? histogram_->histogram.bucket.size() + kSumAndCount : 0;
  return values_.size() + histogram;
}

prometheus::MetricFamily Family::take() && {
  family_.metric.reserve(values_.size() + 1);
  while (!values_.empty()) {
    auto next = values_.extract(values_.begin());
    family_.metric.push_back(sample(std::move(next.key()), next.mapped()));
  }
  if (histogram_) family_.metric.push_back(*std::move(histogram_));
  return std::move(family_);
}

Family& Page::counter(std::string name, std::string help) {
  return families_.emplace_back(
      std::move(name), std::move(help), prometheus::MetricType::Counter);
}

Family& Page::gauge(std::string name, std::string help) {
  return families_.emplace_back(
      std::move(name), std::move(help), prometheus::MetricType::Gauge);
}

Family& Page::histogram(std::string name, std::string help) {
  return families_.emplace_back(
      std::move(name), std::move(help), prometheus::MetricType::Histogram);
}

std::vector<prometheus::MetricFamily> Page::families(std::size_t cap) && {
  std::size_t kept = 1;  // strayd_series_dropped itself
  for (const Family& family : families_) kept += family.series();
  std::size_t dropped = 0;
  while (kept > cap && !families_.empty()) {
    kept -= families_.back().series();
    dropped += families_.back().series();
    families_.pop_back();
  }
  gauge("strayd_series_dropped",
        "Series left out of this page because it would have grown too large. "
        "Whole families are left out, the most detailed first.")
      .set({}, number(dropped));
  std::vector<prometheus::MetricFamily> page;
  for (Family& family : families_) {
    if (family.series() > 0) page.push_back(std::move(family).take());
  }
  return page;
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double seconds_of_ms(std::int64_t unix_ms) {
  return static_cast<double>(unix_ms) / kMillisecondsPerSecond;
}

std::optional<double> seconds_of_ms(std::optional<std::int64_t> unix_ms) {
  if (!unix_ms) return std::nullopt;
  return seconds_of_ms(*unix_ms);
}

}  // namespace strayd::metrics
