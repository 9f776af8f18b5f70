// A daemon's bytes, in pieces whose size the input's first byte decides: the
// outcome must not depend on how they are cut, and no more is held than came.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "strayd/pm2/wire.h"

namespace {

constexpr std::size_t kLimit = std::size_t{64} * 1024;

bool is_whole(const strayd::Result<strayd::Progress>& progress) {
  return progress == strayd::Progress::Whole;
}

strayd::Result<strayd::Progress> feed(strayd::Pm2ReplyDecoder& decoder,
                                      std::string_view bytes,
                                      std::size_t piece) {
  strayd::Result<strayd::Progress> progress = strayd::Progress::Partial;
  while (!bytes.empty() && progress) {
    progress = decoder.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  return progress;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  strayd::Pm2ReplyDecoder at_once(kLimit);
  strayd::Pm2ReplyDecoder in_pieces(kLimit);
  const auto whole = feed(at_once, bytes, bytes.size() + 1);
  const auto pieces = feed(in_pieces, bytes, (std::size_t{data[0]} % 32) + 1);
  if (whole.has_value() != pieces.has_value()) std::abort();
  if (is_whole(whole) != is_whole(pieces)) std::abort();
  if (at_once.size() > std::min(bytes.size(), kLimit + 1)) std::abort();
  if (is_whole(whole) && at_once.json() != in_pieces.json()) std::abort();
  return 0;
}
