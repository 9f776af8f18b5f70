// A lock between processes, by flock(2) on a file of its own: the file that it
// guards is renamed by whoever holds it.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

class FileLock {
 public:
  // Held while it lives. Borrows its FileLock.
  class Held {
   public:
    explicit Held(int fd) noexcept : fd_(fd) {}
    Held(Held&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Held& operator=(Held&&) = delete;
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held();

   private:
    int fd_;
  };

  FileLock(std::string path, std::chrono::milliseconds patience)
      : path_(std::move(path)), patience_(patience) {}

  // Waits no longer than that: a holder that was stopped must not stop us.
  Result<Held> lock();

 private:
  Result<void> open_file();
  Result<bool> still_there() const;

  std::string path_;
  std::chrono::milliseconds patience_;
  UniqueFd fd_{};
};

}  // namespace strayd
