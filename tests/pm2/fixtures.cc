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
