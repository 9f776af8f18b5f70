// A rule that means no process, as a person reads it.
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "strayd/core/meaning.h"
#include "strayd/report/render.h"

namespace strayd {
namespace {

std::string failing(const KeyFit& key) {
  return fmt::format(
      "its {} does not fit ({})", key.key, one_line(key.instead));
}

std::string nearest_text(const IdleRule& idle) {
  if (!idle.nearest) return "no process fits its pattern";
  std::vector<std::string> failed;
  failed.reserve(idle.failed.size());
  for (const KeyFit& key : idle.failed) failed.push_back(failing(key));
  return fmt::format(
      "{} is nearest: {}", idle.nearest->pid, fmt::join(failed, ", and "));
}

}  // namespace

std::string idle_rule_text(const IdleRule& idle) {
  std::string text = fmt::format("Rule '{}' means no process: {}",
                                 one_line(idle.rule),
                                 nearest_text(idle));
  if (idle.lost_directory) {
    text += fmt::format("; there is no directory {}",
                        one_line(*idle.lost_directory));
  }
  return text + ".";
}

}  // namespace strayd
