#include "strayd/pm2/bus.h"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "strayd/sys/os.h"
#include "strayd/sys/signal_mask.h"

#include "bus_desk.h"

namespace strayd {
namespace {

// As many as pm2_homes() finds.
constexpr std::size_t kMostLines = 64;
constexpr std::size_t kRoom = std::size_t{64} * 1024;

// The thread that reads. It has the lines: nobody else touches them.
class Reader {
 public:
  explicit Reader(BusDesk& desk) : desk_(desk) {}

  void run(const std::stop_token& stop);

 private:
  void wait() const;
  bool all_dry(std::uint64_t question) const;
  void hear(OpenLine& open, std::uint64_t question);
  void begin_anew();

  BusDesk& desk_;
  std::vector<OpenLine> lines_{};
  bool more_ = false;           // some line is not known to be dry
  std::uint64_t question_ = 0;  // the newest
  std::vector<char> room_ = std::vector<char>(kRoom);
};

// Until there is something to read, or to do. If poll(2) fails there may be,
// and to try does no harm.
void Reader::wait() const {
  std::vector<pollfd> set{{.fd = desk_.bell(), .events = POLLIN, .revents = 0}};
  for (const OpenLine& open : lines_) {
    set.push_back({.fd = open.line.fd(), .events = POLLIN, .revents = 0});
  }
  static_cast<void>(::poll(set.data(), set.size(), more_ ? 0 : -1));
}

void Reader::hear(OpenLine& open, std::uint64_t question) {
  BusHearing heard = open.line.hear(room_);
  if (heard.dry) open.dry_at = question;
  open.dropped = !desk_.report(open, std::move(heard));
}

void Reader::begin_anew() {
  for (OpenLine& open : lines_) open.line.begin_anew();
}

bool Reader::all_dry(std::uint64_t question) const {
  return std::ranges::all_of(
      lines_, [&](const OpenLine& open) { return open.dry_at == question; });
}

void Reader::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    wait();
    const std::uint64_t question = desk_.take_orders(lines_);
    if (std::exchange(question_, question) != question) begin_anew();
    for (OpenLine& open : lines_) hear(open, question);
    std::erase_if(lines_, [](const OpenLine& open) { return open.dropped; });
    more_ = !all_dry(question);
    if (!more_) desk_.answer(question);
  }
}

}  // namespace

struct Pm2Bus::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    thread.request_stop();
    desk.ring();
  }

  BusDesk desk{};
  std::jthread thread{};  // last: it ends first
};

Pm2Bus::Pm2Bus(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pm2Bus::Pm2Bus(Pm2Bus&&) noexcept = default;
Pm2Bus& Pm2Bus::operator=(Pm2Bus&&) noexcept = default;
Pm2Bus::~Pm2Bus() = default;

Result<Pm2Bus> Pm2Bus::start() {
  auto impl = std::make_unique<Impl>();
  if (const Result<void> opened = impl->desk.open(); !opened) {
    return std::unexpected(opened.error());
  }
  const AllSignalsBlocked quiet;  // inherited
  impl->thread =
      std::jthread([&desk = impl->desk](const std::stop_token& stop) {
        Reader(desk).run(stop);
      });
  return Pm2Bus(std::move(impl));
}

void Pm2Bus::follow(std::span<const Pm2View> views) {
  std::set<std::string> homes;
  for (const Pm2View& view : views) {
    if (view.reply && homes.size() < kMostLines) homes.insert(view.home);
  }
  impl_->desk.keep_only(homes);
  for (const Pm2View& view : views) {
    if (!homes.contains(view.home)) continue;
    const ProcId& daemon = view.reply->daemon;
    if (impl_->desk.wants_line(view.home, daemon)) {
      impl_->desk.place(view.home, daemon, dial_bus(view.home, daemon));
    }
  }
  impl_->desk.ring();
}

Pm2Batch Pm2Bus::drain(std::chrono::milliseconds limit) {
  return impl_->desk.drain(limit);
}

std::vector<Pm2BusState> Pm2Bus::states() const {
  return impl_->desk.states();
}

int Pm2Bus::fd() const {
  return impl_->desk.wake_fd();
}

}  // namespace strayd
