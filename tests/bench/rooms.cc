// What the steps of a scan cost that read nothing, on a host of 10 000
// processes with 200 apps of four instances. Built where Google Benchmark is.
//
//   cmake --build --preset release --target bench_rooms
//   build/release/tests/bench/bench_rooms
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include "strayd/core/apps.h"
#include "strayd/core/forest.h"
#include "strayd/core/judge.h"
#include "strayd/core/plan.h"
#include "strayd/pm2/list.h"
#include "strayd/proc/parse.h"
#include "strayd/report/render.h"

#include "report/metric_families.h"
#include "support/large_host.h"

namespace strayd {
namespace {

constexpr const char* kStat =
    "6225 (npm run dev) S 6179 6225 6226 34816 -1 4194304 7231 0 0 0 74 22 0 0 "
    "20 0 11 0 473007 1120231424 14309 18446744073709551615 1 1 0 0 0 0 0 "
    "16781312 83458 0 0 0 17 1 0 0 0 0 0 0 0 0 140721 0 0 0 0\n";

const testing::AppWorld& host() {
  static const testing::AppWorld kHost = [] {
    testing::AppWorld world = testing::large_host();
    world.look();
    return world;
  }();
  return kHost;
}

Report report_of_host() {
  testing::AppWorld world = host();
  AppsPicture picture = world.look();
  Report report{.scan = 1};
  report.pm2 = world.pm2;
  report.verdicts = world.verdicts;
  report.apps = std::move(picture.apps);
  report.backends = std::move(picture.memory.backends);
  report.conflicts = std::move(picture.conflicts);
  return report;
}

// As PM2 writes it: each app's environment twice, some 4 KB of it.
std::string list_of_host() {
  std::string environment;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    environment += R"("VARIABLE_)" + number + R"(":"/some/value/of/it:)" +
                   number + R"(",)";
  }
  std::string list = R"({"args":[[)";
  for (int i = 0; i < testing::kLargeApps; ++i) {
    const std::string number = std::to_string(i);
    list += (i > 0 ? "," : "") +
            (R"({"pid":)" + std::to_string(1000 + i) + R"(,"name":"app)" +
             number + R"(","pm_id":)" + number + R"(,"pm2_env":{)") +
            environment + R"("env":{)" + environment + R"("LAST":"1"},)" +
            R"("status":"online","unique_id":"u)" + number +
            R"(","restart_time":3,"pm_uptime":1738324800000}})";
  }
  return list + "]]}";
}

void parse_stat_of_one(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(parse_stat(kStat));
}

void parse_list(benchmark::State& state) {
  const std::string list = list_of_host();
  for (auto _ : state) benchmark::DoNotOptimize(parse_pm2_list(list));
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(list.size()));
}

void index_forest(benchmark::State& state) {
  for (auto _ : state) {
    const Forest forest(host().snapshot);
    benchmark::DoNotOptimize(&forest);
  }
}

void identify(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(details_needed(host().snapshot, host().policy));
  }
}

void judge_all(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(host().judged());
}

void plan_all(benchmark::State& state) {
  const std::vector<Verdict> verdicts = host().judged();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        plan(verdicts, {}, host().snapshot, host().policy, {}));
  }
}

void describe_apps(benchmark::State& state) {
  testing::AppWorld world = host();
  world.read();
  for (auto _ : state) benchmark::DoNotOptimize(world.observe());
}

void write_metrics(benchmark::State& state) {
  const Report report = report_of_host();
  for (auto _ : state) benchmark::DoNotOptimize(metrics_text(report, {}));
}

// The library's part of it: what a scrape can't be cheaper than.
void serialize_metrics(benchmark::State& state) {
  const auto families = metrics::families(report_of_host(), {});
  const prometheus::TextSerializer serializer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(serializer.Serialize(families));
  }
}

void write_status(benchmark::State& state) {
  const Report report = report_of_host();
  for (auto _ : state) benchmark::DoNotOptimize(status_json(report));
}

BENCHMARK(parse_stat_of_one);
BENCHMARK(parse_list)->Unit(benchmark::kMillisecond);
BENCHMARK(index_forest)->Unit(benchmark::kMillisecond);
BENCHMARK(identify)->Unit(benchmark::kMillisecond);
BENCHMARK(judge_all)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_all)->Unit(benchmark::kMillisecond);
BENCHMARK(describe_apps)->Unit(benchmark::kMillisecond);
BENCHMARK(write_metrics)->Unit(benchmark::kMillisecond);
BENCHMARK(serialize_metrics)->Unit(benchmark::kMillisecond);
BENCHMARK(write_status)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace strayd

BENCHMARK_MAIN();
