#include "reader_crew.h"

#include <chrono>
#include <cstddef>
#include <utility>

namespace strayd {
namespace {

using namespace std::chrono_literals;

// Children that SIGKILL did not end yet. With so many there is no point in
// another.
constexpr std::size_t kMostDying = 4;

}  // namespace

Result<ReaderProcess*> ReaderCrew::start(const ReaderProcess::Serve& serve) {
  std::erase_if(dying_, [](const std::unique_ptr<ReaderProcess>& process) {
    return process->ended(0ms);
  });
  if (dying_.size() >= kMostDying) return nullptr;
  Result<std::unique_ptr<ReaderProcess>> started = ReaderProcess::start(serve);
  if (!started) return std::unexpected(started.error());
  child_ = *std::move(started);
  return child_.get();
}

void ReaderCrew::retire() {
  if (!child_) return;
  child_->kill();
  if (!child_->ended(100ms)) dying_.push_back(std::move(child_));
  child_.reset();
}

}  // namespace strayd
