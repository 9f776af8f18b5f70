#include "host.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ranges>
#include <string>
#include <string_view>

namespace strayd::config {
namespace {

constexpr std::size_t kLongestName = 253;  // RFC 1035, written out
constexpr std::size_t kLongestLabel = 63;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel &&
         label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, is_label_character);
}

// A last label of digits alone is meant for an address: "10.0.0" is no name.
bool is_host_name(std::string_view text) {
  if (text.size() > kLongestName) return false;
  const std::string_view last = text.substr(text.rfind('.') + 1);
  if (std::ranges::all_of(last, is_digit)) return false;
  return std::ranges::all_of(
      text | std::views::split('.'), [](const auto& label) {
        return is_label(std::string_view(label.begin(), label.end()));
      });
}

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(family, text.c_str(), address.data()) == 1;
}

}  // namespace

bool is_host(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;
  return is_address(AF_INET, text) || is_address(AF_INET6, text) ||
         is_host_name(text);
}

}  // namespace strayd::config
