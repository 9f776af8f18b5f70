#include <cstdint>
#include <string>

#include "strayd/report/audit.h"

#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd::config {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kGiB = kKiB * kKiB * kKiB;

}  // namespace

void read_audit(const Value& value, AuditOptions& out) {
  Section audit(value);
  audit.absolute_path("file", out.file);
  audit.whole(
      "rotate_bytes", {.least = 64 * kKiB, .most = kGiB}, out.rotate_bytes);
  audit.whole("keep", {.least = 1, .most = 100}, out.keep);
  audit.finish();
}

void read_state(const Value& value, std::string& dir) {
  Section state(value);
  state.absolute_path("dir", dir);
  state.finish();
}

}  // namespace strayd::config
