#include "address.h"

#include <arpa/inet.h>

#include <cstring>

namespace strayd {

IpAddress to_ip(const in_addr& address) {
  IpAddress ip;
  ip.bytes[10] = 0xff;
  ip.bytes[11] = 0xff;
  std::memcpy(ip.bytes.data() + 12, &address, sizeof address);
  return ip;
}

IpAddress to_ip(const in6_addr& address) {
  IpAddress ip;
  std::memcpy(ip.bytes.data(), &address, sizeof address);
  return ip;
}

std::optional<IpAddress> to_ip(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return to_ip(v4.sin_addr);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return to_ip(v6.sin6_addr);
  }
  return std::nullopt;
}

std::optional<IpAddress> to_ip(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return to_ip(v4);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) return to_ip(v6);
  return std::nullopt;
}

}  // namespace strayd
