#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>

#include <cstdint>

#include "strayd/proc/process_events.h"
#include "strayd/sys/exit_status.h"

namespace strayd {
namespace {

// nullopt: it ends before.
template <typename Value>
std::optional<Value> take(std::string_view& bytes) {
  Value value{};
  if (bytes.size() < sizeof value) return std::nullopt;
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

// The kernel's cn_msg and proc_event, as far as they are the same in each
// message, and of all versions. The types of its headers end in arrays without
// a size, or are as large as the largest of a union.
struct MessageHead {
  std::uint32_t index = 0;
  std::uint32_t value = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint16_t size = 0;
  std::uint16_t flags = 0;
};
static_assert(sizeof(MessageHead) == sizeof(cn_msg));

// The kernel's numbers. Its headers name them within struct proc_event up to
// Linux 6.5, and outside of it from 6.6 on.
constexpr std::uint32_t kAnswer = 0;           // PROC_EVENT_NONE
constexpr std::uint32_t kFork = 1;             // PROC_EVENT_FORK
constexpr std::uint32_t kExit = 0x8000'0000U;  // PROC_EVENT_EXIT

struct EventHead {
  std::uint32_t what = 0;
  std::uint32_t processor = 0;
  std::uint64_t time = 0;
};

// A thread's number is its process's where it is the first.
struct Task {
  std::int32_t thread = 0;
  std::int32_t process = 0;
};

std::optional<ProcessEvent> forked(std::string_view data) {
  const auto parent = take<Task>(data);
  const auto child = take<Task>(data);
  if (!parent || !child || child->thread != child->process) return std::nullopt;
  return ProcessEvent{.what = ProcessEvent::What::Forked,
                      .pid = child->process,
                      .parent = parent->process};
}

std::optional<ProcessEvent> exited(std::string_view data) {
  const auto task = take<Task>(data);
  if (!task || task->thread != task->process) return std::nullopt;
  ProcessEvent event{.what = ProcessEvent::What::Exited, .pid = task->process};
  const auto code = take<std::uint32_t>(data);
  if (code) event.status = decode_end(static_cast<int>(*code));
  return event;
}

}  // namespace

std::optional<ConnectorMessage> parse_connector(std::string_view datagram) {
  const auto head = take<nlmsghdr>(datagram);
  const auto message = take<MessageHead>(datagram);
  if (!head || !message || head->nlmsg_type != NLMSG_DONE ||
      message->index != CN_IDX_PROC || message->value != CN_VAL_PROC) {
    return std::nullopt;
  }
  const auto event = take<EventHead>(datagram);
  if (!event) return std::nullopt;

  ConnectorMessage parsed{.sequence = message->sequence};
  if (event->what == kAnswer) {
    const auto error = take<std::uint32_t>(datagram);
    if (!error) return std::nullopt;
    parsed.answer = static_cast<int>(*error);
    return parsed;
  }
  parsed.processor = event->processor;
  if (event->what == kFork) {
    parsed.event = forked(datagram);
  } else if (event->what == kExit) {
    parsed.event = exited(datagram);
  }
  return parsed;
}

}  // namespace strayd
