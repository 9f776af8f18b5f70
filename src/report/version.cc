#include "strayd/report/version.h"

namespace strayd {

std::string_view version() {
  return STRAYD_VERSION;
}

std::string_view revision() {
  return STRAYD_REVISION;
}

std::string_view notices() {
  return "MIT licence; no warranty.\n"
         "With CLI11 and RE2 (BSD-3-Clause), nlohmann/json, spdlog, {fmt}, "
         "prometheus-cpp,\n"
         "yaml-cpp and CivetWeb (MIT), simdjson (Apache-2.0), libbpf "
         "(BSD-2-Clause),\n"
         "libseccomp and libxcrypt (LGPL-2.1), libcap (BSD-3-Clause) and zlib "
         "(Zlib);\n"
         "their terms are in THIRD_PARTY.md.";
}

}  // namespace strayd
