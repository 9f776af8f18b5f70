// Hosts as text.
#pragma once

#include <string>

namespace strayd::config {

// A name (RFC 1123, and '_'), an IPv4 or an IPv6 address.
bool is_host(const std::string& text);

}  // namespace strayd::config
