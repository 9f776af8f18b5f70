// A home with a real unix socket in it, and a thread that listens there and
// behaves as badly as a test wants.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "strayd/sys/fd.h"

namespace strayd::test {

// A directory that goes away with everything in it.
class TempHome {
 public:
  TempHome();
  TempHome(const TempHome&) = delete;
  TempHome& operator=(const TempHome&) = delete;
  ~TempHome();

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const;

 private:
  std::string path_;
};

// Binds `home`/rpc.sock, however long that path is, and listens. Closing it
// leaves the file, as a killed daemon does.
UniqueFd listen_in(const std::string& home,
                   int backlog = 16,
                   std::string_view file = "rpc.sock");

// One accepted connection, as the daemon's thread sees it. Nothing here blocks
// for longer than the fake daemon lives.
class Client {
 public:
  Client(int fd, int stop) : fd_(fd), stop_(stop) {}

  std::string read_request();         // until it has the fixed request's size
  bool send(std::string_view bytes);  // false: the client is gone
  void wait_until_gone();
  // Nothing more comes from the client, its end included, for this long.
  bool stays_quiet(int ms);
  bool still_there_after(int ms);

 private:
  bool wait_for(short events);

  int fd_;
  int stop_;
};

class FakeDaemon {
 public:
  using Behaviour = std::function<void(Client&)>;

  FakeDaemon(const std::string& home, Behaviour behaviour);
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;
  ~FakeDaemon();

  int accepted() const { return accepted_; }

 private:
  void serve();

  UniqueFd listener_;
  UniqueFd stop_;
  Behaviour behaviour_;
  std::atomic<int> accepted_{0};
  std::jthread thread_;
};

// Behaviours.
FakeDaemon::Behaviour answers(std::string frame);
FakeDaemon::Behaviour reads_and_hangs();

}  // namespace strayd::test
