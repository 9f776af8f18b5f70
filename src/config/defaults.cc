#include "defaults.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "strayd/config/config.h"
#include "strayd/core/policy.h"
#include "strayd/core/result.h"

#include "user.h"

namespace strayd::config {
namespace {

constexpr const char* kSystemStateDir = "/var/lib/strayd";

// A relative one is to be ignored, says the specification.
std::string absolute_variable(const char* name) {
  // Nobody calls setenv in this program.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value && value[0] == '/' ? value : "";
}

std::string home_directory() {
  std::string home = absolute_variable("HOME");
  if (!home.empty()) return home;
  const Result<User> user = find_user(::geteuid());
  return user ? user->home : std::string();
}

}  // namespace

Config defaults() {
  Config config;
  // It cannot fail: a test parses the same pattern from the default text.
  Result<Pattern> pattern = Pattern::compile("tsx.*server\\.ts");
  Rule& rule = config.policy.rules.emplace_back();
  rule.name = "tsx-server";
  if (pattern) rule.match.pattern.emplace(*std::move(pattern));
  rule.match.exe = "node";
  return config;
}

std::string default_state_dir() {
  if (::geteuid() == 0) return kSystemStateDir;
  const std::string base = absolute_variable("XDG_STATE_HOME");
  if (!base.empty()) return base + "/strayd";
  const std::string home = home_directory();
  return home.empty() ? kSystemStateDir : home + "/.local/state/strayd";
}

}  // namespace strayd::config
