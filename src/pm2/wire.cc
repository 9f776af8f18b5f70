#include "strayd/pm2/wire.h"

#include <algorithm>
#include <optional>
#include <string>

#include "amp.h"

namespace strayd {
namespace {

constexpr std::size_t kPayload = 1 + kAmpLength;  // where the first argument is

std::unexpected<Error> malformed(std::string why) {
  return fail(Fault::Malformed, std::move(why));
}

// What the frame's beginning says of its whole size; nullopt: not there yet.
std::optional<std::size_t> size_of_frame(std::string_view frame) {
  if (frame.size() < kPayload) return std::nullopt;
  return kPayload + amp_length(frame, 1) + kAmpLength + kPm2RequestId.size();
}

// As far as the bytes go, do they begin as our reply does?
Result<void> check_head(std::string_view frame, std::size_t limit) {
  if (!frame.empty() && frame.front() != kAmpTwoArguments) {
    return malformed("the reply is not an AMP frame of two arguments");
  }
  const std::optional<std::size_t> whole = size_of_frame(frame);
  if (!whole) return {};
  if (*whole > limit) {
    return malformed("the reply says it has " + std::to_string(*whole) +
                     " bytes, more than " + std::to_string(limit));
  }
  if (amp_length(frame, 1) < kAmpJsonTag.size()) {
    return malformed("the reply's first argument is empty");
  }
  const std::string_view tag = frame.substr(kPayload, kAmpJsonTag.size());
  if (!kAmpJsonTag.starts_with(tag)) {
    return malformed("the reply's first argument is not JSON");
  }
  return {};
}

// The same for the id behind the first argument. The head is right.
Result<void> check_tail(std::string_view frame) {
  if (frame.size() < kPayload) return {};
  const std::size_t tail = kPayload + amp_length(frame, 1);
  if (frame.size() < tail + kAmpLength) return {};
  if (amp_length(frame, tail) != kPm2RequestId.size() ||
      !kPm2RequestId.starts_with(
          frame.substr(tail + kAmpLength, kPm2RequestId.size()))) {
    return malformed("the reply is not to our request");
  }
  if (frame.size() > tail + kAmpLength + kPm2RequestId.size()) {
    return malformed("more bytes follow the reply");
  }
  return {};
}

}  // namespace

static_assert(kPm2Request.ends_with("s:strayd:0"));

Pm2ReplyDecoder::Pm2ReplyDecoder(std::size_t limit)
    : limit_(std::min(limit, kPm2ReplyLimit)) {}

Result<Progress> Pm2ReplyDecoder::feed(std::string_view bytes) {
  // One byte more than the limit is enough to know.
  frame_.append(bytes.substr(0, limit_ + 1 - std::min(limit_, frame_.size())));
  if (const Result<void> head = check_head(frame_, limit_); !head) {
    return std::unexpected(head.error());
  }
  if (const Result<void> tail = check_tail(frame_); !tail) {
    return std::unexpected(tail.error());
  }
  return size_of_frame(frame_) == frame_.size() ? Progress::Whole
                                                : Progress::Partial;
}

std::string_view Pm2ReplyDecoder::json() const {
  const std::string_view frame = frame_;
  return frame.substr(kPayload + kAmpJsonTag.size(),
                      amp_length(frame, 1) - kAmpJsonTag.size());
}

}  // namespace strayd
