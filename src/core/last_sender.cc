#include "strayd/core/last_sender.h"

#include <algorithm>
#include <string_view>

#include "strayd/core/ends.h"

namespace strayd {
namespace {

constexpr std::size_t kLongestUnit = 64;
constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;

// Printable ASCII that breaks neither a label nor a line of a shell.
std::string safe(std::string_view raw, std::size_t most) {
  std::string word{raw.substr(0, most)};
  std::ranges::replace_if(
      word,
      [](char c) {
        return c < ' ' || c > '~' || std::string_view("\"\\`$<>{}").contains(c);
      },
      '?');
  return word;
}

std::string name_of(const Sender& sender) {
  switch (sender.kind) {
    case Sender::Kind::Pm2:
      return "PM2";
    case Sender::Kind::Strayd:
      return "strayd";
    case Sender::Kind::Kernel:
      return "kernel";
    case Sender::Kind::Itself:
      return "itself";
    case Sender::Kind::Outside:
    case Sender::Kind::Inside:
      break;
  }
  return sender.chain.empty() ? "?" : safe(sender.chain.front(), 15);
}

bool is_named(const Sender& sender) {
  return sender.kind == Sender::Kind::Outside ||
         sender.kind == Sender::Kind::Inside;
}

std::string via(const Sender& sender) {
  std::string text;
  for (std::size_t i = 1; i < sender.chain.size(); ++i) {
    if (i > 1) text += " < ";
    text += safe(sender.chain[i], 15);
  }
  return text;
}

std::string unit(const Sender& sender) {
  for (const std::string& name : sender.cgroups) {
    if (name.ends_with(".service") || name.ends_with(".scope")) {
      return safe(name, kLongestUnit);
    }
  }
  return {};
}

}  // namespace

LastSender describe_sender(const SentSignal& sent) {
  LastSender told{.signal = signal_name(sent.signal),
                  .sender = name_of(sent.sender),
                  .unix_ms = sent.unix_ms};
  if (is_named(sent.sender)) {
    told.via = via(sent.sender);
    told.unit = unit(sent.sender);
    told.uid = sent.sender.uid;
  }
  return told;
}

void note_sender(Senders& senders, const AppKey& app, const SentSignal& sent) {
  if (sent.sender.kind == Sender::Kind::Inside) return;
  SendersOfApp& known = senders[app];
  LastSender told = describe_sender(sent);
  const std::int64_t day = sent.unix_ms / kDayMs;
  if (day != known.day) known.of_day.clear();
  known.day = day;
  const std::string key = told.signal + "|" + told.sender + "|" + told.via +
                          "|" + told.unit + "|" +
                          std::to_string(told.uid.value_or(0));
  if (known.of_day.size() >= kMostSenders && !known.of_day.contains(key)) {
    told = {.signal = told.signal, .sender = "(many)", .unix_ms = told.unix_ms};
  } else {
    known.of_day.insert(key);
  }
  known.last = std::move(told);
}

}  // namespace strayd
