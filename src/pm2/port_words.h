// The port that an app's own error says is taken. Pure.
//
// Programs write that as they like. Read is what names one port and nothing
// else: node (`listen EADDRINUSE: address already in use :::3000`, and `port:
// 3000` further down), Go (`listen tcp :8080: bind: address already in use`),
// Python (`bind on address ('0.0.0.0', 8000): address already in use`), nginx
// (`bind() to 0.0.0.0:80 failed (98: Address already in use)`) and what is
// like them. The path of a unix socket is no port.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

namespace strayd {

// Whether it has the words at all. JSON has them as they are.
bool has_port_words(std::string_view bytes);

// Whether it ends in the middle of them.
bool ends_within_port_words(std::string_view bytes);

struct PortWords {
  std::set<std::uint16_t> ports{};
  // The last line of `text`, where it is not finished, and more of it may name
  // a port.
  std::string_view rest{};
};

PortWords read_port_words(std::string_view text);

}  // namespace strayd
