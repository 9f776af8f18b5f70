// Which app an orphan that holds a connection to a far end belongs to.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "app_scene.h"

namespace strayd {

class Attribution {
 public:
  // Borrows the scene. `memory` knows who talked to which far end.
  Attribution(const AppScene& scene, const AppsMemory& memory);

  // An orphan with a cookie belongs to the app that it names, or to none if
  // that is not listed. To a stray applies what an operator would guess by:
  // the only app that talks, or talked, to that far end; else the only one,
  // among those or among all, that runs in the stray's working directory.
  // nullopt: no such app.
  std::optional<std::size_t> app_of(const Process& orphan,
                                    std::size_t remote) const;

 private:
  using Apps = std::set<std::size_t>;

  void index_talkers(const AppsMemory& memory);
  void index_directories();
  const Apps& working_in(std::string_view directory) const;

  const AppScene& scene_;
  std::vector<Apps> talkers_;  // by remote
  std::map<std::string_view, Apps> by_directory_{};
};

}  // namespace strayd
