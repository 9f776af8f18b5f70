#include "next_start.h"

#include <array>

namespace strayd {
namespace {

struct StartKey {
  std::string_view name{};
  bool (*same)(const Config& before, const Config& after) = nullptr;
  void (*keep)(const Config& before, Config& after) = nullptr;
};

// `Value` finds a key's value in a configuration.
template <auto Value>
constexpr StartKey key(std::string_view name) {
  return {
      .name = name,
      .same = [](const Config& before,
                 const Config& after) { return Value(before) == Value(after); },
      .keep =
          [](const Config& before, Config& after) {
            Value(after) = Value(before);
          }};
}

// Each is held by something that the agent opens once: the table of processes,
// the events of the kernel, the ledger, the lock of the state, the port.
constexpr std::array kStartKeys{key<[](auto& config) -> auto& {
                                  return config.source;
                                }>("scan.source"),
                                key<[](auto& config) -> auto& {
                                  return config.events;
                                }>("scan.events"),
                                key<[](auto& config) -> auto& {
                                  return config.audit.file;
                                }>("audit.file"),
                                key<[](auto& config) -> auto& {
                                  return config.audit.rotate_bytes;
                                }>("audit.rotate_bytes"),
                                key<[](auto& config) -> auto& {
                                  return config.audit.keep;
                                }>("audit.keep"),
                                key<[](auto& config) -> auto& {
                                  return config.state_dir;
                                }>("state.dir"),
                                key<[](auto& config) -> auto& {
                                  return config.web.listen;
                                }>("web.listen"),
                                key<[](auto& config) -> auto& {
                                  return config.telemetry_path;
                                }>("web.telemetry_path")};

}  // namespace

std::vector<std::string_view> keys_for_next_start(const Config& before,
                                                  const Config& after) {
  std::vector<std::string_view> changed;
  for (const StartKey& each : kStartKeys) {
    if (!each.same(before, after)) changed.push_back(each.name);
  }
  return changed;
}

void keep_until_next_start(const Config& before, Config& after) {
  for (const StartKey& each : kStartKeys) each.keep(before, after);
}

}  // namespace strayd
