#include "wake_ups.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "strayd/sys/pidfd.h"

namespace strayd {
namespace {

// The first event is taken at once, those behind it together: to wake for each
// of a storm costs twice as much.
constexpr std::chrono::milliseconds kRest{20};

}  // namespace

// To close it is not enough: a helper that has just been forked has a copy, and
// the epoll would go on telling of its end.
template <typename Which>
void WakeUps::let_go(Which which) {
  std::erase_if(held_, [&](const auto& one) {
    if (!which(one)) return false;
    ::epoll_ctl(ends_.get(), EPOLL_CTL_DEL, one.second.get(), nullptr);
    return true;
  });
}

// Opened by its number, and then looked at: the number is still that of the
// process that was seen, so it was when it was opened.
void WakeUps::hold(const ProcId& id) {
  Result<UniqueFd> pidfd = open_pidfd(id.pid);
  if (!pidfd || !has_(id)) return;
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.fd = pidfd->get();
  if (::epoll_ctl(ends_.get(), EPOLL_CTL_ADD, pidfd->get(), &wanted) != 0) {
    return;
  }
  held_.emplace(id, *std::move(pidfd));
}

void WakeUps::hold(std::span<const ProcId> parents) {
  if (!ends_) ends_ = UniqueFd{::epoll_create1(EPOLL_CLOEXEC)};
  if (!ends_) return;
  const std::set<ProcId> wanted(parents.begin(), parents.end());
  let_go([&](const auto& one) { return !wanted.contains(one.first); });
  for (const ProcId& id : wanted) {
    if (held_.size() >= most_) return;
    if (!held_.contains(id)) hold(id);
  }
}

std::vector<int> WakeUps::fds(std::chrono::nanoseconds now) const {
  std::vector<int> fds;
  if (ends_) fds.push_back(ends_.get());
  if (kernel_ && now >= rests_until_) fds.push_back(kernel_->fd());
  return fds;
}

std::optional<std::chrono::nanoseconds> WakeUps::deadline(
    std::chrono::nanoseconds now) const {
  return now < rests_until_ ? std::optional(rests_until_) : std::nullopt;
}

// Each is told once.
bool WakeUps::take_ends() {
  if (!ends_) return false;
  std::array<epoll_event, 64> ended{};
  bool any = false;
  for (;;) {
    const int count = ::epoll_wait(
        ends_.get(), ended.data(), static_cast<int>(ended.size()), 0);
    if (count <= 0) return any;
    any = true;
    for (int i = 0; i < count; ++i) {
      const int fd = ended.at(static_cast<std::size_t>(i)).data.fd;
      let_go([fd](const auto& one) { return one.second.get() == fd; });
    }
  }
}

WakeUps::News WakeUps::take(std::chrono::nanoseconds now) {
  News news{.look = take_ends()};
  if (!kernel_ || now < rests_until_) return news;
  const ProcessEventBatch batch = kernel_->take();
  life_.note(batch);
  for (const ProcessEvent& event : batch.events) {
    if (kin_.note(event)) news.look = true;
  }
  if (batch.lost) kin_ = {};
  news.lost = batch.lost;
  news.look = news.look || batch.lost;
  if (!batch.events.empty()) rests_until_ = now + kRest;
  return news;
}

}  // namespace strayd
