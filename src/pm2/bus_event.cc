#include "strayd/pm2/bus_event.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "entry.h"
#include "log_line.h"

namespace strayd {
namespace {

constexpr std::size_t kDeepest = 64;
// Of the word that tells one event from another; none of ours is longer.
constexpr std::size_t kLongestWord = 64;

// Of `pm2 kill` and `pm2 update`; after a signal the daemon says another.
constexpr std::string_view kKilledByOperator = "pm2 has been killed via CLI";

// The payloads of all topics, by allow-list:
// {"status":"killed","msg":"pm2 has been killed via CLI"}
// {"event":"exit","manually":false,"process":{…pm2_env…},"at":1795386591929}
// {"process":{"pm_id":"PM2",…},"data":"App […"}
// {"process":{"pm_id":0,"name":"api",…,"namespace":"default"},"data":"Error:
// …"}
struct Payload {
  std::string event{};
  bool manually = false;
  std::optional<std::int64_t> at_ms{};
  std::string data{};  // of logs only
  bool by_pm2 = false;
  EntryDraft process{};
};

// What the parser calls, one function for each token; false stops it. The names
// are those of nlohmann::json_sax.
class PayloadReader {
 public:
  explicit PayloadReader(Pm2Topic topic) : topic_(topic) {}

  Result<Payload> result(bool parsed) &&;

  bool null() { return scalar({.nothing = true}); }
  bool boolean(bool value);
  bool number_integer(std::int64_t value) { return scalar({.number = value}); }
  bool number_unsigned(std::uint64_t value);
  bool number_float(double /*value*/, const std::string& /*text*/) {
    return scalar({});
  }
  bool string(std::string& value) { return scalar({.text = value}); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return scalar({}); }
  bool key(std::string& name);
  bool start_object(std::size_t /*size*/) { return open(true); }
  bool start_array(std::size_t /*size*/) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position,
                   const std::string& last_token,
                   const nlohmann::json::exception& error);

 private:
  enum class Place { Outside, Payload, Process };
  enum class Key { Other, Event, Manually, At, Data, Process, PmId };

  bool refuse(std::string why);
  bool scalar(const FieldValue& value);
  bool open(bool object);
  bool close();

  Pm2Topic topic_;
  Place place_ = Place::Outside;
  std::size_t skipped_ = 0;  // open containers that are none of ours
  Key key_ = Key::Other;
  const EntryField* field_ = nullptr;  // which the next value is for
  Payload payload_{};
  std::string refusal_{};
};

bool PayloadReader::refuse(std::string why) {
  refusal_ = std::move(why);
  return false;
}

bool PayloadReader::number_unsigned(std::uint64_t value) {
  if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return scalar({});
  }
  return scalar({.number = static_cast<std::int64_t>(value)});
}

bool PayloadReader::boolean(bool value) {
  if (skipped_ == 0 && key_ == Key::Manually) payload_.manually = value;
  return scalar({.flag = value});
}

bool PayloadReader::key(std::string& name) {
  if (skipped_ > 0) return true;
  key_ = Key::Other;
  field_ = nullptr;
  if (place_ == Place::Process) {
    field_ = env_field(payload_.process, name);
    if (name == "pm_id") key_ = Key::PmId;
  } else if (name == "event") {
    key_ = Key::Event;
  } else if (name == "manually") {
    key_ = Key::Manually;
  } else if (name == "at") {
    key_ = Key::At;
  } else if (name == "process") {
    key_ = Key::Process;
  } else if (name == "data" && topic_ != Pm2Topic::Event) {
    key_ = Key::Data;
  } else if (name == "msg" && topic_ == Pm2Topic::Kill) {
    key_ = Key::Event;
  }
  return true;
}

bool PayloadReader::scalar(const FieldValue& value) {
  if (skipped_ > 0) return true;
  if (place_ == Place::Outside) return refuse("the event is not an object");
  const std::string_view text = value.text.value_or("");
  if (key_ == Key::Event) payload_.event = text.substr(0, kLongestWord);
  if (key_ == Key::At) payload_.at_ms = value.number;
  if (key_ == Key::Data) payload_.data = text;
  if (key_ == Key::PmId) payload_.by_pm2 = text == "PM2";
  if (field_ != nullptr) field_->set(payload_.process, value);
  return true;
}

