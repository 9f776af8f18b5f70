// Makes the report of each scan: all that anybody is told comes from there.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "strayd/core/plan.h"
#include "strayd/core/report.h"
#include "strayd/proc/features.h"

#include "app_watch.h"
#include "hand.h"
#include "look.h"
#include "terms.h"

namespace strayd {

class Reporter {
 public:
  // Borrows all of them. `features`: what this host lets strayd do.
  // `records_unix_ms`: as in Report.
  Reporter(std::vector<Feature> features,
           const Terms& terms,
           const AppWatch& apps,
           Hand& hand,
           std::optional<std::int64_t> records_unix_ms);

  // A scan that judged. `ledger`: the restarts as they are counted now.
  void tell(const Seen& seen, const Plan& plan, std::chrono::nanoseconds took);
  // One that failed: nothing is known of anybody.
  void tell_failure(const Error& why, std::chrono::nanoseconds took);
  // Between two scans: the mode, the breaker, what is available.
  void describe_anew();
  void note_reload(bool successful);

  const std::shared_ptr<const Report>& newest() const { return newest_; }
  // The newest with what became known since it was made.
  std::shared_ptr<const Report> latest() const;

 private:
  Report begun() const;
  void look_at_rules(const Seen& seen);
  void describe(Report& report) const;
  std::vector<Unseen> not_seen(const Seen& seen, const Plan& plan) const;
  std::vector<Pm2View> told_homes(const Seen& seen) const;
  void add_apps(Report& report) const;
  void finish(Report report, std::chrono::nanoseconds took);

  std::vector<Feature> features_;
  const Terms& terms_;
  const AppWatch& apps_;
  Hand& hand_;
  std::set<ProcId> known_orphans_{};  // of the scan before
  std::vector<IdleRule> idle_rules_{};
  std::chrono::nanoseconds rules_due_{};  // steady_time()
  std::shared_ptr<const Report> newest_;
};

}  // namespace strayd
