#include "strayd/web/http.h"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace strayd {
namespace {

// -1 if the two characters are no hexadecimal number.
int hex_byte(std::string_view two) {
  int value = -1;
  const char* begin = two.data();
  const char* end = begin + two.size();
  const auto [stop, error] = std::from_chars(begin, end, value, 16);
  return error == std::errc{} && stop == end && value >= 0 ? value : -1;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char left, unsigned char right) {
    return std::tolower(left) == std::tolower(right);
  });
}

// "q=0", "q=0.000": the one weight that means "not this one".
bool is_refusal(std::string_view parameter) {
  if (!equal_ignoring_case(parameter.substr(0, 2), "q=")) return false;
  const std::string_view weight = trim(parameter.substr(2));
  return weight.starts_with('0') &&
         weight.find_first_of("123456789") == std::string_view::npos;
}

// One element of Accept-Encoding: "gzip", "gzip;q=0.5", "*;q=0".
bool element_accepts_gzip(std::string_view element) {
  const std::size_t semicolon = element.find(';');
  const std::string_view coding = trim(element.substr(0, semicolon));
  if (!equal_ignoring_case(coding, "gzip") &&
      !equal_ignoring_case(coding, "x-gzip")) {
    return false;
  }
  return semicolon == std::string_view::npos ||
         !is_refusal(trim(element.substr(semicolon + 1)));
}

class Deflater {
 public:
  // 15 + 16: the largest window, and a gzip frame around it (zlib.h). The
  // quickest level: an exposition shrinks to a tenth with any of them.
  Deflater()
      : ready_(::deflateInit2(&stream_,
                              Z_BEST_SPEED,
                              Z_DEFLATED,
                              15 + 16,
                              8,
                              Z_DEFAULT_STRATEGY) == Z_OK) {}
  Deflater(const Deflater&) = delete;
  Deflater(Deflater&&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  Deflater& operator=(Deflater&&) = delete;
  ~Deflater() {
    if (ready_) ::deflateEnd(&stream_);
  }

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};  // before ready_, which sets it up
  bool ready_ = false;
};

}  // namespace

std::optional<std::string> decode_path(std::string_view raw) {
  if (!raw.starts_with('/')) return std::nullopt;
  std::string path;
  path.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    int byte = static_cast<unsigned char>(raw[i]);
    if (raw[i] == '%') {
      if (raw.size() - i < 3) return std::nullopt;
      byte = hex_byte(raw.substr(i + 1, 2));
      i += 2;
    }
    if (byte <= 0) return std::nullopt;
    path += static_cast<char>(byte);
  }
  return path;
}

bool accepts_gzip(const char* accept_encoding) {
  if (accept_encoding == nullptr) return false;
  std::string_view rest = accept_encoding;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    if (element_accepts_gzip(rest.substr(0, comma))) return true;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return false;
}

std::optional<std::string> gzip(std::string_view text) {
  Deflater deflater;
  if (!deflater.ready()) return std::nullopt;
  z_stream& stream = deflater.stream();
  std::string out(::deflateBound(&stream, text.size()), '\0');
  std::string in(text);  // zlib's input pointer is not const
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
  out.resize(stream.total_out);
  return out;
}

std::string response_head(const Response& response, const Wire& wire) {
  std::string head;
  auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status, wire.reason);
  // RFC 9110 §5.6.7; fmt writes the C locale's names.
  fmt::format_to(
      out, "Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(wire.now));
  fmt::format_to(out, "Content-Type: {}\r\n", response.content_type);
  fmt::format_to(out, "Content-Length: {}\r\n", wire.length);
  head +=
      "Connection: close\r\n"
      "Cache-Control: no-store\r\n"
      "Vary: Accept-Encoding\r\n"
      "X-Content-Type-Options: nosniff\r\n";
  if (wire.compressed) head += "Content-Encoding: gzip\r\n";
  if (response.content_type.starts_with("text/html")) {
    head +=
        "Content-Security-Policy: default-src 'none'; "
        "style-src 'unsafe-inline'\r\n";
  }
  if (response.status == 401) {
    head += "WWW-Authenticate: Basic realm=\"strayd\", charset=\"UTF-8\"\r\n";
  }
  if (response.status == 405) head += "Allow: GET, HEAD\r\n";
  if (response.status == 503) head += "Retry-After: 1\r\n";
  return head += "\r\n";
}

}  // namespace strayd
