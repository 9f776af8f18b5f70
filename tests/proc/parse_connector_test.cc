#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "strayd/proc/process_events.h"

namespace strayd {
namespace {

// The kernel's numbers; where its headers name them differs by their version.
enum class Kind : std::uint32_t {
  None = 0,
  Fork = 1,
  Exec = 2,
  Exit = 0x8000'0000U
};

proc_event event_of(Kind kind) {
  proc_event event{};
  event.what = static_cast<decltype(event.what)>(kind);
  return event;
}

// A message as the kernel builds it (cn_netlink_send, proc_fork_connector).
std::string message(const proc_event& event, std::uint32_t sequence = 7) {
  nlmsghdr head{};
  head.nlmsg_type = NLMSG_DONE;
  head.nlmsg_len = sizeof(nlmsghdr) + sizeof(cn_msg) + sizeof event;
  cn_msg body{};
  body.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC};
  body.seq = sequence;
  body.len = sizeof event;
  std::string text(head.nlmsg_len, '\0');
  std::memcpy(text.data(), &head, sizeof head);
  std::memcpy(text.data() + sizeof head, &body, sizeof body);
  std::memcpy(text.data() + sizeof head + sizeof body, &event, sizeof event);
  return text;
}

proc_event fork_of(pid_t parent, pid_t child, pid_t thread) {
  proc_event event = event_of(Kind::Fork);
  event.cpu = 3;
  event.event_data.fork = {.parent_pid = parent,
                           .parent_tgid = parent,
                           .child_pid = thread,
                           .child_tgid = child};
  return event;
}

using How = ExitStatus::How;

// `code` as of waitpid(2).
proc_event exit_of(pid_t process, pid_t thread, std::uint32_t code = 0) {
  proc_event event = event_of(Kind::Exit);
  event.event_data.exit.exit_code = code;
  event.event_data.exit.process_pid = thread;
  event.event_data.exit.process_tgid = process;
  return event;
}

TEST(Connector, tells_a_birth_with_its_parent) {
  const auto parsed = parse_connector(message(fork_of(10, 20, 20)));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->event,
            (ProcessEvent{
                .what = ProcessEvent::What::Forked, .pid = 20, .parent = 10}));
  EXPECT_EQ(parsed->processor, 3U);
  EXPECT_EQ(parsed->sequence, 7U);
}

TEST(Connector, tells_an_end) {
  const auto parsed = parse_connector(message(exit_of(10, 10)));
  EXPECT_EQ(
      parsed.value().event,
      (ProcessEvent{.what = ProcessEvent::What::Exited,
                    .pid = 10,
                    .status = ExitStatus{.how = How::Exited, .value = 0}}));
}

std::optional<ExitStatus> told_of(std::uint32_t code) {
  return parse_connector(message(exit_of(10, 10, code))).value().event->status;
}

TEST(Connector, tells_how_it_ended) {
  EXPECT_EQ(told_of(3U << 8U), (ExitStatus{.how = How::Exited, .value = 3}));
  EXPECT_EQ(told_of(9), (ExitStatus{.how = How::Signalled, .value = 9}));
  EXPECT_EQ(told_of(11U | 0x80U),
            (ExitStatus{.how = How::Signalled, .value = 11}))
      << "with a core";
}

TEST(Connector, tells_an_end_that_is_cut_off_before_how) {
  const std::string whole = message(exit_of(10, 10, 9));
  constexpr std::size_t kEnd = sizeof(nlmsghdr) + sizeof(cn_msg) + 16 + 8;
  for (std::size_t size = kEnd; size < kEnd + 4; ++size) {
    const auto parsed = parse_connector(whole.substr(0, size));
    EXPECT_EQ(parsed.value().event,
              (ProcessEvent{.what = ProcessEvent::What::Exited, .pid = 10}));
  }
  EXPECT_TRUE(parse_connector(whole.substr(0, kEnd + 4)).value().event->status);
}

TEST(Connector, counts_threads_and_tells_nothing_of_them) {
  for (const proc_event& event : {fork_of(10, 20, 21), exit_of(10, 11)}) {
    const auto parsed = parse_connector(message(event));
    EXPECT_FALSE(parsed.value().event);
    EXPECT_TRUE(parsed->processor);
  }
}

TEST(Connector, counts_other_kinds_and_tells_nothing_of_them) {
  proc_event event = event_of(Kind::Exec);
  EXPECT_FALSE(parse_connector(message(event)).value().event);
}

TEST(Connector, an_answer_is_no_message_of_a_processor) {
  proc_event event = event_of(Kind::None);
  event.event_data.ack.err = EPERM;
  const auto parsed = parse_connector(message(event));
  EXPECT_EQ(parsed.value().answer, EPERM);
  EXPECT_FALSE(parsed->processor);
}

TEST(Connector, what_is_cut_off_tells_nothing) {
  const std::string whole = message(fork_of(10, 20, 20));
  constexpr std::size_t kNeeded = sizeof(nlmsghdr) + sizeof(cn_msg) + 16 + 16;
  for (std::size_t size = 0; size < kNeeded; ++size) {
    const auto parsed = parse_connector(whole.substr(0, size));
    EXPECT_FALSE(parsed && parsed->event) << size;
  }
  EXPECT_TRUE(parse_connector(whole.substr(0, kNeeded)).value().event);
}

TEST(Connector, another_connector_s_message_is_none) {
  std::string text = message(fork_of(10, 20, 20));
  text[sizeof(nlmsghdr)] = 9;  // cn_msg.id.idx
  EXPECT_FALSE(parse_connector(text));
}

}  // namespace
}  // namespace strayd
