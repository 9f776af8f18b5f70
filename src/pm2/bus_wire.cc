#include "strayd/pm2/bus_wire.h"

#include <algorithm>

#include "amp.h"

namespace strayd {
namespace {

constexpr std::string_view kEventTopic = "s:process:event";
constexpr std::string_view kLogTopic = "s:log:PM2";
constexpr std::string_view kErrorTopic = "s:log:err";
constexpr std::string_view kKillTopic = "s:pm2:kill";
constexpr std::size_t kLongestTopic = std::max({kEventTopic.size(),
                                                kLogTopic.size(),
                                                kErrorTopic.size(),
                                                kKillTopic.size()});

// A buffer that a huge frame left is given back.
constexpr std::size_t kRoomToKeep = std::size_t{64} * 1024;

Pm2Topic topic_of(std::string_view argument) {
  if (argument == kEventTopic) return Pm2Topic::Event;
  if (argument == kLogTopic) return Pm2Topic::Log;
  if (argument == kErrorTopic) return Pm2Topic::Error;
  if (argument == kKillTopic) return Pm2Topic::Kill;
  return Pm2Topic::Other;
}

// What an app writes is no event: without it nothing else is in doubt. Nor is
// it in doubt where an app has sent what PM2 says when it ends.
bool is_counted(Pm2Topic topic) {
  return topic == Pm2Topic::Event || topic == Pm2Topic::Log;
}

}  // namespace

std::size_t longest_payload(Pm2Topic topic) {
  switch (topic) {
    case Pm2Topic::Event:
      return std::size_t{1024} * 1024;
    case Pm2Topic::Log:
      return std::size_t{64} * 1024;
    case Pm2Topic::Error:
      return std::size_t{128} * 1024;
    case Pm2Topic::Kill:
      return std::size_t{4} * 1024;
    case Pm2Topic::Other:
      return 0;
  }
  return 0;
}

Result<std::optional<Pm2BusFrame>> Pm2BusDecoder::next(
    std::string_view& bytes) {
  for (;;) {
    if (left_ > 0) {
      if (bytes.empty()) return std::nullopt;
      take(bytes);
    } else if (part_ == Part::Payload) {
      if (std::optional<Pm2BusFrame> frame = finish_payload()) return frame;
    } else if (part_ == Part::Between && bytes.empty()) {
      return std::nullopt;
    } else if (const Result<void> fine = finish_part(); !fine) {
      return std::unexpected(fine.error());
    }
  }
}

void Pm2BusDecoder::begin(Part part, std::size_t size, bool keep) {
  part_ = part;
  left_ = size;
  keep_ = keep;
  if (held_.capacity() > kRoomToKeep) held_ = {};
  held_.clear();
}

void Pm2BusDecoder::take(std::string_view& bytes) {
  const std::size_t size = std::min(left_, bytes.size());
  if (keep_) held_.append(bytes.substr(0, size));
  bytes.remove_prefix(size);
  left_ -= size;
}

// What is held is whole: what does it say, and what comes next?
Result<void> Pm2BusDecoder::finish_part() {
  switch (part_) {
    case Part::Between:
      begin(Part::Head, 1);
      return {};
    case Part::Head:
      if (held_.front() != kAmpTwoArguments) {
        return fail(Fault::Malformed,
                    "its events are not AMP frames of two arguments");
      }
      begin(Part::TopicSize, kAmpLength);
      return {};
    case Part::TopicSize: {
      const std::size_t size = amp_length(held_, 0);
      begin(Part::Topic, size, size <= kLongestTopic);
      return {};
    }
    case Part::Topic:
      topic_ = topic_of(held_);
      begin(Part::PayloadSize, kAmpLength);
      return {};
    case Part::PayloadSize:
      begin_payload(amp_length(held_, 0));
      return {};
    case Part::Payload:
      return {};
  }
  return {};
}

void Pm2BusDecoder::begin_payload(std::size_t size) {
  const bool keep = size <= longest_payload(topic_);
  if (!keep && is_counted(topic_)) ++skipped_;
  begin(Part::Payload, size, keep && topic_ != Pm2Topic::Other);
}

std::optional<Pm2BusFrame> Pm2BusDecoder::finish_payload() {
  part_ = Part::Between;
  if (!keep_ || !held_.starts_with(kAmpJsonTag)) {
    if (topic_ == Pm2Topic::Error) return Pm2BusFrame{.topic = topic_};
    if (keep_) ++skipped_;
    return std::nullopt;
  }
  return Pm2BusFrame{
      .topic = topic_,
      .json = std::string_view(held_).substr(kAmpJsonTag.size())};
}

}  // namespace strayd
