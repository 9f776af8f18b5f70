#include "strayd/agent/settle.h"

#include <cstddef>
#include <vector>

#include <spdlog/spdlog.h>

#include "strayd/reap/recover.h"
#include "strayd/report/render.h"

namespace strayd {

void settle_unresolved(Audit& audit, const std::string& boot_id) {
  const Result<std::vector<Unresolved>> found = audit.unresolved();
  if (!found) {
    spdlog::error("audit: {}, ignoring", found.error().what);
    return;
  }
  std::vector<LeftOver> left;
  left.reserve(found->size());
  for (const Unresolved& one : *found) {
    left.push_back({.reap = one.reap,
                    .id = one.id,
                    .boot_id = one.boot_id,
                    .last_step = one.last_step});
  }
  const std::vector<Recovered> recovered = recover(left, boot_id);
  for (std::size_t i = 0; i < recovered.size(); ++i) {
    const std::string_view finding = to_string(recovered[i].finding);
    if (!recovered[i].detail.empty()) {
      spdlog::error(
          "an earlier strayd was ended while it reaped pid {} (rule {}), and "
          "it can't be let go on: {}; the next start tries again",
          recovered[i].left.id.pid,
          (*found)[i].rule,
          one_line(recovered[i].detail));
      continue;
    }
    spdlog::warn(
        "an earlier strayd was ended while it reaped pid {} (rule {}): {}",
        recovered[i].left.id.pid,
        (*found)[i].rule,
        finding);
    if (const auto written = audit.resolved((*found)[i], finding); !written) {
      spdlog::error("audit: {}, ignoring", written.error().what);
    }
  }
}

}  // namespace strayd
