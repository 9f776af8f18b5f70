// The operator's wishes, checked and compiled.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

// A compiled pattern over bytes. RE2 only: it is linear in the text and bounded
// in memory, whatever a foreign process calls itself. Latin-1 and dot-matches-
// newline, because argv is bytes and a newline must not hide a match.
class Pattern {
 public:
  static Result<Pattern> compile(const std::string& text);

  bool matches(std::string_view bytes) const;
  const std::string& text() const;
  bool operator==(const Pattern& other) const { return text() == other.text(); }

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled);
  std::shared_ptr<const re2::RE2> compiled_;
};

// Which processes a rule means: everything that is given must hold.
struct Match {
  // Over argv, joined by single spaces.
  std::optional<Pattern> pattern{};
  // Base name of the executable, e.g. "node".
  std::optional<std::string> exe{};
  std::optional<uid_t> uid{};
  // The working directory, or one above it.
  std::optional<std::string> cwd{};
  // true: it has a controlling terminal; false: it has none.
  std::optional<bool> tty{};

  bool operator==(const Match&) const = default;
};

// What a rule lets strayd end.
enum class ReapScope { All, Leftover, None };

struct Rule {
  std::string name{};
  Match match{};
  ReapScope reap = ReapScope::All;
  std::chrono::nanoseconds grace = std::chrono::seconds{10};

  bool operator==(const Rule&) const = default;
};

struct ProtectRule {
  std::string name{};
  Match match{};

  bool operator==(const ProtectRule&) const = default;
};

// Programs of which strayd can't know what they are to their children.
struct ProgramRule {
  std::string name{};
  Match match{};

  bool operator==(const ProgramRule&) const = default;
};

enum class Mode { Observe, Enforce };

struct Limits {
  std::size_t kills_per_scan = 3;   // orphan trees
  std::size_t kills_per_hour = 10;  // orphan trees

  bool operator==(const Limits&) const = default;
};

struct Policy {
  Mode mode = Mode::Observe;
  std::chrono::nanoseconds interval = std::chrono::seconds{5};
  std::chrono::nanoseconds min_age = std::chrono::seconds{60};
  // Scans in a row that must see the same orphan.
  int confirmations = 3;
  // How old a PM2 daemon must be before its list is believed.
  std::chrono::nanoseconds settle = std::chrono::seconds{60};
  // After a PM2 was lost, strays it may have owned are held this long, and what
  // is older than its successor until that one is as old.
  std::chrono::nanoseconds loss_hold = std::chrono::minutes{10};
  std::vector<Rule> rules{};
  std::vector<ProtectRule> protect{};
  // They own what is below them.
  std::vector<ProgramRule> supervisors{};
  // They own nothing: what is below them belongs to whoever is above.
  std::vector<ProgramRule> carriers{};
  // Directories with pidfiles, besides /run and a process's own.
  std::vector<std::string> pidfiles{};
  Limits limits{};

  bool operator==(const Policy&) const = default;
};

}  // namespace strayd
