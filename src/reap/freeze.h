// Stops a condemned tree until nothing in it moves, and lets it go again.
//
// Ending a parent cuts the links to its children; stopping it keeps them. So a
// tree that may still fork is stopped first, parents before children, and
// looked at until two passes in a row find nobody new and everybody still.
// What is found on the way is stopped before it is judged: a stop is undone, a
// kill is not, and only a tree that stands still shows a whole picture.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "kin.h"
#include "tree.h"

namespace strayd {

class Freeze {
 public:
  // `promises` are written for each newly found member before it is stopped.
  Freeze(const ReaperPorts& ports, Tree& tree, std::span<const Step> promises);
  Freeze(const Freeze&) = delete;
  Freeze& operator=(const Freeze&) = delete;
  // Continues, parents first, whatever it has stopped itself and still lives.
  ~Freeze();

  // Stands still, was looked at, and nothing speaks against a signal now. The
  // members then include everything that lives below them.
  std::optional<Veto> stand_still();

 private:
  std::optional<Veto> stop(Member& member);
  std::optional<Veto> stop_all_known();
  std::optional<Veto> freeze();
  std::optional<Veto> adopt(const std::vector<Kin>& table, bool& grown);
  std::vector<Kin> newborns(const std::vector<Kin>& table) const;
  bool all_still(const std::vector<Kin>& table) const;
  std::optional<Veto> out_of_bounds() const;

  const ReaperPorts& ports_;
  Tree& tree_;
  std::span<const Step> promises_;
  std::vector<ProcId> stopped_{};
  std::chrono::nanoseconds deadline_{};
  int growths_ = 0;  // passes that found somebody new
};

}  // namespace strayd