bool PayloadReader::open(bool object) {
  const bool enters_payload = place_ == Place::Outside && object;
  const bool enters_process =
      place_ == Place::Payload && object && key_ == Key::Process;
  if (skipped_ == 0 && (enters_payload || enters_process)) {
    place_ = enters_payload ? Place::Payload : Place::Process;
    return true;
  }
  if (!scalar({})) return false;
  return ++skipped_ <= kDeepest || refuse("the event is nested too deep");
}

bool PayloadReader::close() {
  if (skipped_ > 0) {
    --skipped_;
    return true;
  }
  place_ = place_ == Place::Process ? Place::Payload : Place::Outside;
  key_ = Key::Other;
  field_ = nullptr;
  return true;
}

// The exception's own text quotes the JSON, and so may hold a secret.
bool PayloadReader::parse_error(std::size_t position,
                                const std::string& /*token*/,
                                const nlohmann::json::exception& /*error*/) {
  return refuse("the event is not JSON from byte " + std::to_string(position));
}

Result<Payload> PayloadReader::result(bool parsed) && {
  if (!parsed) return fail(Fault::Malformed, std::move(refusal_));
  return std::move(payload_);
}

Result<Payload> read_payload(const Pm2BusFrame& frame) {
  PayloadReader reader(frame.topic);
  const bool parsed = nlohmann::json::sax_parse(frame.json, &reader);
  return std::move(reader).result(parsed);
}

// A client of PM2 chooses the word of what it asked for, so that comes first.
std::optional<Pm2Event::Kind> kind_of(const Payload& payload) {
  if (payload.event.empty()) return std::nullopt;
  if (payload.manually) return Pm2Event::Kind::Action;
  if (payload.event == "exit") return Pm2Event::Kind::Exit;
  if (payload.event == "online") return Pm2Event::Kind::Online;
  if (payload.event == "restart overlimit") return Pm2Event::Kind::Overlimit;
  return std::nullopt;
}

Result<std::optional<Pm2Event>> process_event(Payload payload) {
  const std::optional<Pm2Event::Kind> kind = kind_of(payload);
  if (!kind || !payload.process.inner_pm_id) return std::nullopt;
  std::optional<Pm2Instance> instance =
      finish_entry(std::move(payload.process));
  if (!instance) {
    return fail(Fault::Malformed, "the event does not say of which app it is");
  }
  return Pm2Event{.kind = *kind,
                  .pm_id = instance->pm_id,
                  .unique_id = std::move(instance->unique_id),
                  .name = std::move(instance->name),
                  .name_space = std::move(instance->name_space),
                  .status = instance->status,
                  .restart_time = instance->restart_time,
                  .pm_uptime_ms = instance->pm_uptime_ms,
                  .at_ms = payload.at_ms,
                  .exit_code = instance->exit_code};
}

}  // namespace

Result<std::optional<Pm2Event>> parse_pm2_event(const Pm2BusFrame& frame) {
  if (frame.topic == Pm2Topic::Error) return std::nullopt;
  Result<Payload> payload = read_payload(frame);
  if (!payload) return std::unexpected(std::move(payload).error());
  switch (frame.topic) {
    case Pm2Topic::Event:
      return process_event(*std::move(payload));
    case Pm2Topic::Log:
      if (!payload->by_pm2) return std::nullopt;
      return parse_log_line(payload->data);
    case Pm2Topic::Kill:
      // What an app sends has its words one level deeper.
      if (payload->event != kKilledByOperator) return std::nullopt;
      return Pm2Event{.kind = Pm2Event::Kind::ToldToEnd};
    case Pm2Topic::Error:
    case Pm2Topic::Other:
      return std::nullopt;
  }
  return std::nullopt;
}

Result<std::optional<Pm2ErrorText>> parse_pm2_error(const Pm2BusFrame& frame) {
  Result<Payload> payload = read_payload(frame);
  if (!payload) return std::unexpected(std::move(payload).error());
  EntryDraft& of = payload->process;
  if (of.bad || !of.inner_pm_id || of.inner_name.empty()) return std::nullopt;
  return Pm2ErrorText{
      .pm_id = *of.inner_pm_id,
      .app = app_name({.name = std::move(of.inner_name),
                       .name_space = std::move(of.instance.name_space)}),
      .text = std::move(payload->data)};
}

}  // namespace strayd
