// Where to listen. CivetWeb 1.15 as Debian builds it knows neither IPv6 nor
// unix sockets, and answers a bad bind with a null pointer: so the address is
// read and tried here first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "strayd/core/result.h"

namespace strayd {

struct ListenAddress {
  std::string ip = "127.0.0.1";  // numeric IPv4; "0.0.0.0" is every interface
  std::uint16_t port = 0;        // 0: any free one

  bool operator==(const ListenAddress&) const = default;
};

std::string to_string(const ListenAddress& address);  // "127.0.0.1:9586"

// "127.0.0.1:9586", "localhost:9586" or ":9586". Names are not resolved.
Result<ListenAddress> parse_listen(std::string_view text);

// Binds and lets go again: tells in words why a server could not start there.
Result<void> check_bind(const ListenAddress& address);

// Shuts down every socket of this process whose local end is `address`: the
// listener and what it accepted. Wakes the threads that wait on them, and
// closes nothing. Sockets of other addresses are not touched.
void shutdown_sockets_at(const ListenAddress& address);

// Closes them. Only when no thread uses them any more.
void close_sockets_at(const ListenAddress& address);

}  // namespace strayd
