// The frames of PM2's pub.sock, as a stream. Each is AMP v1 (wire.h) with two
// arguments: `s:TOPIC` and `j:PAYLOAD`.
//
// Every line that any app logs comes along, and PM2 filters nothing. So what is
// not of interest is skipped as it comes and never held. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/core/result.h"

namespace strayd {

enum class Pm2Topic {
  Event,  // process:event
  Log,    // log:PM2, a line of PM2's own log
  Error,  // log:err, what an app wrote to its standard error
  Kill,   // pm2:kill, the daemon ends
  Other   // skipped: log:out, what apps send …
};

// The longest payload that is held, in bytes: 0 for those that are skipped. One
// with a large environment has some ten KiB; PM2's own lines hold a path; of an
// app's error PM2 reads 64 KiB at most at a time.
std::size_t longest_payload(Pm2Topic topic);

// A whole frame of interest. Borrowed from the decoder until it goes on.
struct Pm2BusFrame {
  Pm2Topic topic = Pm2Topic::Other;
  // Empty for an Error that was too long, or no JSON: it tells nothing, and
  // nothing is lost but that.
  std::string_view json{};
};

class Pm2BusDecoder {
 public:
  // Takes from the front of `bytes` until a frame of interest is whole, or
  // nothing is left: nullopt. Call it until it says so.
  // Fault::Malformed: not such a frame. The stream can't be followed any more.
  Result<std::optional<Pm2BusFrame>> next(std::string_view& bytes);

  // Frames of interest that were skipped, for their length or for their payload
  // that is no JSON at all. Errors of apps are not counted.
  std::uint64_t skipped() const { return skipped_; }

  // Bytes of an unfinished frame that are held.
  std::size_t held() const { return held_.size(); }

 private:
  enum class Part { Between, Head, TopicSize, Topic, PayloadSize, Payload };

  void begin(Part part, std::size_t size, bool keep = true);
  void take(std::string_view& bytes);
  Result<void> finish_part();
  void begin_payload(std::size_t size);
  std::optional<Pm2BusFrame> finish_payload();

  Part part_ = Part::Between;
  std::size_t left_ = 0;  // bytes of this part that are still to come
  bool keep_ = false;
  std::string held_{};
  Pm2Topic topic_ = Pm2Topic::Other;
  std::uint64_t skipped_ = 0;
};

}  // namespace strayd
