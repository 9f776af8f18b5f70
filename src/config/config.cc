#include "strayd/config/config.h"

#include <array>
#include <expected>
#include <optional>

#include "strayd/core/policy.h"
#include "strayd/core/result.h"
#include "strayd/sys/os.h"

#include "defaults.h"
#include "json_tree.h"
#include "problems.h"
#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd {
namespace {

using config::Section;
using config::Value;
using config::Word;

constexpr std::array kModes{
    Word<Mode>{.text = "observe", .meaning = Mode::Observe},
    Word<Mode>{.text = "enforce", .meaning = Mode::Enforce}};

void read_root(const Value& value, Config& out) {
  Section root(value);
  // By which an editor finds the schema; it means nothing here.
  if (const auto schema = root.take("$schema")) schema->string("a string");
  root.word("mode", kModes, out.policy.mode);
  if (const auto v = root.take("scan")) read_scan(*v, out);
  if (const auto v = root.take("rules")) read_rules(*v, out.policy.rules);
  if (const auto v = root.take("protect")) read_protect(*v, out.policy.protect);
  if (const auto v = root.take("supervisors")) {
    read_programs(*v, out.policy.supervisors);
  }
  if (const auto v = root.take("carriers")) {
    read_programs(*v, out.policy.carriers);
  }
  if (const auto v = root.take("pidfiles")) {
    read_pidfiles(*v, out.policy.pidfiles);
  }
  if (const auto v = root.take("pm2")) read_pm2(*v, out.pm2);
  if (const auto v = root.take("limits")) read_limits(*v, out.policy.limits);
  if (const auto v = root.take("remotes")) read_remotes(*v, out.remotes);
  if (const auto v = root.take("audit")) read_audit(*v, out.audit);
  if (const auto v = root.take("state")) read_state(*v, out.state_dir);
  if (const auto v = root.take("web")) read_web(*v, out);
  root.finish();
}

void fill_in_paths(Config& config) {
  if (config.state_dir.empty()) config.state_dir = config::default_state_dir();
  if (config.audit.file.empty()) {
    config.audit.file = config.state_dir + "/audit.jsonl";
  }
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view name) {
  config::Problems problems(text);
  Config parsed = config::defaults();
  const std::optional<config::Node> root = config::read_json(text, problems);
  if (root) read_root(Value(*root, {}, problems), parsed);
  if (!problems.none()) return std::unexpected(problems.to_error(name));
  fill_in_paths(parsed);
  return parsed;
}

Result<Config> load_config(const std::string& path) {
  const Result<std::string> text = read_file(path, config::kMostBytes);
  if (!text) return std::unexpected(text.error());
  return parse_config(*text, path);
}

Result<Config> default_config() {
  return parse_config(default_config_text(), "the embedded default");
}

}  // namespace strayd
