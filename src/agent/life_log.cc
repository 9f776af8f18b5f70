#include "life_log.h"

#include <utility>

namespace strayd {

void LifeLog::note(const ProcessEventBatch& batch) {
  if (!life_) return;
  auto& events = life_->events;
  if (batch.lost || events.size() + batch.events.size() > kMost) {
    life_.reset();
    return;
  }
  for (const ProcessEvent& event : batch.events) {
    switch (event.what) {
      case ProcessEvent::What::Forked:
        events.emplace_back(
            Life::Birth{.child = event.pid, .parent = event.parent});
        break;
      case ProcessEvent::What::Exited:
        events.emplace_back(Life::End{
            .pid = event.pid, .status = event.status.value_or(ExitStatus{})});
        break;
    }
  }
}

std::optional<Life> LifeLog::take() {
  return std::exchange(life_, Life{});
}

}  // namespace strayd
