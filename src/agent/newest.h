// The newest report, for the web's threads.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "strayd/core/report.h"
#include "strayd/web/server.h"

namespace strayd {

// Thread-safe.
class Newest {
 public:
  // `stale`: when it is too old to call the agent well; steady_time().
  void publish(std::shared_ptr<const Report> report,
               std::chrono::nanoseconds stale);
  bool is_fresh() const;
  std::shared_ptr<const Report> get() const;  // null before the first

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Report> report_;
  // None is due yet.
  std::chrono::nanoseconds stale_ = std::chrono::nanoseconds::max();
};

Response answer(const Request& request,
                const std::string& telemetry_path,
                const Newest& newest);

}  // namespace strayd
