#include "strayd/web/password.h"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

namespace strayd {
namespace {

// "$2b$10$" + 22 characters of salt + 31 of digest (crypt(5)).
constexpr std::size_t kBcryptSize = 60;
constexpr std::size_t kBcryptPrefix = 7;
constexpr std::string_view kCryptAlphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// Empty if libcrypt refuses.
std::string hash_with(const std::string& password, const std::string& setting) {
  if (password.find('\0') != std::string::npos) return {};
  // On the heap: 32 KiB, and the web's threads have 100 KiB of stack.
  const auto scratch = std::make_unique<crypt_data>();
  const char* hash = ::crypt_rn(password.c_str(),
                                setting.c_str(),
                                scratch.get(),
                                static_cast<int>(sizeof *scratch));
  return hash == nullptr ? std::string{} : std::string(hash);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

int bcrypt_cost(std::string_view hash) {
  if (hash.size() != kBcryptSize || !hash.starts_with("$2")) return 0;
  const bool known = hash[2] == 'a' || hash[2] == 'b' || hash[2] == 'y';
  if (!known || hash[3] != '$' || hash[6] != '$') return 0;
  if (!is_digit(hash[4]) || !is_digit(hash[5])) return 0;
  const std::string_view rest = hash.substr(kBcryptPrefix);
  if (rest.find_first_not_of(kCryptAlphabet) != std::string_view::npos) {
    return 0;
  }
  const int cost = ((hash[4] - '0') * 10) + (hash[5] - '0');
  return cost >= 4 && cost <= 31 ? cost : 0;
}

bool bcrypt_matches(const std::string& password, const std::string& hash) {
  const std::string made = hash_with(password, hash);
  return !made.empty() && equal_in_constant_time(made, hash);
}

std::string bcrypt_of_nobody(int cost) {
  return fmt::format("$2b${:02}${}",
                     std::clamp(cost, 4, kMaxBcryptCost),
                     std::string(kBcryptSize - kBcryptPrefix, '.'));
}

std::string quick_salt() {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> out{};
  constexpr unsigned long kRounds = 1000;  // the fewest there are
  const char* salt = ::crypt_gensalt_rn("$5$",
                                        kRounds,
                                        nullptr,  // the kernel's random bytes
                                        0,
                                        out.data(),
                                        static_cast<int>(out.size()));
  return salt == nullptr ? std::string{} : std::string(salt);
}

std::string quick_digest(const std::string& password, const std::string& salt) {
  return salt.empty() ? std::string{} : hash_with(password, salt);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                                        static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace strayd
