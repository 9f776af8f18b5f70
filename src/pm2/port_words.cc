#include "port_words.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

namespace strayd {
namespace {

// The second begins with a capital, too.
constexpr std::array<std::string_view, 2> kWords{"EADDRINUSE",
                                                 "ddress already in use"};
// node's properties of an error, below its stack.
constexpr std::size_t kLinesBelow = 24;
// How far from the words their port is looked for.
constexpr std::size_t kReach = 192;
constexpr std::string_view kAddress =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:*[]%_-";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kBlank = " \t\r";

std::string_view without_front(std::string_view text, std::string_view bytes) {
  const std::size_t at = text.find_first_not_of(bytes);
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

std::string_view without_back(std::string_view text, std::string_view bytes) {
  return text.substr(0, text.find_last_not_of(bytes) + 1);
}

// A number that is written as ports are.
std::optional<std::uint16_t> port_of(std::string_view digits) {
  if (digits.empty() || digits.front() == '0') return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = std::to_address(digits.end());
  const auto [rest, error] =
      std::from_chars(std::to_address(digits.begin()), end, port);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return port;
}

bool is_ip(std::string_view text, int family) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const std::string copy(text.substr(0, text.find('%')));
  return ::inet_pton(family, copy.c_str(), address.data()) == 1;
}

// What a server listens on. A name before a number is more often a file's.
bool is_host(std::string_view text) {
  constexpr std::array<std::string_view, 5> kOwn{
      "", "*", "localhost", "null", "undefined"};
  if (std::ranges::find(kOwn, text) != kOwn.end()) return true;
  if (text.starts_with('[') && text.ends_with(']')) {
    return is_ip(text.substr(1, text.size() - 2), AF_INET6);
  }
  return is_ip(text, AF_INET) || is_ip(text, AF_INET6);
}

// "0.0.0.0:3000", ":::3000", "[::1]:3000".
std::optional<std::uint16_t> port_of_address(std::string_view token) {
  token = without_back(token, ".:");
  const std::size_t colon = token.rfind(':');
  if (colon == std::string_view::npos || !is_host(token.substr(0, colon))) {
    return std::nullopt;
  }
  return port_of(token.substr(colon + 1));
}

// A line, or the part of it that has come.
struct Line {
  std::string_view text{};
  bool finished = false;
};

// Whether a number that ends here is whole.
bool is_whole(const Line& line, std::string_view behind) {
  return line.finished || !behind.empty();
}

// Right behind the words: "… in use :::3000".
std::optional<std::uint16_t> port_behind(const Line& line,
                                         std::string_view behind) {
  if (behind.starts_with(": ")) behind.remove_prefix(1);
  behind = without_front(behind.substr(0, kReach), kBlank);
  const std::string_view token =
      behind.substr(0, behind.find_first_not_of(kAddress));
  behind.remove_prefix(token.size());
  if (!is_whole(line, behind)) return std::nullopt;
  return port_of_address(token);
}

bool take_back(std::string_view& text, std::string_view words) {
  if (!text.ends_with(words)) return false;
  text.remove_suffix(words.size());
  return true;
}

// "('0.0.0.0', 8000)", and of IPv6 with two numbers more.
std::optional<std::uint16_t> port_of_tuple(std::string_view text) {
  const std::size_t open = text.rfind('(');
  if (open == std::string_view::npos) return std::nullopt;
  text.remove_prefix(open + 1);
  const std::size_t comma = text.find(',');
  if (!text.starts_with('\'') || comma == std::string_view::npos) {
    return std::nullopt;
  }
  text = without_front(text.substr(comma + 1), " ");
  return port_of(text.substr(0, text.find_first_not_of(kDigits)));
}

// Right before the words: "… :8080: bind: address already in use".
std::optional<std::uint16_t> port_before(std::string_view before) {
  if (before.size() > kReach) before.remove_prefix(before.size() - kReach);
  before = without_back(before, "Aa");  // of "Address"
  do {
    before = without_back(before, " :(-");
  } while (take_back(before, "(98") || take_back(before, "bind") ||
           take_back(before, "failed") || take_back(before, "reason"));
  if (take_back(before, ")")) return port_of_tuple(before);
  return port_of_address(before.substr(before.find_last_not_of(kAddress) + 1));
}

bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_';
}

// What is behind a word "port": 3000, ": 3000", "\":3000".
std::optional<std::uint16_t> port_behind_name(const Line& line,
                                              std::string_view behind) {
  if (behind.empty() || is_letter(behind.front())) return std::nullopt;
  behind = without_front(behind, " :=\"'\\");
  const std::string_view digits =
      behind.substr(0, behind.find_first_not_of(kDigits));
  behind.remove_prefix(digits.size());
  if (!is_whole(line, behind)) return std::nullopt;
  if (!behind.empty() && is_letter(behind.front())) return std::nullopt;
  return port_of(digits);
}

std::optional<std::uint16_t> port_by_name(const Line& line) {
  for (const std::string_view name : {"port", "Port", "PORT"}) {
    for (std::size_t at = line.text.find(name); at != std::string_view::npos;
         at = line.text.find(name, at + 1)) {
      if (at > 0 && is_letter(line.text[at - 1])) continue;
      const auto port =
          port_behind_name(line, line.text.substr(at + name.size()));
      if (port) return port;
    }
  }
  return std::nullopt;
}

// Of a line that has the words.
std::optional<std::uint16_t> port_in(const Line& line) {
  for (const std::string_view words : kWords) {
    for (std::size_t at = line.text.find(words); at != std::string_view::npos;
         at = line.text.find(words, at + 1)) {
      const auto behind =
          port_behind(line, line.text.substr(at + words.size()));
      if (behind) return behind;
      if (const auto before = port_before(line.text.substr(0, at))) {
        return before;
      }
    }
  }
  return port_by_name(line);
}

// "  port: 3000", and nothing else.
std::optional<std::uint16_t> property(const Line& line) {
  const std::string_view text = without_front(line.text, kBlank);
  if (!text.starts_with("port:") || !line.finished) return std::nullopt;
  return port_of(without_front(without_back(text, " \t\r,").substr(5), " "));
}

class Reading {
 public:
  void read(const Line& line) {
    if (has_port_words(line.text)) {
      const auto port = port_in(line);
      note(port);
      below_ = port ? 0 : kLinesBelow;
      if (!port && !line.finished) words_.rest = line.text;
      return;
    }
    if (!line.finished && ends_within_port_words(line.text)) {
      words_.rest = line.text;
    }
    if (below_ == 0) return;
    --below_;
    note(property(line));
  }

  PortWords finish() && { return std::move(words_); }

 private:
  void note(std::optional<std::uint16_t> port) {
    if (port) words_.ports.insert(*port);
  }

  PortWords words_{};
  std::size_t below_ = 0;  // lines that may have the property
};

}  // namespace

bool has_port_words(std::string_view bytes) {
  // Of all that apps log: this is what it costs.
  return std::ranges::any_of(kWords, [&](std::string_view words) {
    return ::memmem(bytes.data(), bytes.size(), words.data(), words.size()) !=
           nullptr;
  });
}

bool ends_within_port_words(std::string_view bytes) {
  return std::ranges::any_of(kWords, [&](std::string_view words) {
    for (std::size_t size = words.size() - 1; size > 0; --size) {
      if (bytes.ends_with(words.substr(0, size))) return true;
    }
    return false;
  });
}

PortWords read_port_words(std::string_view text) {
  Reading reading;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const bool finished = end != std::string_view::npos;
    reading.read({.text = text.substr(0, end), .finished = finished});
    text.remove_prefix(finished ? end + 1 : text.size());
  }
  return std::move(reading).finish();
}

}  // namespace strayd
