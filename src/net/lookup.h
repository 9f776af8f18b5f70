// Names looked up by a helper, one after the other.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/result.h"
#include "strayd/core/sockets.h"
#include "strayd/sys/helper.h"

namespace strayd {

struct LookupAnswer {
  static constexpr std::size_t kMost = 64;  // the rest is left out

  std::int32_t error = 0;         // EAI_* of getaddrinfo(3); 0: none
  std::int32_t system_error = 0;  // errno, where that is EAI_SYSTEM
  std::uint32_t count = 0;
  std::array<IpAddress, kMost> addresses{};
};

// Written by the helper, read by its parent.
class LookupBoard {
 public:
  explicit LookupBoard(std::size_t hosts);
  LookupBoard(LookupBoard&&) = delete;
  LookupBoard& operator=(LookupBoard&&) = delete;
  LookupBoard(const LookupBoard&) = delete;
  LookupBoard& operator=(const LookupBoard&) = delete;
  ~LookupBoard();

  bool shared() const { return memory_ != nullptr; }  // false: no memory
  std::atomic<std::uint32_t>& done() const;           // the first so many
  std::span<LookupAnswer> answers() const;

 private:
  std::size_t size() const;

  std::size_t hosts_;
  void* memory_ = nullptr;
};

class Lookup {
 public:
  static Result<Lookup> start(std::vector<std::string> hosts);

  const std::vector<std::string>& hosts() const { return hosts_; }
  // Those that have come so far, in the order of the hosts.
  std::span<const LookupAnswer> answers() const;

  void kill() { helper_.kill(); }
  bool ended(std::chrono::milliseconds within) { return helper_.ended(within); }

 private:
  Lookup(std::vector<std::string> hosts,
         std::unique_ptr<LookupBoard> board,
         Helper helper);

  std::vector<std::string> hosts_;
  std::unique_ptr<LookupBoard> board_;
  Helper helper_;
};

}  // namespace strayd
