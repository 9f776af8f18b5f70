// Of each app the newest signal that ended it, in words that are safe to be
// shown, and bounded: a process chooses its own name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "strayd/core/ledger.h"
#include "strayd/core/senders.h"

namespace strayd {

struct LastSender {
  std::string signal{};  // "SIGTERM"
  // The comm of who sent it; "PM2", "strayd", "kernel", "itself"; "(many)"
  // where the app had more than kMostSenders different ones in a day.
  std::string sender{};
  std::string via{};           // the comms above it: "cleanup.sh < sh < cron"
  std::string unit{};          // the systemd unit of its cgroup; empty: none
  std::optional<uid_t> uid{};  // nullopt: it is no process's
  std::int64_t unix_ms = 0;

  bool operator==(const LastSender&) const = default;
};
inline constexpr std::size_t kMostSenders = 8;

LastSender describe_sender(const SentSignal& sent);

struct SendersOfApp {
  LastSender last{};
  std::int64_t day = 0;
  std::set<std::string> of_day{};

  bool operator==(const SendersOfApp&) const = default;
};
using Senders = std::map<AppKey, SendersOfApp>;

// What its own tree does to itself does not come here.
void note_sender(Senders& senders, const AppKey& app, const SentSignal& sent);

}  // namespace strayd
