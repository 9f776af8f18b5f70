#include "strayd/core/last_sender.h"

#include <csignal>
#include <string>

#include <gmock/gmock.h>

namespace strayd {
namespace {

using Kind = Sender::Kind;

const AppKey kApp{.home = "/root/.pm2", .app = "api"};

SentSignal sent_by(std::vector<std::string> chain, Kind kind = Kind::Outside) {
  return {.signal = SIGTERM,
          .unix_ms = 1'000'000,
          .sender = {.kind = kind,
                     .uid = 1000,
                     .chain = std::move(chain),
                     .cgroups = {"inner", "cron.service", "system.slice"}}};
}

TEST(LastSender, is_told_with_the_chain_and_the_unit) {
  const LastSender told =
      describe_sender(sent_by({"kill", "cleanup-old-pro", "sh", "cron"}));
  EXPECT_EQ(told.signal, "SIGTERM");
  EXPECT_EQ(told.sender, "kill");
  EXPECT_EQ(told.via, "cleanup-old-pro < sh < cron");
  EXPECT_EQ(told.unit, "cron.service");
  EXPECT_EQ(told.uid, 1000);
}

TEST(LastSender, that_is_no_stranger_is_a_fixed_word) {
  EXPECT_EQ(describe_sender(sent_by({"node"}, Kind::Pm2)).sender, "PM2");
  EXPECT_EQ(describe_sender(sent_by({"x"}, Kind::Strayd)).sender, "strayd");
  EXPECT_EQ(describe_sender(sent_by({"x"}, Kind::Itself)).sender, "itself");
  const LastSender kernel = describe_sender(sent_by({"x", "y"}, Kind::Kernel));
  EXPECT_EQ(kernel.sender, "kernel");
  EXPECT_EQ(kernel.via, "");
  EXPECT_FALSE(kernel.uid);
}

TEST(LastSender, with_hostile_bytes_in_its_name_is_made_safe) {
  const LastSender told =
      describe_sender(sent_by({"a\n\"}{`$<\xff", std::string(200, 'x')}));
  EXPECT_EQ(told.sender, "a????????");
  EXPECT_EQ(told.via, std::string(15, 'x'));
}

TEST(LastSender, of_an_app_with_too_many_in_a_day_is_many) {
  Senders senders;
  for (int i = 0; i < 8; ++i) {
    note_sender(senders, kApp, sent_by({"kill" + std::to_string(i)}));
  }
  EXPECT_EQ(senders[kApp].last.sender, "kill7");
  note_sender(senders, kApp, sent_by({"kill8"}));
  EXPECT_EQ(senders[kApp].last.sender, "(many)");
  EXPECT_EQ(senders[kApp].last.via, "");
  note_sender(senders, kApp, sent_by({"kill3"}));
  EXPECT_EQ(senders[kApp].last.sender, "kill3");
  SentSignal tomorrow = sent_by({"kill9"});
  tomorrow.unix_ms += std::int64_t{24} * 60 * 60 * 1000;
  note_sender(senders, kApp, tomorrow);
  EXPECT_EQ(senders[kApp].last.sender, "kill9");
}

TEST(LastSender, of_its_own_tree_is_not_kept) {
  Senders senders;
  note_sender(senders, kApp, sent_by({"npm"}, Kind::Inside));
  EXPECT_TRUE(senders.empty());
}

}  // namespace
}  // namespace strayd
