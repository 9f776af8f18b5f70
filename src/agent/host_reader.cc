#include "host_reader.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/forest.h"
#include "strayd/core/judge.h"
#include "strayd/pm2/observe.h"
#include "strayd/report/render.h"
#include "strayd/sys/os.h"

namespace strayd {

HostReader::HostReader(const Terms& terms,
                       Procfs& procfs,
                       AppWatch& apps,
                       std::function<bool()> lost)
    : terms_(terms), procfs_(procfs), apps_(apps), lost_(std::move(lost)) {}

LookPorts HostReader::ports() {
  return {.renew =
              [this](Snapshot& known, std::span<const ProcId> whole) {
                return renew(known, whole);
              },
          .read = [this] { return read(); },
          .ask =
              [this](const Snapshot& snapshot, const Memory& before) {
                const Pm2Config& wanted = terms_.config.pm2;
                const std::vector<Pm2Home> homes =
                    pm2_homes(snapshot, wanted.homes, wanted.automatic, before);
                return ask_pm2(homes, snapshot, wanted.timeout);
              },
          .sockets =
              [this](const Snapshot& snapshot,
                     std::span<const Pm2View> pm2,
                     std::span<const Verdict> verdicts) {
                return apps_.sockets(
                    snapshot, pm2, terms_.config.policy, verdicts);
              },
          .facts =
              [this](const HostQuestions& asked) { return files_.read(asked); },
          .resolve =
              [this](std::span<const std::string> written, bool fresh) {
                return resolve(written, fresh);
              }};
}

std::vector<ProcId> HostReader::details_of(const Snapshot& base) const {
  std::vector<ProcId> wanted = details_needed(base, terms_.config.policy);
  if (close_ups_.empty()) return wanted;
  const Forest forest(base);
  for (const pid_t pid : close_ups_) {
    const Process* process = forest.find(pid);
    if (process == nullptr) continue;
    wanted.push_back(process->id);
    for (const Process* ancestor : forest.chain(*process).ancestors) {
      wanted.push_back(ancestor->id);
    }
  }
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  return wanted;
}

Renewal HostReader::renewal(std::span<const ProcId> whole) const {
  Renewal how{.whole = whole, .numbers = apps_.members()};
  const int rotation = terms_.config.rotation;
  how.numbers_every = static_cast<unsigned>(std::max(rotation, 1));
  if (rotation == 0 || lost_()) how.everything_every = 1;
  return how;
}

Result<Snapshot> HostReader::read() {
  return procfs_.snapshot(
      [this](const Snapshot& base) { return details_of(base); });
}

Result<void> HostReader::renew(Snapshot& known, std::span<const ProcId> whole) {
  const bool had_bpf = !procfs_.without_bpf();
  Result<void> done = procfs_.renew(
      known,
      [this](const Snapshot& base) { return details_of(base); },
      renewal(whole));
  const std::optional<std::string>& without_bpf = procfs_.without_bpf();
  if (had_bpf && without_bpf) {
    spdlog::info("scanning procfs alone, without BPF: {}",
                 one_line(*without_bpf));
  }
  return done;
}

// Links of the configuration seldom move. What is ordered rests on a look of
// its own.
std::optional<std::map<std::string, std::string>> HostReader::resolve(
    std::span<const std::string> written, bool fresh) {
  constexpr std::chrono::seconds kOften{5};
  const std::chrono::nanoseconds now = steady_time();
  if (!fresh && now < directories_due_) return std::nullopt;
  directories_due_ = now + kOften;
  return files_.resolve(written);
}

}  // namespace strayd
