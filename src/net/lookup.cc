#include "lookup.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "strayd/sys/os.h"

#include "address.h"

namespace strayd {
namespace {

// An answer may begin anywhere that is aligned for it.
constexpr std::size_t kHead = 64;
static_assert(kHead >= sizeof(std::atomic<std::uint32_t>));
static_assert(kHead % alignof(LookupAnswer) == 0);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// From here on: in the helper.

void keep_nothing() {
  close_from(0);
  // What glibc might print must not go to a socket that got such a number.
  if (::open("/dev/null", O_RDWR) == 0) {
    static_cast<void>(::dup(0) == 1);
    static_cast<void>(::dup(0) == 1);
  }
  __user_cap_header_struct head{.version = _LINUX_CAPABILITY_VERSION_3,
                                .pid = 0};
  const std::array<__user_cap_data_struct, 2> none{};
  static_cast<void>(::syscall(SYS_capset, &head, none.data()));
}

void add(LookupAnswer& answer, const IpAddress& ip) {
  const auto known = std::span{answer.addresses}.first(answer.count);
  if (answer.count == LookupAnswer::kMost) return;
  if (std::ranges::find(known, ip) != known.end()) return;
  answer.addresses[answer.count++] = ip;
}

void look_up(const std::string& host, LookupAnswer& answer) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  answer.error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  answer.system_error = errno;
  if (answer.error != 0) return;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const std::optional<IpAddress> ip = to_ip(*one->ai_addr);
    if (ip) add(answer, *ip);
  }
  ::freeaddrinfo(found);
}

void serve(const std::vector<std::string>& hosts, const LookupBoard& board) {
  ::prctl(PR_SET_NAME, "strayd-lookup");
  keep_nothing();
  std::uint32_t done = 0;
  for (const std::string& host : hosts) {
    look_up(host, board.answers()[done]);
    board.done().store(++done, std::memory_order_release);
  }
}

}  // namespace

LookupBoard::LookupBoard(std::size_t hosts) : hosts_(hosts) {
  void* const memory = ::mmap(nullptr,
                              size(),
                              PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS,
                              -1,
                              0);
  // Fresh pages are zero, which is what both hold at first.
  if (memory != MAP_FAILED) memory_ = memory;
}

LookupBoard::~LookupBoard() {
  if (memory_ != nullptr) ::munmap(memory_, size());
}

std::size_t LookupBoard::size() const {
  return kHead + (hosts_ * sizeof(LookupAnswer));
}

std::atomic<std::uint32_t>& LookupBoard::done() const {
  return *static_cast<std::atomic<std::uint32_t>*>(memory_);
}

std::span<LookupAnswer> LookupBoard::answers() const {
  void* const begin = static_cast<std::byte*>(memory_) + kHead;
  return {static_cast<LookupAnswer*>(begin), hosts_};
}

Lookup::Lookup(std::vector<std::string> hosts,
               std::unique_ptr<LookupBoard> board,
               Helper helper)
    : hosts_(std::move(hosts)),
      board_(std::move(board)),
      helper_(std::move(helper)) {}

Result<Lookup> Lookup::start(std::vector<std::string> hosts) {
  auto board = std::make_unique<LookupBoard>(hosts.size());
  if (!board->shared()) {
    return std::unexpected(errno_error("share memory for look-ups", errno));
  }
  Result<Helper> helper = Helper::start([&] { serve(hosts, *board); });
  if (!helper) return std::unexpected(helper.error());
  return Lookup{std::move(hosts), std::move(board), *std::move(helper)};
}

std::span<const LookupAnswer> Lookup::answers() const {
  const std::uint32_t done = board_->done().load(std::memory_order_acquire);
  return board_->answers().first(std::min<std::size_t>(done, hosts_.size()));
}

}  // namespace strayd
