// What the kernel says of PM2's apps: who serves, and what their trees use.
#include <string>

#include "metric_apps.h"
#include "metric_families.h"

namespace strayd::metrics {

namespace {

// strayd's own count stays while a PM2 is silent: a counter that comes and goes
// loses rises.
void add_backend_restarts(Page& page, const Report& report) {
  Family& restarts = page.counter(
      "strayd_backend_restarts_total",
      "How often the process that really serves was replaced by another, "
      "restarts by PM2 included, since strayd first saw the slot. One at most "
      "between two scans.");
  for (const auto& [slot, account] : report.backends.slots) {
    if (!is_told(report, {.home = slot.home, .app = slot.app})) continue;
    Labels labels = app_labels(slot.home, slot.app);
    labels.emplace_back("slot", std::to_string(slot.slot));
    restarts.add(std::move(labels), static_cast<double>(account.restarts));
  }
}

}  // namespace

void add_backends(Page& page, const Report& report) {
  Family& up = page.gauge(
      "strayd_backend_up",
      "1 if a process really serves at the end of the instance's chain, and "
      "listens where one that served there did; 0 if none does, whatever PM2 "
      "says. Absent where that can't be told.");
  Family& started = page.gauge(
      "strayd_backend_start_time_seconds",
      "When the process that really serves started, in seconds of Unix time. "
      "Never goes back while PM2 runs the same process of its own.");
  Family& down = page.gauge(
      "strayd_backend_down_since_timestamp_seconds",
      "Since when the instance has not served for half a minute on end, in "
      "seconds of Unix time: nobody served, or others again and again. Absent "
      "where it serves.");
  for (const AppReport* app : known_apps(report)) {
    for (const InstanceReport& instance : app->instances) {
      if (!instance.backend) continue;
      const Labels labels =
          app_labels(*app, {"slot", std::to_string(instance.slot)});
      up.set(labels, truth(instance.backend->id.has_value()));
      started.set(labels, seconds_of_ms(instance.backend->start_unix_ms));
      if (!instance.down_since_unix_ms) continue;
      down.set(labels, seconds_of_ms(instance.down_since_unix_ms));
    }
  }
  add_backend_restarts(page, report);
}

void add_usage(Page& page, const Report& report) {
  Family& cpu = page.counter(
      "strayd_app_cpu_seconds_total",
      "User and system CPU time of all processes in the trees of all "
      "instances of the app, in seconds, since strayd first saw the app. What "
      "a process spent after the last scan that saw it is missing.");
  Family& memory = page.gauge(
      "strayd_app_resident_memory_bytes",
      "Memory of all processes in the trees of all instances of the app, in "
      "bytes: of each its proportional share (PSS) where that is known, else "
      "its resident set (RSS), shared pages included.");
  Family& processes =
      page.gauge("strayd_app_processes",
                 "Living processes in the trees of all instances of the app.");
  Family& zombies = page.gauge(
      "strayd_app_zombies",
      "Processes in the trees of all instances of the app that have exited "
      "and that their parents have not reaped.");
  for (const AppReport* app : known_apps(report)) {
    if (!app->usage) continue;
    const Labels labels = app_labels(*app);
    cpu.add(labels, seconds(app->usage->cpu));
    memory.add(labels, static_cast<double>(app->usage->resident_bytes));
    processes.add(labels, number(app->usage->processes));
    zombies.add(labels, number(app->usage->zombies));
  }
}

}  // namespace strayd::metrics
