// Hosts and ports as text.
#pragma once

#include <string>
#include <string_view>

namespace strayd::config {

// A name (RFC 1123, and '_'), an IPv4 or an IPv6 address.
bool is_host(const std::string& text);

// "127.0.0.1:9586", "localhost:0", ":9586" (all addresses).
bool is_listen_address(std::string_view text);

}  // namespace strayd::config
