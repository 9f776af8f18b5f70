// What the table of processes alone costs: a scan without PM2, sockets,
// verdicts and the report. The same code as the agent's, with its default rule.
//
//   bench_table SOURCE TIMES     SOURCE: procfs or bpf; prints the CPU time of
//                                each renewal, in ms: of all numbers, and of
//                                the default's share of them
#include <time.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "strayd/config/config.h"
#include "strayd/core/judge.h"
#include "strayd/proc/procfs.h"

namespace {

using namespace strayd;

// Without the helper that reads command lines: of newcomers, and of few others.
double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (static_cast<double>(now.tv_sec) * 1e3) +
         (static_cast<double>(now.tv_nsec) / 1e6);
}

int measure(TableSource source, int times, unsigned numbers_every) {
  const Result<Config> config = default_config();
  Result<Procfs> procfs = Procfs::open({.source = source});
  if (!config || !procfs) return 1;
  const auto details = [&](const Snapshot& base) {
    return details_needed(base, config->policy);
  };
  Snapshot known;
  constexpr int kSettled = 5;
  for (int i = -kSettled; i < times; ++i) {
    const double before = cpu_ms();
    if (!procfs->renew(known, details, {.numbers_every = numbers_every})) {
      return 1;
    }
    if (i >= 0) std::printf("%s%.3f", i == 0 ? "" : " ", cpu_ms() - before);
  }
  std::puts("");
  if (source == TableSource::Bpf && procfs->without_bpf()) {
    std::fprintf(stderr, "%s\n", procfs->without_bpf()->c_str());
    return 3;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto source = std::string_view(argv[1]) == "bpf" ? TableSource::Bpf
                                                         : TableSource::Procfs;
  const int times = std::stoi(argv[2]);
  if (source == TableSource::Bpf) return measure(source, times, 12);
  const int all = measure(source, times, 1);
  return all != 0 ? all : measure(source, times, 12);
}
