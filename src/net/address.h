// IP addresses in one form: IPv6, or IPv4 mapped into it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>

#include "strayd/core/sockets.h"

namespace strayd {

IpAddress to_ip(const in_addr& address);
IpAddress to_ip(const in6_addr& address);
// nullopt: of another family.
std::optional<IpAddress> to_ip(const sockaddr& address);
// Of "192.0.2.7" or "2001:db8::7"; nullopt: it is a name.
std::optional<IpAddress> to_ip(const std::string& text);

}  // namespace strayd
