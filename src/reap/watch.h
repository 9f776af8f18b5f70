// The suspects under watch: a pidfd of each since its first sighting, and what
// it was then.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "strayd/core/process.h"

#include "tree.h"

namespace strayd {

class Watch {
 public:
  // Takes the newly seen under watch and drops who is not among them. At most
  // `room` are kept.
  void keep(const ReaperPorts& ports,
            std::span<const Process* const> seen,
            std::size_t room);

  // nullopt: it is not under watch.
  std::optional<Member> take(const ProcId& id);
  void give_back(Member member);

 private:
  std::map<ProcId, Member> members_{};
};

}  // namespace strayd
