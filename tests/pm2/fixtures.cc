#include "pm2/fixtures.h"

#include <cstdint>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace strayd::test {

std::string fixture(std::string_view name) {
  const std::string path = std::string(STRAYD_FIXTURES "/").append(name);
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string argument(std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string text;
  for (const int shift : {24, 16, 8, 0}) {
    text += static_cast<char>(size >> shift & 0xff);
  }
  return text.append(bytes);
}

std::string reply_frame(std::string_view json, std::string_view id) {
  return "\x12" + argument(std::string("j:").append(json)) + argument(id);
}

std::string bus_frame(std::string_view topic, std::string_view json) {
  return "\x12" + argument(std::string("s:").append(topic)) +
         argument(std::string("j:").append(json));
}

std::string log_frame(std::string_view line) {
  return bus_frame(
      "log:PM2",
      std::string(R"({"process":{"pm_id":"PM2","name":"PM2","rev":null},)")
          .append(R"("at":1795386591426,"data":")")
          .append(line)
          .append(R"("})"));
}

std::string event_frame(std::string_view event,
                        std::string_view more,
                        std::string_view manually) {
  std::string json = R"({"event":")";
  json.append(event).append(R"(","manually":)").append(manually);
  json += R"(,"process":{"pm_id":7,"name":"api","unique_id":"u-1")";
  if (!more.empty()) json.append(",").append(more);
  return bus_frame("process:event", json + R"(},"at":1795386591929})");
}

std::string list_json(std::string_view entries) {
  return std::string(R"({"args":[[)").append(entries).append("]]}");
}

std::string entry_json(std::string_view name, std::string_view more) {
  std::string text = R"({"pid":4321,"pm_id":7,"name":")";
  text.append(name).append(R"(","pm2_env":{"unique_id":"u-1")");
  if (!more.empty()) text.append(",").append(more);
  return text + "}}";
}

}  // namespace strayd::test
