#include "sender_watch.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include <spdlog/spdlog.h>

#include "strayd/core/forest.h"

namespace strayd {
namespace {

// Longer than an app is given to end.
constexpr std::chrono::minutes kKept{10};
constexpr std::ptrdiff_t kMostKept = 8192;

}  // namespace

void SenderWatch::listen() {
  if (!SignalSenders::is_built_in()) return;
  Result<std::unique_ptr<SignalSenders>> opened = SignalSenders::open();
  if (opened) {
    senders_ = *std::move(opened);
  } else {
    failure_ = opened.error();
  }
}

const std::vector<SentSignal>& SenderWatch::recent(BootTime now) {
  if (!senders_) return recent_;
  SignalBatch batch = senders_->take();
  if (batch.lost > 0) {
    spdlog::warn(
        "of {} signals to apps of PM2 nobody knows the sender: there "
        "were too many at once",
        batch.lost);
  }
  lost_ += batch.lost;
  std::ranges::move(batch.signals, std::back_inserter(recent_));
  std::erase_if(recent_,
                [&](const SentSignal& sent) { return now - sent.at > kKept; });
  if (std::ssize(recent_) > kMostKept) {
    recent_.erase(recent_.begin(), recent_.end() - kMostKept);
  }
  return recent_;
}

void SenderWatch::watch(std::span<const Pm2View> pm2,
                        const Snapshot& snapshot) {
  if (!senders_) return;
  for (const Pm2View& view : pm2) {
    if (view.reply) daemons_.insert(view.reply->daemon);
  }
  const Forest forest(snapshot);
  std::erase_if(daemons_, [&](const ProcId& id) {
    const Process* const found = forest.find(id.pid);
    return found == nullptr || found->id != id;
  });
  senders_->watch(std::vector<ProcId>(daemons_.begin(), daemons_.end()));
}

std::optional<Feature> SenderWatch::feature() const {
  if (!failure_) return std::nullopt;
  return Feature{
      .name = "signal_senders", .available = false, .detail = failure_->what};
}

}  // namespace strayd
