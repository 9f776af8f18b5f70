// Whatever /proc/PID/status and smaps_rollup hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "strayd/proc/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const strayd::ProcStatus status = strayd::parse_status(text);
  if (status.pid_namespace_depth && *status.pid_namespace_depth < 1) {
    std::abort();
  }
  if (status.uid && text.find("Uid:") == std::string_view::npos) std::abort();

  if (status.ignores_hangup && text.find("SigIgn:") == std::string_view::npos) {
    std::abort();
  }

  const strayd::Observed<std::uint64_t> pss = strayd::parse_pss(text);
  if (pss && *pss % 1024 != 0) std::abort();
  if (pss && text.find(std::to_string(*pss / 1024) + " kB\n") ==
                 std::string_view::npos) {
    std::abort();
  }
  return 0;
}
