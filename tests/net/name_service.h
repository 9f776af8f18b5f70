// The name services of a network of the test's own: a name server on the
// loopback, and the files in /etc, as the test wants them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "strayd/core/sockets.h"
#include "strayd/sys/fd.h"

#include "support/temp_dir.h"

namespace strayd::test {

// In a mount namespace of its own: what it puts over /etc is seen there only.
class EtcFiles {
 public:
  EtcFiles();  // no hosts; names are asked of 127.0.0.1

  void hosts(const std::string& text);
  // A file whose open never comes back.
  void block_hosts();

 private:
  void put(const std::string& name, const std::string& text);
  void cover(const std::string& name);

  TempDir dir_;
};

// Answers any question about IPv4 addresses.
class NameServer {
 public:
  enum class Mood {
    Answers,
    Refuses,  // "no such name"
    Silent
  };

  NameServer();
  NameServer(NameServer&&) = delete;
  NameServer& operator=(NameServer&&) = delete;
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer();

  void set(Mood mood, std::vector<IpAddress> addresses = {});

 private:
  void serve();
  std::string answer_to(const std::string& question) const;

  UniqueFd socket_;
  UniqueFd stop_read_;
  UniqueFd stop_write_;
  mutable std::mutex mutex_;
  Mood mood_ = Mood::Answers;
  std::vector<IpAddress> addresses_;
  std::thread thread_;
};

}  // namespace strayd::test
