// One reader child at a time, and those that were ended and are not gone yet.
#pragma once

#include <memory>
#include <vector>

#include "strayd/core/result.h"

#include "reader_process.h"

namespace strayd {

class ReaderCrew {
 public:
  // nullptr: there is none.
  ReaderProcess* child() const { return child_.get(); }
  // Where there is none. nullptr: there are too many that will not end.
  Result<ReaderProcess*> start(const ReaderProcess::Serve& serve);
  // Ends the one that is there, if there is one.
  void retire();

 private:
  std::unique_ptr<ReaderProcess> child_{};
  // The kernel may hold one in an uninterruptible wait.
  std::vector<std::unique_ptr<ReaderProcess>> dying_{};
};

}  // namespace strayd
