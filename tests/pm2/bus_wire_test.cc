// The stream of frames: what is of interest comes out whole, however it is cut,
// and nothing else is held.
#include "strayd/pm2/bus_wire.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pm2/bus_scene.h"
#include "pm2/fixtures.h"

namespace strayd {
namespace {

using test::argument;
using test::bus_frame;
using test::decode;
using test::Decoded;
using test::fixture;

// The payloads of interest, and the most that was ever held for them.
struct Taken {
  std::vector<std::string> payloads{};
  std::size_t most_held = 0;
  std::uint64_t skipped = 0;
};

Taken take(std::string_view bytes, std::size_t piece) {
  Pm2BusDecoder decoder;
  Taken taken;
  while (!bytes.empty()) {
    std::string_view some = bytes.substr(0, piece);
    bytes.remove_prefix(some.size());
    for (;;) {
      const auto frame = decoder.next(some);
      EXPECT_TRUE(frame);
      if (!frame || !*frame) break;
      taken.payloads.emplace_back((*frame)->json);
    }
    taken.most_held = std::max(taken.most_held, decoder.held());
  }
  taken.skipped = decoder.skipped();
  return taken;
}

TEST(BusDecoder, takes_events_lines_of_pm2_and_errors_and_skips_the_rest) {
  const Decoded restart = decode(fixture("bus-restart.bin"));
  EXPECT_FALSE(restart.error);
  EXPECT_EQ(restart.frames, 12U);                               // of 15
  EXPECT_EQ(decode(fixture("bus-crashloop.bin")).frames, 83U);  // of 99
}

TEST(BusDecoder, takes_the_same_in_pieces_of_any_size) {
  const std::string stream = fixture("bus-restart.bin");
  const std::vector<Pm2Event> whole = decode(stream).events;
  for (std::size_t piece = 1; piece < 300; ++piece) {
    ASSERT_EQ(decode(stream, piece).events, whole) << piece;
  }
}

TEST(BusDecoder, waits_for_the_rest_of_a_stream_cut_anywhere) {
  // Up to the first process:event and the line behind it.
  const std::string stream = fixture("bus-restart.bin").substr(0, 2631);
  const std::vector<Pm2Event> whole = decode(stream).events;
  for (std::size_t size = 0; size < stream.size(); ++size) {
    Pm2BusDecoder decoder;
    Decoded out;
    test::decode_piece(decoder, std::string_view(stream).substr(0, size), out);
    test::decode_piece(decoder, std::string_view(stream).substr(size), out);
    ASSERT_FALSE(out.error) << size;
    ASSERT_EQ(out.events, whole) << size;
  }
}

TEST(BusDecoder, holds_nothing_of_what_apps_log) {
  const std::string log =
      bus_frame("log:out", std::string(std::size_t{8} * 1024 * 1024, 'x'));
  const Taken taken = take(log + bus_frame("log:PM2", "{}"), 4096);
  EXPECT_EQ(taken.payloads, std::vector<std::string>{"{}"});
  EXPECT_LT(taken.most_held, 100U);
  EXPECT_EQ(taken.skipped, 0U);
}

TEST(BusDecoder, takes_what_an_app_wrote_to_its_error_output) {
  const std::size_t most = longest_payload(Pm2Topic::Error) - 2;  // "j:"
  const std::string stream = bus_frame("log:err", R"({"data":"x"})") +
                             bus_frame("log:err", std::string(most, ' ')) +
                             bus_frame("log:err", std::string(most + 1, ' ')) +
                             "\x12" + argument("s:log:err") + argument("s:{}") +
                             bus_frame("log:PM2", "{}");
  const Taken taken = take(stream, 1000);
  ASSERT_EQ(taken.payloads.size(), 5U);
  EXPECT_EQ(taken.payloads[0], R"({"data":"x"})");
  EXPECT_EQ(taken.payloads[1].size(), most);
  EXPECT_EQ(taken.payloads[2], "") << "it was too long";
  EXPECT_EQ(taken.payloads[3], "") << "it is no JSON";
  EXPECT_EQ(taken.payloads[4], "{}");
  EXPECT_EQ(taken.skipped, 0U) << "no event was lost";
}

TEST(BusDecoder, holds_no_topic_that_is_longer_than_ours) {
  const std::string topic =
      "process:event" + std::string(std::size_t{1024} * 1024, 'x');
  const Taken taken =
      take(bus_frame(topic, "{}") + bus_frame("process:event", "{}"), 4096);
  EXPECT_EQ(taken.payloads.size(), 1U);
  EXPECT_LT(taken.most_held, 100U);
}

TEST(BusDecoder, skips_and_counts_an_event_that_is_too_long) {
  const std::size_t most = longest_payload(Pm2Topic::Event) - 2;  // "j:"
  const std::string stream =
      bus_frame("process:event", std::string(most, ' ')) +
      bus_frame("process:event", std::string(most + 1, ' ')) +
      bus_frame("log:PM2", "{}");
  const Taken taken = take(stream, 60'000);
  ASSERT_EQ(taken.payloads.size(), 2U);
  EXPECT_EQ(taken.payloads[0].size(), most);
  EXPECT_EQ(taken.payloads[1], "{}");
  EXPECT_EQ(taken.skipped, 1U);
}

TEST(BusDecoder, skips_and_counts_a_line_of_pm2_that_is_too_long) {
  const std::string line(longest_payload(Pm2Topic::Log), ' ');
  EXPECT_EQ(take(bus_frame("log:PM2", line), 1000).skipped, 1U);
}

TEST(BusDecoder, skips_and_counts_an_event_that_is_no_json) {
  const std::string stream = "\x12" + argument("s:process:event") +
                             argument("s:{}") + "\x12" + argument("s:log:PM2") +
                             argument("") + bus_frame("log:PM2", "{}");
  const Taken taken = take(stream, 7);
  EXPECT_EQ(taken.payloads, std::vector<std::string>{"{}"});
  EXPECT_EQ(taken.skipped, 2U);
}

TEST(BusDecoder, skips_a_topic_of_another_type_or_none) {
  const std::string stream = "\x12" + argument(R"(j:"process:event")") +
                             argument("j:{}") + "\x12" + argument("") +
                             argument("") + bus_frame("log:PM2", "{}");
  EXPECT_EQ(take(stream, 1).payloads.size(), 1U);
}

TEST(BusDecoder, skips_a_payload_that_says_it_has_four_gigabytes) {
  const std::string head =
      "\x12" + argument("s:log:out") + std::string("\xff\xff\xff\xff", 4);
  const Taken taken = take(head + std::string(100'000, '\x12'), 1000);
  EXPECT_LT(taken.most_held, 100U);
}

TEST(BusDecoder, refuses_another_number_of_arguments) {
  for (const char head : {'\x10', '\x11', '\x13', '\x1f', '\x22', 'H', '\0'}) {
    const Decoded out = decode(bus_frame("log:out", "{}") + head);
    ASSERT_TRUE(out.error);
    EXPECT_EQ(out.error->fault, Fault::Malformed);
  }
}

TEST(BusDecoder, gives_the_room_of_a_long_event_back) {
  Pm2BusDecoder decoder;
  const std::string frame =
      bus_frame("process:event", std::string(900'000, ' ')) + "\x12";
  std::string_view bytes = frame;
  ASSERT_TRUE(*decoder.next(bytes));
  EXPECT_FALSE(*decoder.next(bytes));
  EXPECT_LT(decoder.held(), 100U);
}

}  // namespace
}  // namespace strayd
