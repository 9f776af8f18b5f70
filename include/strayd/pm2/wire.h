// AMP v1, the framing of PM2's rpc.sock (amp 0.3.1 and amp-message 0.1.2; the
// same bytes in PM2 5.2.2 to 7.0.4):
//
//   byte 0    0x1N: version 1, N arguments
//   N times   length as u32 big-endian, then that many bytes
//
// An argument starts with "j:" (JSON) or "s:" (a string). A request has two:
// the call and an id; the reply has two: the result and the same id. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "strayd/core/result.h"

namespace strayd {

// The only bytes that strayd ever sends to a PM2. They are a constant and
// nothing here builds a request, because one argument too many or too few, or
// bad JSON, crashes the God Daemon and with it every app.
inline constexpr std::string_view kPm2Request{
    "\x12"
    "\x00\x00\x00\x37"
    R"(j:{"type":"call","method":"getMonitorData","args":[{}]})"
    "\x00\x00\x00\x0a"
    "s:strayd:0",
    74};

// The id in that request, which the reply must repeat.
inline constexpr std::string_view kPm2RequestId =
    kPm2Request.substr(kPm2Request.size() - 10);

// The longest reply, as a frame. 300 apps make half a MiB.
inline constexpr std::size_t kPm2ReplyLimit = std::size_t{16} * 1024 * 1024;

enum class Progress { Partial, Whole };

// Takes a reply as it comes, in pieces of any size. It holds no more than what
// came and refuses a reply as soon as it can't become the right one; after a
// refusal it is not to be fed again.
class Pm2ReplyDecoder {
 public:
  explicit Pm2ReplyDecoder(std::size_t limit = kPm2ReplyLimit);

  // Fault::Malformed: not our reply, too long, or followed by more bytes.
  Result<Progress> feed(std::string_view bytes);

  // Bytes so far.
  std::size_t size() const { return frame_.size(); }

  // The JSON of a whole reply, without its "j:". Borrowed from the decoder.
  std::string_view json() const;

 private:
  std::size_t limit_;
  std::string frame_{};
};

}  // namespace strayd
