// Where the thread that reads the buses and the one that scans meet. Everything
// here is under one lock, which nobody holds while he waits or reads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "strayd/pm2/bus.h"
#include "strayd/sys/fd.h"

#include "bus_line.h"

namespace strayd {

// A line while the reading thread has it.
struct OpenLine {
  std::uint64_t number = 0;  // no two are the same
  BusLine line;
  std::uint64_t dry_at = 0;  // the newest question when it was last found dry
  bool dropped = false;
};

class BusDesk {
 public:
  // Fault::Exhausted: no descriptors.
  Result<void> open();

  // For the scanning thread. Ring when all is said.
  void keep_only(const std::set<std::string>& homes);
  bool wants_line(const std::string& home, const ProcId& daemon) const;
  void place(const std::string& home,
             const ProcId& daemon,
             Result<BusLine> line);
  Pm2Batch drain(std::chrono::milliseconds limit);
  std::vector<Pm2BusState> states() const;
  int wake_fd() const { return wake_.get(); }

  // For the reading thread. bell() is readable when there is something new to
  // take: new lines, lines to drop, a question, or the end.
  int bell() const { return bell_.get(); }
  void ring() const;
  // Brings `lines` up to date. Gives the number of the newest question.
  std::uint64_t take_orders(std::vector<OpenLine>& lines);
  // False: the line is to be dropped.
  bool report(const OpenLine& from, BusHearing heard);
  // Every line was found dry after that was asked.
  void answer(std::uint64_t question);

 private:
  struct Seat {
    Pm2BusState state{};
    std::uint64_t line = 0;   // 0: none
    std::size_t waiting = 0;  // bytes of its events that wait
    // They wait for a scan, and wake nobody: an end that they explain does.
    AskedPorts asked{};
  };

  void disconnect(Seat& seat, std::string why);
  void add_gap(const std::string& home);

  UniqueFd bell_{};
  UniqueFd wake_{};
  mutable std::mutex mutex_{};
  std::condition_variable answered_changed_{};
  std::map<std::string, Seat> seats_{};
  std::vector<OpenLine> arriving_{};
  std::uint64_t newest_line_ = 0;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  std::vector<Pm2Event> events_{};
};

}  // namespace strayd
