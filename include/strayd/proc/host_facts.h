// Reads what files of the host say of who owns a process (core/host_facts.h).
//
// Such a file may be on a mount that never answers. So all of them are looked
// at in a forked helper, which is ended where it makes no progress in time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "strayd/core/host_facts.h"
#include "strayd/core/result.h"

namespace strayd {

struct HostFactsOptions {
  // Where systemd keeps what is true of this boot alone. Pidfiles are looked
  // for in its subdirectories, too.
  std::string run = "/run";
  // For the whole of one directory, or one unit.
  std::chrono::milliseconds timeout{500};
};

class HostFactsReader {
 public:
  explicit HostFactsReader(HostFactsOptions options = {});
  HostFactsReader(HostFactsReader&&) noexcept;
  HostFactsReader& operator=(HostFactsReader&&) noexcept;
  HostFactsReader(const HostFactsReader&) = delete;
  HostFactsReader& operator=(const HostFactsReader&) = delete;
  ~HostFactsReader();

  // A pidfile is a regular file *.pid of at most 64 bytes that holds one
  // decimal number. A directory that is not there has none; one with more than
  // 4096 entries is TooLong. One that may not be read, or has a pidfile that
  // may not, makes it Denied; but what may not be read of a subdirectory of
  // /run is passed over.
  //
  // A unit does not run where systemd keeps no invocation of it; where systemd
  // keeps none of any unit, that is not known.
  //
  // What did not answer in time is Blocked, and is not asked again for a
  // minute. Fails where no helper can be started, or where we are short of
  // something.
  Result<HostFacts> read(const HostQuestions& questions);

  // Where each directory really is, whatever links and slashes its path has.
  // One that is not there, or does not answer, is left out.
  std::map<std::string, std::string> resolve(
      std::span<const std::string> directories);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
