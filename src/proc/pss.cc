#include "pss.h"

#include <cstddef>
#include <string>
#include <vector>

#include "strayd/proc/parse.h"
#include "strayd/sys/os.h"

#include "facts.h"
#include "files.h"

namespace strayd {
namespace {

// Nobody waits for these numbers: the rest is asked for another time.
constexpr int kMostStalls = 1;

Observed<std::uint64_t> to_pss(const SlowText& text) {
  if (text) return parse_pss(*text);
  if (text.error().blocked) return std::unexpected(Unread::Blocked);
  return std::unexpected(text.error().read.unread());
}

Result<void> check(const SlowText& text, pid_t pid) {
  if (text || text.error().blocked || !text.error().read.exhausted()) return {};
  return std::unexpected(
      errno_error("read the memory of process " + std::to_string(pid),
                  text.error().read.error));
}

}  // namespace

Result<std::map<ProcId, Observed<std::uint64_t>>> read_pss(
    int root, SlowReader& reader, std::span<const ProcId> ids) {
  std::vector<SlowRead> requests;
  requests.reserve(ids.size());
  for (const ProcId& id : ids) {
    requests.push_back({.id = id, .file = SlowFile::SmapsRollup});
  }
  const Result<std::vector<SlowText>> texts =
      reader.read(requests, kMostStalls);
  if (!texts) return std::unexpected(texts.error());

  std::map<ProcId, Observed<std::uint64_t>> shares;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const pid_t pid = ids[i].pid;
    const SlowText& text = (*texts)[i];
    const Result<void> enough = check(text, pid);
    if (!enough) return std::unexpected(enough.error());
    // If it lives still, it was this one that was read.
    const Result<StatReading> now = read_stat(root, pid_file(pid, "stat"), pid);
    if (!now) return std::unexpected(now.error());
    if (now->sight == Presence::Vanished) continue;
    if (now->sight == Presence::Seen && now->stat.id != ids[i]) continue;
    shares[ids[i]] = to_pss(text);
  }
  return shares;
}

}  // namespace strayd
