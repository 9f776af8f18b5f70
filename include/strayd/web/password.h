// Password hashes, through libcrypt (crypt(5) names the formats).
#pragma once

#include <string>
#include <string_view>

namespace strayd {

// A check at this cost takes about a second, which is as long as strayd may
// take to end; each step further doubles it.
inline constexpr int kMaxBcryptCost = 14;

// The cost, 4 to 31, if it is a whole bcrypt hash ($2a$, $2b$ or $2y$), else 0.
int bcrypt_cost(std::string_view hash);

// Takes the same time wherever the difference is. A password of more than 511
// bytes or with a NUL matches nothing; bcrypt itself looks at 72 bytes.
bool bcrypt_matches(const std::string& password, const std::string& hash);

// A hash of this cost that no known password has.
std::string bcrypt_of_nobody(int cost);

// A fresh salt for quick_digest; empty if the system has no random bytes.
std::string quick_salt();

// SHA-256-crypt, 1000 rounds. Empty if it cannot be made.
std::string quick_digest(const std::string& password, const std::string& salt);

// Compares without telling by its time where the difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace strayd
