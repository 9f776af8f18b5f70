// Bytes as printable ASCII, without loss.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strayd {

// What is not printable ASCII, and '%', becomes %XX.
std::string percent_encoded(std::string_view bytes);

// Only what percent_encoded() can have made: nullopt for anything else.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace strayd
