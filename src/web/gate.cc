#include "strayd/web/gate.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "strayd/web/password.h"

namespace strayd {
namespace {

constexpr int kMaxWaiting = 8;  // of the server's threads
constexpr std::chrono::seconds kLongestWait{1};
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648 §4, padding and all.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) {
    text.remove_suffix(1);
  }
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
  }
  return bytes;
}

bool is_basic_scheme(std::string_view word) {
  return std::ranges::equal(
      word, std::string_view("basic"), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A'))
                                     : a) == b;
      });
}

}  // namespace

std::optional<Credentials> parse_basic_auth(std::string_view header) {
  const std::size_t space = header.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  if (!is_basic_scheme(header.substr(0, space))) return std::nullopt;
  const std::size_t start = header.find_first_not_of(' ', space);
  if (start == std::string_view::npos) return std::nullopt;

  const auto decoded = decode_base64(header.substr(start));
  if (!decoded || decoded->find('\0') != std::string::npos) return std::nullopt;
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{.user = decoded->substr(0, colon),
                     .password = decoded->substr(colon + 1)};
}

Gate::Gate(Users users)
    : salt_(quick_salt()), book_(make_book(std::move(users))) {}

std::shared_ptr<const Gate::Book> Gate::make_book(Users users) {
  int cost = 0;
  for (const auto& [user, hash] : users) {
    cost = std::max(cost, bcrypt_cost(hash));
  }
  return std::make_shared<const Book>(
      Book{.users = std::move(users), .nobody = bcrypt_of_nobody(cost)});
}

Admission Gate::admit(const char* authorization) {
  {
    const std::lock_guard lock(mutex_);
    if (book_->users.empty()) return Admission::Welcome;
  }
  if (authorization == nullptr) return Admission::Refused;
  const auto credentials = parse_basic_auth(authorization);
  if (!credentials) return Admission::Refused;

  const std::string digest = quick_digest(credentials->password, salt_);
  if (remembered(credentials->user, digest)) return Admission::Welcome;
  if (!take_turn()) return Admission::Busy;
  const Admission found =
      check(credentials->user, credentials->password, digest);
  end_turn();
  return found;
}

bool Gate::remembered(const std::string& user, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  const auto known = digests_.find(user);
  return known != digests_.end() && !digest.empty() &&
         equal_in_constant_time(known->second, digest);
}

Admission Gate::check(const std::string& user,
                      const std::string& password,
                      const std::string& digest) {
  // Somebody with the same password may have had the turn before.
  if (remembered(user, digest)) return Admission::Welcome;
  std::shared_ptr<const Book> book;
  {
    const std::lock_guard lock(mutex_);
    book = book_;
  }
  const auto known = book->users.find(user);
  const bool exists = known != book->users.end();
  const bool right =
      bcrypt_matches(password, exists ? known->second : book->nobody);
  if (!right || !exists) return Admission::Refused;

  const std::lock_guard lock(mutex_);
  if (book_ != book) return Admission::Refused;  // replaced while we looked
  if (!digest.empty()) digests_.insert_or_assign(user, digest);
  return Admission::Welcome;
}

bool Gate::take_turn() {
  std::unique_lock lock(mutex_);
  if (waiting_ >= kMaxWaiting) return false;
  ++waiting_;
  const bool woken = turn_over_.wait_for(
      lock, kLongestWait, [this] { return closed_ || !checking_; });
  --waiting_;
  if (!woken || closed_) return false;
  checking_ = true;
  return true;
}

void Gate::end_turn() {
  {
    const std::lock_guard lock(mutex_);
    checking_ = false;
  }
  turn_over_.notify_one();
}

void Gate::set_users(Users users) {
  std::shared_ptr<const Book> book = make_book(std::move(users));
  const std::lock_guard lock(mutex_);
  book_.swap(book);
  digests_.clear();
}

void Gate::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  turn_over_.notify_all();
}

}  // namespace strayd
