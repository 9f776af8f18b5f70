#include "bus_desk.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "strayd/sys/os.h"

namespace strayd {
namespace {

// What it takes while it waits.
std::size_t weight(const Pm2Event& event) {
  return sizeof(event) + event.home.size() + event.unique_id.size() +
         event.name.size() + event.name_space.size() + event.signal.size();
}

Result<UniqueFd> open_eventfd() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return std::unexpected(errno_error("eventfd", errno));
  return fd;
}

// An eventfd can only be full, and then it is readable already.
void make_readable(const UniqueFd& fd) {
  const std::uint64_t one = 1;
  static_cast<void>(::write(fd.get(), &one, sizeof(one)) == 0);
}

void make_unreadable(const UniqueFd& fd) {
  std::uint64_t ignored = 0;
  // Never waits, also under a lock: the descriptor is not a blocking one.
  // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection)
  static_cast<void>(::read(fd.get(), &ignored, sizeof(ignored)) == 0);
}

}  // namespace

Result<void> BusDesk::open() {
  for (UniqueFd* const fd : {&bell_, &wake_}) {
    Result<UniqueFd> opened = open_eventfd();
    if (!opened) return std::unexpected(std::move(opened).error());
    *fd = *std::move(opened);
  }
  return {};
}

void BusDesk::ring() const {
  make_readable(bell_);
}

void BusDesk::keep_only(const std::set<std::string>& homes) {
  const std::lock_guard lock(mutex_);
  for (auto seat = seats_.begin(); seat != seats_.end();) {
    if (homes.contains(seat->first)) {
      ++seat;
      continue;
    }
    if (seat->second.line != 0) add_gap(seat->first);
    seat = seats_.erase(seat);
  }
}

bool BusDesk::wants_line(const std::string& home, const ProcId& daemon) const {
  const std::lock_guard lock(mutex_);
  const auto seat = seats_.find(home);
  if (seat == seats_.end()) return true;
  return seat->second.line == 0 || seat->second.state.daemon != daemon;
}

void BusDesk::place(const std::string& home,
                    const ProcId& daemon,
                    Result<BusLine> line) {
  const std::lock_guard lock(mutex_);
  Seat& seat = seats_[home];
  if (seat.line != 0) disconnect(seat, "another daemon answers for this home");
  seat.state.home = home;
  seat.state.daemon = daemon;
  if (!line) {
    seat.state.error = line.error().what;
    return;
  }
  seat.line = ++newest_line_;
  seat.state.connected = true;
  seat.state.since = boot_time();
  add_gap(home);
  arriving_.push_back({.number = seat.line, .line = *std::move(line)});
}

std::uint64_t BusDesk::take_orders(std::vector<OpenLine>& lines) {
  make_unreadable(bell_);
  const std::lock_guard lock(mutex_);
  for (OpenLine& line : std::exchange(arriving_, {})) {
    lines.push_back(std::move(line));
  }
  std::erase_if(lines, [&](const OpenLine& open) {
    const auto seat = seats_.find(open.line.home());
    return seat == seats_.end() || seat->second.line != open.number;
  });
  return asked_;
}

bool BusDesk::report(const OpenLine& from, BusHearing heard) {
  const std::lock_guard lock(mutex_);
  const auto found = seats_.find(from.line.home());
  if (found == seats_.end() || found->second.line != from.number) return false;
  Seat& seat = found->second;
  seat.state.bytes += heard.bytes;
  seat.state.lost += heard.lost;
  for (Pm2Event& event : heard.events) {
    seat.waiting += weight(event);
    if (event.kind != Pm2Event::Kind::Gap) ++seat.state.events;
    events_.push_back(std::move(event));
  }
  add_asked(seat.asked, heard.asked);
  if (!heard.events.empty()) make_readable(wake_);
  if (heard.ended) {
    disconnect(seat, std::move(heard.ended->what));
  } else if (seat.waiting > kPm2EventsLimit) {
    disconnect(seat, "its events came faster than they were taken");
  }
  return seat.line != 0;
}

void BusDesk::disconnect(Seat& seat, std::string why) {
  seat.line = 0;
  ++seat.state.breaks;
  seat.state.connected = false;
  seat.state.since = boot_time();
  seat.state.error = std::move(why);
  add_gap(seat.state.home);
}

void BusDesk::add_gap(const std::string& home) {
  events_.push_back({.kind = Pm2Event::Kind::Gap, .home = home});
}

void BusDesk::answer(std::uint64_t question) {
  {
    const std::lock_guard lock(mutex_);
    if (answered_ >= question) return;
    answered_ = question;
  }
  answered_changed_.notify_all();
}

Pm2Batch BusDesk::drain(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const std::uint64_t question = ++asked_;
  ring();
  const bool whole = answered_changed_.wait_for(
      lock, limit, [&] { return answered_ >= question; });
  AskedPorts asked;
  for (auto& [home, seat] : seats_) {
    seat.waiting = 0;
    asked.merge(std::exchange(seat.asked, {}));
  }
  make_unreadable(wake_);
  return {.events = std::exchange(events_, {}),
          .asked = std::move(asked),
          .whole = whole};
}

std::vector<Pm2BusState> BusDesk::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<Pm2BusState> states;
  states.reserve(seats_.size());
  for (const auto& [home, seat] : seats_) states.push_back(seat.state);
  return states;
}

}  // namespace strayd
