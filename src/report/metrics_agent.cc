// What strayd says of itself: build, scans, mode, config, features, cost.
#include <array>
#include <string>
#include <string_view>

#include "strayd/report/version.h"

#include "metric_families.h"

namespace strayd::metrics {

namespace {

// The words that account() counts failed scans by, one for each Fault.
constexpr auto kScanErrors = std::to_array<std::string_view>({"not_found",
                                                              "denied",
                                                              "malformed",
                                                              "unreachable",
                                                              "timed_out",
                                                              "exhausted",
                                                              "io"});

void add_scans(Page& page, const Report& report) {
  const Totals& totals = report.totals;
  page.counter("strayd_scans_total",
               "Scans of the process table since strayd started.")
      .set({}, static_cast<double>(totals.scans));
  Family& errors = page.counter(
      "strayd_scan_errors_total",
      "Scans that stopped before they judged anything, by reason.");
  for (const std::string_view reason : kScanErrors) {
    errors.add({{"reason", std::string(reason)}}, 0);
  }
  for (const auto& [reason, count] : totals.scan_errors) {
    errors.add({{"reason", reason}}, static_cast<double>(count));
  }
  page.histogram("strayd_scan_duration_seconds",
                 "How long a scan took, in seconds.")
      .observe(totals.scan_duration);
  // It must not vanish while scans fail: that is what an alert waits for.
  page.gauge("strayd_last_scan_timestamp_seconds",
             "When the newest scan that did not fail finished, in seconds of "
             "Unix time. Absent before the first.")
      .set({}, seconds_of_ms(totals.last_good_unix_ms));
  if (!judged(report)) return;
  page.gauge("strayd_processes", "Processes that the newest scan saw.")
      .set({}, number(report.processes));
}

void add_mode(Page& page, const Report& report) {
  page.gauge("strayd_enforcing",
             "1 if the mode is enforce, 0 if it is observe. An open breaker "
             "or a missing feature can still keep strayd from acting.")
      .set({}, truth(report.mode == Mode::Enforce));
  page.gauge("strayd_breaker_open",
             "1 if strayd went back to observing after harm or a spent kill "
             "budget, until an operator closes the breaker.")
      .set({}, truth(report.breaker.open));
}

void add_config(Page& page, const Report& report) {
  page.gauge("strayd_config_last_reload_successful",
             "1 if the newest config was taken, 0 if it was refused and the "
             "last good one is in force.")
      .set({}, truth(report.reload.successful));
  if (report.reload.success_unix_ms == 0) return;
  page.gauge("strayd_config_last_reload_success_timestamp_seconds",
             "When the config in force was loaded, in seconds of Unix time.")
      .set({}, seconds_of_ms(report.reload.success_unix_ms));
}

void add_features(Page& page, const Report& report) {
  Family& features = page.gauge(
      "strayd_feature_available",
      "1 if this host grants what the feature needs, 0 if strayd is blind "
      "there.");
  for (const auto& [feature, available] : report.features) {
    features.set({{"feature", feature}}, truth(available));
  }
}

std::optional<double> real(const std::optional<std::uint64_t>& count) {
  if (!count) return std::nullopt;
  return static_cast<double>(*count);
}

}  // namespace

bool judged(const Report& report) {
  return report.scan > 0 && !report.failure;
}

void add_agent(Page& page, const Report& report) {
  page.gauge("strayd_build_info",
             "Always 1; the labels say which strayd this is.")
      .set({{"version", std::string(version())},
            {"revision", std::string(revision())}},
           1);
  add_scans(page, report);
  add_mode(page, report);
  add_config(page, report);
  add_features(page, report);
}

void add_self(Page& page, const SelfUsage& self) {
  page.counter("process_cpu_seconds_total",
               "User and system CPU time that strayd spent, in seconds.")
      .set({}, self.cpu_seconds);
  page.gauge("process_open_fds", "Open file descriptors of strayd.")
      .set({}, real(self.open_fds));
  page.gauge("process_max_fds", "How many file descriptors strayd may open.")
      .set({}, real(self.max_fds));
  page.gauge("process_virtual_memory_bytes",
             "Virtual memory of strayd in bytes.")
      .set({}, real(self.virtual_memory_bytes));
  page.gauge("process_resident_memory_bytes",
             "Resident memory of strayd in bytes.")
      .set({}, real(self.resident_memory_bytes));
  page.gauge("process_start_time_seconds",
             "When strayd started, in seconds of Unix time.")
      .set({}, self.start_time_seconds);
  page.gauge("process_threads", "Threads of strayd.")
      .set({}, real(self.threads));
}

}  // namespace strayd::metrics
