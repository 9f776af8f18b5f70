#include "origin_text.h"

#include <chrono>

#include <fmt/format.h>

#include "strayd/report/render.h"

#include "words.h"

namespace strayd {
namespace {

std::string moment(const Snapshot& snapshot, BootTime at) {
  return words::moment(
      snapshot.boot_epoch_ms +
      std::chrono::duration_cast<std::chrono::milliseconds>(at).count());
}

std::string owner(const Memory& memory, const Origin& origin) {
  switch (origin.owner) {
    case Origin::Owner::Supervisor:
      return "the supervisor " + one_line(origin.name);
    case Origin::Owner::Pm2:
      return "the PM2 in " + one_line(origin.launch.instance.home);
    case Origin::Owner::Launch:
    case Origin::Owner::Forgotten:
      break;
  }
  const auto launch = memory.launches.find(origin.launch);
  const bool numbered =
      launch != memory.launches.end() && launch->second.slot.has_value();
  return fmt::format("{}{}, launch of {}",
                     one_line(origin.name),
                     numbered ? fmt::format(" #{}", *launch->second.slot) : "",
                     words::moment(origin.launch.pm_uptime_ms));
}

std::string_view word(Parting parting) {
  switch (parting) {
    case Parting::None:
      return "below it still";
    case Parting::LetGo:
      return "let go: what started it ended by itself while its app lived";
    case Parting::Left:
      return "left";
    case Parting::Unseen:
      return "how they parted was not seen, and it was started to live on";
  }
  return "";
}

}  // namespace

std::string origin_text(const Snapshot& snapshot,
                        const Memory& memory,
                        const Process& process) {
  const auto found = memory.origins.find(process.id);
  const bool lost =
      found == memory.origins.end()
          ? memory.forgotten && process.started <= *memory.forgotten
          : found->second.owner == Origin::Owner::Forgotten;
  if (lost) {
    return "lost: what was known of it, or of what started it, is gone";
  }
  if (found == memory.origins.end()) return "none that is known";
  const Origin& origin = found->second;
  const bool was_seen = origin.until != BootTime{};
  std::string text = (was_seen ? "seen below " : "by its PM2 cookie of ") +
                     owner(memory, origin);
  if (was_seen && origin.parting != Parting::None) {
    text += ", until " + moment(snapshot, origin.until);
  }
  return text + "; " + std::string(word(origin.parting));
}

}  // namespace strayd
