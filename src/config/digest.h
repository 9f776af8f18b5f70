// A fingerprint of what a configuration means.
#pragma once

#include <string>

#include "strayd/config/config.h"

namespace strayd::config {

// 16 hexadecimal digits, over every field but the digest itself. The order of
// keys, comments, layout and the unit of a duration do not change it.
//
// FNV-1a of 64 bits: it tells an operator whether two hosts, or two moments,
// run the same configuration. It is no seal against anybody.
std::string digest_of(const Config& config);

}  // namespace strayd::config
