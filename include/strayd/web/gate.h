// Who may read: HTTP basic authentication (RFC 7617) against bcrypt hashes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/web/server.h"

namespace strayd {

enum class Admission : std::uint8_t {
  Welcome,
  Refused,  // 401
  Busy      // 503: too many passwords wait to be checked
};

// A bcrypt check costs 50 ms and more of a core, on purpose. So a password that
// was right is remembered as a salted SHA-256-crypt digest (0.4 ms), at most
// one per user, and the others are checked one at a time with few waiting:
// guessing takes one core at most, and never the threads of a scraper whose
// password is known already. What is refused costs the same whether or not the
// user exists. All members may be called from any thread.
class Gate {
 public:
  explicit Gate(Users users);

  // `authorization` is the header's value; null if there is none.
  Admission admit(const char* authorization);

  // The new users; what was remembered is forgotten.
  void set_users(Users users);

  // Lets nobody wait any more: for the end of the server.
  void close();

 private:
  struct Book {
    Users users{};
    std::string nobody{};  // a hash that no password has, as costly as theirs
  };
  static std::shared_ptr<const Book> make_book(Users users);

  bool remembered(const std::string& user, const std::string& digest);
  Admission check(const std::string& user,
                  const std::string& password,
                  const std::string& digest);
  bool take_turn();
  void end_turn();

  std::string salt_;  // of the digests; new in every process
  std::mutex mutex_;  // for everything below
  std::condition_variable turn_over_;
  std::shared_ptr<const Book> book_;
  std::map<std::string, std::string> digests_;  // user -> of the right password
  int waiting_ = 0;
  bool checking_ = false;
  bool closed_ = false;
};

struct Credentials {
  std::string user{};
  std::string password{};

  bool operator==(const Credentials&) const = default;
};

// "Basic dXNlcjpwYXNz". Empty if it is not exactly that, or holds a NUL.
std::optional<Credentials> parse_basic_auth(std::string_view header);

}  // namespace strayd
