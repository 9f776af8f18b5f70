#include "newest.h"

#include <utility>

#include "strayd/report/render.h"
#include "strayd/report/self_usage.h"
#include "strayd/sys/os.h"
#include "strayd/web/routes.h"

namespace strayd {

void Newest::publish(std::shared_ptr<const Report> report,
                     std::chrono::nanoseconds stale) {
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
  stale_ = stale;
}

bool Newest::is_fresh() const {
  const std::lock_guard lock(mutex_);
  return steady_time() < stale_;
}

std::shared_ptr<const Report> Newest::get() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

Response answer(const Request& request,
                const std::string& telemetry_path,
                const Newest& newest) {
  const std::shared_ptr<const Report> report = newest.get();
  const Report empty;
  const Report& shown = report ? *report : empty;
  const Pages pages{
      .metrics = [&] { return metrics_text(shown, self_usage()); },
      .page = [&] { return status_page(shown); },
      .status = [&] { return status_json(shown); },
      .ready = report != nullptr,
      .healthy = newest.is_fresh(),
      .telemetry_path = telemetry_path};
  return route(request, pages);
}

}  // namespace strayd
