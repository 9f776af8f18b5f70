// Names that nobody would give an app, except to break what reads them.
#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/report/render.h"

#include "support/promtool.h"
#include "support/sample_report.h"

namespace strayd {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

std::vector<std::string> hostile_names() {
  return {"caf\xC3",  // cut in the middle of a character
          "\xFF\xFE\x80",
          "two\nlines",
          "# HELP strayd_x y\n# TYPE strayd_x gauge\nstrayd_x 1",
          "quote\" back\\slash",
          "\x1B[2J\r",
          "nul\0inside"s,
          "",
          std::string(100'000, 'a'),
          std::string(100'000, '\xE2'),
          std::string(126, 'b') + "\xE2\x82\xAC"};
}

Report report_of(const std::vector<std::string>& names) {
  Report report = sample::quiet_report();
  report.apps.clear();
  report.ledger.apps.clear();
  for (const std::string& name : names) {
    const Pm2Instance instance =
        sample::instance(name, 0, 5, Pm2Status::Online);
    report.apps.push_back(
        {.home = sample::kHome, .app = name, .instances = {{.pm2 = instance}}});
    report.apps.back().usage = AppUsage{.processes = 1};
    report.apps.back().ports = {{.port = 1, .sockets = 1}};
    report.apps.back().remotes = {
        {.remote = name,
         .connections = 1,
         .age = std::chrono::seconds{1},
         .since_receive = std::chrono::milliseconds{1}}};
    report.backends.slots[{.home = sample::kHome, .app = name}] = {.restarts =
                                                                       2};
    report.ledger.apps[{.home = sample::kHome, .app = name}] = {
        .restarts = {{Cause::Signal, 2}}};
    report.rules.push_back(name);
    report.features[name] = true;
    report.pm2.push_back(sample::answering("/" + name, {instance}));
  }
  return report;
}

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

// Everything before the value: no two lines may have the same.
std::string series(const std::string& line) {
  return line.substr(0, line.rfind(' '));
}

TEST(HostileNames, promtool_accepts_the_page) {
  const auto opinion =
      test::check_metrics(metrics_text(report_of(hostile_names()), {}));
  if (!opinion) GTEST_SKIP() << "promtool is not installed";
  EXPECT_EQ(opinion->status, test::kKnownStatus);
  EXPECT_EQ(opinion->said, test::kKnownObjection);
}

TEST(HostileNames, no_byte_of_the_page_is_a_control_character) {
  const std::string text = metrics_text(report_of(hostile_names()), {});
  EXPECT_TRUE(std::ranges::none_of(text, [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return (code < 0x20 && byte != '\n') || code == 0x7F;
  }));
  EXPECT_EQ(text, valid_utf8(text));
}

TEST(HostileNames, no_name_makes_a_metric_of_its_own) {
  for (const std::string& line :
       lines(metrics_text(report_of(hostile_names()), {}))) {
    EXPECT_FALSE(line.starts_with("strayd_x")) << line;
    EXPECT_FALSE(line.starts_with("# HELP strayd_x")) << line;
  }
}

TEST(HostileNames, a_line_of_the_page_is_never_long) {
  for (const std::string& line :
       lines(metrics_text(report_of(hostile_names()), {}))) {
    EXPECT_LT(line.size(), 600U);
  }
}

TEST(HostileNames, a_label_is_cut_between_two_characters) {
  const std::string text =
      metrics_text(report_of({hostile_names().back()}), {});
  EXPECT_THAT(text, HasSubstr("app=\"" + std::string(126, 'b') + "\""));
}

TEST(HostileNames, names_that_become_one_are_one_series_and_their_sum) {
  const std::string stem(200, 'a');
  const std::string text =
      metrics_text(report_of({stem + "1", stem + "2"}), {});
  std::set<std::string> seen;
  for (const std::string& line : lines(text)) {
    if (line.starts_with('#')) continue;
    EXPECT_TRUE(seen.insert(series(line)).second) << line;
  }
  const std::string label = "app=\"" + std::string(128, 'a') + "\"";
  EXPECT_THAT(text, HasSubstr(label + ",cause=\"signal\"} 4\n"));
  EXPECT_THAT(text, HasSubstr(label + ",status=\"online\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(label + ",exec_mode=\"fork_mode\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(label + ",slot=\"0\"} 4\n"));
  EXPECT_THAT(text, HasSubstr(label + ",port=\"1\",owner=\"managed\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("strayd_app_processes{pm2_home=\"/root/.pm2\"," +
                        label + "} 2\n"));
}

Report host_of(std::size_t apps, std::size_t instances) {
  Report report = sample::quiet_report();
  report.processes = 10'000;
  report.apps.clear();
  for (std::size_t i = 0; i < apps; ++i) {
    AppReport app{.home = sample::kHome, .app = "app" + std::to_string(i)};
    for (std::size_t slot = 0; slot < instances; ++slot) {
      app.instances.push_back({.slot = static_cast<int>(slot),
                               .start_unix_ms = sample::kNoon,
                               .backend = Backend{.id = sample::id(5)}});
    }
    report.ledger.apps[{.home = app.home, .app = app.app}] = {};
    for (const InstanceReport& instance : app.instances) {
      report.backends.slots[{
          .home = app.home, .app = app.app, .slot = instance.slot}] = {};
    }
    app.usage = AppUsage{};
    app.ports.emplace();
    for (const Owner owner : kOwners) {
      app.ports->push_back({.port = 3000, .owner = owner});
      app.ports->push_back({.port = 9229, .owner = owner});
    }
    app.remotes = {{.remote = "exchange",
                    .connections = 1,
                    .age = std::chrono::seconds{1},
                    .since_receive = std::chrono::milliseconds{1}},
                   {.remote = "exchange", .owner = Owner::Orphan}};
    report.apps.push_back(std::move(app));
  }
  return report;
}

std::size_t count_series(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      lines(text),
      [](const std::string& line) { return !line.starts_with('#'); }));
}

TEST(Cardinality, a_host_of_200_apps_stays_whole_and_under_12000_series) {
  const std::string text = metrics_text(host_of(200, 4), {});
  EXPECT_LT(count_series(text), 12'000U);
  EXPECT_THAT(text, HasSubstr("strayd_series_dropped 0\n"));
  EXPECT_THAT(text, HasSubstr("app=\"app199\",slot=\"3\"} 1\n"));
}

TEST(Cardinality, too_many_series_cost_the_most_detailed_families_whole) {
  const std::string text = metrics_text(host_of(1000, 5), {});
  EXPECT_LE(count_series(text), 20'000U);
  EXPECT_THAT(text, Not(HasSubstr("strayd_series_dropped 0\n")));
  EXPECT_THAT(text, Not(HasSubstr("strayd_backend_up")));
  EXPECT_THAT(text, HasSubstr("strayd_pm2_app_restarts_total"));
  EXPECT_THAT(text, HasSubstr("strayd_candidates"));
}

}  // namespace
}  // namespace strayd
