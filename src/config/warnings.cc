#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/core.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"
#include "strayd/sys/os.h"

#include "json_tree.h"
#include "problems.h"
#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd {
namespace {

using config::Section;
using config::Value;

// Their items say with `cwd` which processes are meant.
constexpr std::array<std::string_view, 4> kMatching{
    "rules", "protect", "supervisors", "carriers"};

// One that may not be looked at may exist.
bool is_no_directory(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return status.type() == std::filesystem::file_type::not_found ||
         (!error && !std::filesystem::is_directory(status));
}

void warn(const Value& value, std::string_view consequence) {
  const std::optional<std::string> path = value.absolute_path();
  if (!path || !is_no_directory(*path)) return;
  value.complain(fmt::format("warning: the directory \"{}\" does not exist; {}",
                             config::printable(*path, 200),
                             consequence));
}

void look_at(const Value& value) {
  Section root(value);
  for (const std::string_view key : kMatching) {
    const auto list = root.take(key);
    if (!list) continue;
    for (const Value& item : list->items(config::kListLength, "an array")) {
      if (const auto cwd = Section(item).take("cwd")) {
        warn(*cwd, "nothing is there to match");
      }
    }
  }
  const auto pidfiles = root.take("pidfiles");
  if (!pidfiles) return;
  for (const Value& item : pidfiles->items(config::kListLength, "an array")) {
    warn(item, "no pidfile is there to read");
  }
}

}  // namespace

std::string config_warnings(std::string_view text, std::string_view name) {
  config::Problems problems(text);
  const std::optional<config::Node> root = config::read_json(text, problems);
  // What is wrong with it is told as errors.
  if (!root || !problems.none()) return {};
  look_at(Value(*root, {}, problems));
  return problems.lines(name, "warnings");
}

std::string load_config_warnings(const std::string& path) {
  const Result<std::string> text = read_file(path, config::kMostBytes);
  return text ? config_warnings(*text, path) : std::string();
}

}  // namespace strayd
