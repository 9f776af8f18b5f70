#include "strayd/report/version.h"

namespace strayd {

std::string_view version() {
  return STRAYD_VERSION;
}

std::string_view revision() {
  return STRAYD_REVISION;
}

}  // namespace strayd
