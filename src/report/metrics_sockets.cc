// Who listens on the apps' ports, and who talks to the configured far ends.
// What can't be told of a port or a far end is absent.
#include <string>

#include "metric_apps.h"
#include "metric_families.h"

namespace strayd::metrics {

namespace {

Label owner_label(Owner owner) {
  return {"owner", std::string(to_string(owner))};
}

struct Connections {
  Family& count;
  Family& received;
  Family& age;

  void add(Labels labels, const RemoteShare& share) {
    labels.emplace_back("remote", share.remote);
    labels.push_back(owner_label(share.owner));
    count.add(labels, number(share.connections));
    if (share.since_receive) {
      received.set(labels, seconds(*share.since_receive));
    }
    if (share.age) age.set(labels, seconds(*share.age));
  }
};

Connections connections(Page& page) {
  return {
      .count = page.gauge(
          "strayd_backend_connections",
          "Established TCP connections to the configured remote, of the app's "
          "trees (managed) or of orphans (orphan). Orphans that belong to no "
          "listed app have empty labels."),
      .received = page.gauge(
          "strayd_backend_last_receive_seconds",
          "Seconds from the newest byte that came in over any of these "
          "connections to the scan: the smallest where there are several."),
      .age = page.gauge(
          "strayd_backend_connection_age_seconds",
          "Seconds from strayd's first sight of the oldest of these "
          "connections to the scan. A restart of strayd begins anew.")};
}

}  // namespace

void add_listeners(Page& page, const Report& report) {
  Family& listeners = page.gauge(
      "strayd_backend_listeners",
      "TCP sockets that listen on a port which the app has, or had while "
      "strayd watched, or that its own error names and somebody else has: its "
      "own (managed; in cluster mode the God Daemon's), "
      "those of orphans, and anybody else's (foreign). All addresses, each "
      "socket once.");
  for (const AppReport* app : known_apps(report)) {
    if (!app->ports) continue;
    for (const PortShare& share : *app->ports) {
      Labels labels = app_labels(*app, {"port", std::to_string(share.port)});
      labels.push_back(owner_label(share.owner));
      listeners.add(std::move(labels), number(share.sockets));
    }
  }
}

void add_connections(Page& page, const Report& report) {
  Connections families = connections(page);
  for (const AppReport* app : known_apps(report)) {
    if (!app->remotes) continue;
    for (const RemoteShare& share : *app->remotes) {
      families.add(app_labels(*app), share);
    }
  }
  if (!report.strays) return;
  for (const RemoteShare& share : *report.strays) {
    families.add(app_labels("", ""), share);
  }
}

}  // namespace strayd::metrics
