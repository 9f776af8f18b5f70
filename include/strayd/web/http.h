// The pieces of HTTP that are ours and not CivetWeb's. Pure.
#pragma once

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/web/server.h"

namespace strayd {

// Undoes %XX, once. Empty if it does not begin with a slash, an escape is
// broken, or a NUL is in it. A plus stays a plus (that is for queries).
std::optional<std::string> decode_path(std::string_view raw);

// By the Accept-Encoding header (RFC 9110 §12.5.3); null if there is none.
bool accepts_gzip(const char* accept_encoding);

// Empty if there is no memory for it.
std::optional<std::string> gzip(std::string_view text);

// What the head says besides the response itself.
struct Wire {
  std::string reason{};  // "OK"
  std::time_t now = 0;
  std::size_t length = 0;  // of the body as sent
  bool compressed = false;
};

// From the status line to the empty line. A 401 asks for a password, a 405
// names the methods, a 503 asks for patience; HTML may load and run nothing;
// and no other site may read along (no CORS headers).
std::string response_head(const Response& response, const Wire& wire);

}  // namespace strayd
