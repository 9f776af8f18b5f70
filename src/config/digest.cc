#include "digest.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "strayd/config/config.h"
#include "strayd/core/policy.h"

namespace strayd::config {
namespace {

using nlohmann::json;

json to_json(const Match& match) {
  json out = json::object();
  if (match.pattern) out["pattern"] = match.pattern->text();
  if (match.exe) out["exe"] = *match.exe;
  if (match.uid) out["uid"] = *match.uid;
  if (match.cwd) out["cwd"] = *match.cwd;
  if (match.tty) out["tty"] = *match.tty;
  return out;
}

json to_json(const Rule& rule) {
  return {{"name", rule.name},
          {"match", to_json(rule.match)},
          {"reap", static_cast<int>(rule.reap)},
          {"grace", rule.grace.count()}};
}

json to_json(const ProtectRule& rule) {
  return {{"name", rule.name}, {"match", to_json(rule.match)}};
}

json to_json(const RemoteConfig& remote) {
  return {
      {"name", remote.name}, {"hosts", remote.hosts}, {"ports", remote.ports}};
}

template <typename T>
json list(const std::vector<T>& values) {
  json out = json::array();
  for (const T& value : values) out.push_back(to_json(value));
  return out;
}

json to_json(const Policy& policy) {
  return {{"mode", static_cast<int>(policy.mode)},
          {"interval", policy.interval.count()},
          {"min_age", policy.min_age.count()},
          {"confirmations", policy.confirmations},
          {"settle", policy.settle.count()},
          {"loss_hold", policy.loss_hold.count()},
          {"rules", list(policy.rules)},
          {"protect", list(policy.protect)},
          {"kills_per_scan", policy.limits.kills_per_scan},
          {"kills_per_hour", policy.limits.kills_per_hour}};
}

json to_json(const Config& config) {
  return {{"policy", to_json(config.policy)},
          {"rotation", config.rotation},
          {"source", static_cast<int>(config.source)},
          {"events", config.events},
          {"pm2",
           {{"automatic", config.pm2.automatic},
            {"homes", config.pm2.homes},
            {"timeout", config.pm2.timeout.count()},
            {"events", config.pm2.events}}},
          {"remotes", list(config.remotes)},
          {"audit",
           {{"file", config.audit.file},
            {"rotate_bytes", config.audit.rotate_bytes},
            {"keep", config.audit.keep}}},
          {"state_dir", config.state_dir},
          {"web",
           {{"listen", config.web.listen},
            {"config_file", config.web.config_file},
            {"telemetry_path", config.telemetry_path}}}};
}

// Fowler, Noll and Vo: http://www.isthe.com/chongo/tech/comp/fnv/
std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3U;
  }
  return hash;
}

}  // namespace

std::string digest_of(const Config& config) {
  // Objects of this library are sorted by key. A path from the environment may
  // be no UTF-8, which must not throw.
  const std::string normal =
      to_json(config).dump(-1, ' ', false, json::error_handler_t::replace);
  return fmt::format("{:016x}", fnv1a(normal));
}

}  // namespace strayd::config
