#include "strayd/pm2/wire.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "pm2/fixtures.h"

namespace strayd {
namespace {

using test::argument;
using test::fixture;
using test::reply_frame;

Result<Progress> feed_whole(std::string_view bytes) {
  return Pm2ReplyDecoder().feed(bytes);
}

// What became of it when it came in pieces of this size.
Result<Progress> feed_pieces(std::string_view bytes, std::size_t piece) {
  Pm2ReplyDecoder decoder;
  Result<Progress> progress = Progress::Partial;
  while (!bytes.empty()) {
    progress = decoder.feed(bytes.substr(0, piece));
    if (!progress) return progress;
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return progress;
}

void expect_refused(std::string_view bytes, std::string_view why) {
  const Result<Progress> progress = feed_whole(bytes);
  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().fault, Fault::Malformed);
  EXPECT_NE(progress.error().what.find(why), std::string::npos)
      << progress.error().what;
}

TEST(Request, is_the_captured_one_byte_by_byte) {
  EXPECT_EQ(kPm2Request, fixture("request.bin"));
  EXPECT_EQ(kPm2Request.size(), 74U);
}

TEST(Request, carries_the_id_that_is_asked_back) {
  EXPECT_EQ(kPm2RequestId, "s:strayd:0");
}

TEST(ReplyDecoder, takes_a_captured_reply_in_one_piece) {
  Pm2ReplyDecoder decoder;
  EXPECT_EQ(decoder.feed(fixture("reply.bin")), Progress::Whole);
  EXPECT_TRUE(decoder.json().starts_with(R"({"args":[[{"pid":6225,)"));
  EXPECT_TRUE(decoder.json().ends_with("}]]}"));
}

TEST(ReplyDecoder, takes_a_captured_reply_byte_by_byte) {
  EXPECT_EQ(feed_pieces(fixture("reply.bin"), 1), Progress::Whole);
}

TEST(ReplyDecoder, takes_sixty_processes_in_any_pieces) {
  const std::string frame = fixture("reply-60.bin");
  for (const std::size_t piece : {7U, 100U, 4096U, 65536U}) {
    EXPECT_EQ(feed_pieces(frame, piece), Progress::Whole) << piece;
  }
}

TEST(ReplyDecoder, waits_for_more_after_every_truncation) {
  const std::string frame = fixture("reply.bin");
  for (std::size_t size = 0; size < frame.size(); ++size) {
    ASSERT_EQ(feed_whole(std::string_view(frame).substr(0, size)),
              Progress::Partial)
        << size;
  }
}

TEST(ReplyDecoder, refuses_another_number_of_arguments) {
  for (const char head : {'\x10', '\x11', '\x13', '\x1f', '\x22', 'H', '\0'}) {
    expect_refused(std::string(1, head), "not an AMP frame");
  }
}

TEST(ReplyDecoder, refuses_a_length_of_two_gigabytes_at_once) {
  expect_refused(std::string("\x12\x80\x00\x00\x00", 5), "more than 16777216");
  expect_refused(std::string("\x12\xff\xff\xff\xff", 5), "more than 16777216");
}

TEST(ReplyDecoder, bounds_the_whole_frame_and_not_only_its_json) {
  const std::string frame = reply_frame("{}");
  EXPECT_EQ(Pm2ReplyDecoder(frame.size()).feed(frame), Progress::Whole);
  EXPECT_FALSE(Pm2ReplyDecoder(frame.size() - 1).feed(frame));
}

TEST(ReplyDecoder, never_holds_more_than_its_limit_and_one) {
  Pm2ReplyDecoder decoder(100);
  EXPECT_FALSE(decoder.feed("\x12" + argument(std::string(200, 'x'))));
  EXPECT_LE(decoder.size(), 101U);
}

TEST(ReplyDecoder, refuses_a_reply_to_another_request) {
  expect_refused(reply_frame("{}", "s:strayd:1"), "not to our request");
  expect_refused(reply_frame("{}", "s:strayd:00"), "not to our request");
  expect_refused(reply_frame("{}", ""), "not to our request");
}

TEST(ReplyDecoder, refuses_the_captured_reply_of_another_id) {
  expect_refused(fixture("reply-error.bin"), "not to our request");
}

TEST(ReplyDecoder, refuses_an_argument_that_is_no_json) {
  expect_refused("\x12" + argument("s:{}") + argument(kPm2RequestId),
                 "not JSON");
  expect_refused("\x12" + argument("j") + argument(kPm2RequestId), "empty");
  expect_refused("\x12" + argument("") + argument(kPm2RequestId), "empty");
}

TEST(ReplyDecoder, refuses_bytes_behind_the_reply) {
  expect_refused(reply_frame("{}") + "x", "more bytes follow");
}

TEST(ReplyDecoder, gives_the_json_without_its_tag) {
  Pm2ReplyDecoder decoder;
  ASSERT_EQ(decoder.feed(reply_frame("{\"a\":1}")), Progress::Whole);
  EXPECT_EQ(decoder.json(), "{\"a\":1}");
}

}  // namespace
}  // namespace strayd
