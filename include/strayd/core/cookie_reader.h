// Cookies of one moment's processes, also of those whose PM2 was given its home
// as a relative path: PM2 hands that on as it is.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "strayd/core/cookie.h"
#include "strayd/core/process.h"
#include "strayd/core/supervisor.h"

namespace strayd {

class CookieReader {
 public:
  // The homes that are known are those of the God Daemons of the snapshot, and
  // those that are asked.
  CookieReader(const Snapshot& snapshot, std::span<const Pm2View> asked);

  // NoCookie where the environment could not be read.
  CookieReading read(const Process& process) const;

 private:
  // A title's text and its daemon's user.
  using Title = std::pair<std::string, uid_t>;

  void index_daemons(const Snapshot& snapshot);
  std::optional<std::string> home_of(const Process& process,
                                     const std::string& text) const;
  std::optional<std::string> only_daemon_of(const Title& title) const;

  // By each of their paths, the one that stands for all.
  std::map<std::string, std::string> known_{};
  // nullopt: where the daemon works is not known.
  std::map<Title, std::set<std::optional<std::string>>> titled_{};
};

}  // namespace strayd
