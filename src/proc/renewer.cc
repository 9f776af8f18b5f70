#include "renewer.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "facts.h"
#include "files.h"
#include "pass.h"

namespace strayd {
namespace {

// A process that has just been forked goes on to execute a program, to write a
// title or to become another user.
constexpr std::uint64_t kYoung = 3;  // renewals
constexpr std::chrono::minutes kYouth{1};
// Everything of a process with details, so often.
constexpr std::uint64_t kDetailsEvery = 12;

enum class Due { Nothing, Numbers, Everything };

bool is_turn(const ProcId& id, std::uint64_t round, std::uint64_t every) {
  return every <= 1 ||
         (static_cast<std::uint64_t>(id.pid) + round) % every == 0;
}

template <typename Fact>
bool is_unsettled(const Observed<Fact>& fact) {
  return !fact && fact.error() != Unread::Denied &&
         fact.error() != Unread::TooLong;
}

bool contains(std::span<const ProcId> ascending, const ProcId& id) {
  return std::ranges::binary_search(ascending, id);
}

std::vector<ProcId> sorted(std::span<const ProcId> ids) {
  std::vector<ProcId> all{ids.begin(), ids.end()};
  std::ranges::sort(all);
  return all;
}

}  // namespace

class Renewer::Round {
 public:
  Round(Renewer& of,
        Snapshot known,
        const Procfs::Select& details_for,
        const Renewal& how)
      : of_(of),
        details_for_(details_for),
        how_(how),
        whole_(sorted(how.whole)),
        numbers_(sorted(how.numbers)),
        pass_(of.root_, *of.reader_, std::move(known)) {}

  Result<void> run();
  Snapshot finish() && { return std::move(pass_).finish(); }

 private:
  std::vector<Process>& processes() { return pass_.snapshot().processes; }

  void drop_unlisted();
  void collect_due();
  Due due(const Process& process, const Mark& mark) const;
  static bool is_new(const Mark& mark) { return mark.first == 0; }
  bool is_read(const ProcId& id);

  Result<void> read_newcomers();
  Result<void> read_numbers(const std::vector<ProcId>& ids);
  Result<void> read_everything(const std::vector<ProcId>& ids);
  // Reads those whose parent has gone or exited, which have another by now.
  Result<void> heal_parents();
  std::vector<ProcId> parted();
  Result<void> read_details();
  std::vector<ProcId> stale(const std::vector<ProcId>& wanted);
  void forget_unwanted(const std::vector<ProcId>& wanted);

  Result<void> look_at(Process& process);
  Result<void> see_again(Process& process);
  void note(const ProcId& id);
  void drop(const Process& process, Presence sight);
  void erase_dropped();

  Renewer& of_;
  const Procfs::Select& details_for_;
  const Renewal& how_;
  std::vector<ProcId> whole_;
  std::vector<ProcId> numbers_;
  Pass pass_;
  std::vector<ProcId> due_numbers_{};
  std::vector<ProcId> due_everything_{};
  std::set<ProcId> dropped_{};
};

// Ended between two renewals.
void Renewer::Round::drop_unlisted() {
  const std::span<const ListedPid> listed = of_.listing_.all();
  auto name = listed.begin();
  std::erase_if(processes(), [&](const Process& process) {
    while (name != listed.end() && name->pid < process.id.pid) ++name;
    return name == listed.end() || name->pid != process.id.pid;
  });
}

Due Renewer::Round::due(const Process& process, const Mark& mark) const {
  const std::uint64_t round = of_.rounds_;
  const ProcId& id = process.id;
  if (is_new(mark) || contains(whole_, id)) return Due::Everything;
  if (is_unsettled(process.argv) || is_unsettled(process.uid)) {
    return Due::Everything;
  }
  if (is_turn(id, round, how_.everything_every)) return Due::Everything;
  const std::uint64_t age = round - mark.first;
  const bool young =
      age <= kYoung && pass_.snapshot().taken - process.started < kYouth;
  if (young && age == kYoung) return Due::Everything;
  if (has_details(process)) {
    return is_turn(id, round, kDetailsEvery) ? Due::Everything : Due::Numbers;
  }
  const bool blind = mark.listed.glimpse == 0;
  const bool asked =
      contains(numbers_, id) ||
      (blind && (young || is_turn(id, round, how_.numbers_every)));
  return asked ? Due::Numbers : Due::Nothing;
}

void Renewer::Round::collect_due() {
  const std::span<const Mark> marks = of_.marks_.all();
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Process& process = processes()[i];
    switch (due(process, marks[i])) {
      case Due::Nothing:
        break;
      case Due::Numbers:
        due_numbers_.push_back(process.id);
        break;
      case Due::Everything:
        due_everything_.push_back(process.id);
        break;
    }
  }
}

bool Renewer::Round::is_read(const ProcId& id) {
  const Mark* const mark = of_.marks_.find(id.pid);
  return mark != nullptr && mark->last == of_.rounds_;
}

void Renewer::Round::note(const ProcId& id) {
  Mark* const mark = of_.marks_.find(id.pid);
  if (mark == nullptr) return;
  if (is_new(*mark)) mark->first = of_.rounds_;
  mark->id = id;
  mark->last = of_.rounds_;
}

void Renewer::Round::drop(const Process& process, Presence sight) {
  Snapshot& snapshot = pass_.snapshot();
  const Mark* const mark = of_.marks_.find(process.id.pid);
  const bool had_ended = mark != nullptr && mark->listed.is_remembered();
  if (sight == Presence::Refused) ++snapshot.unreadable;
  if (sight == Presence::Vanished && !had_ended) ++snapshot.vanished;
  dropped_.insert(process.id);
}

void Renewer::Round::erase_dropped() {
  if (dropped_.empty()) return;
  std::erase_if(processes(), [&](const Process& process) {
    return dropped_.contains(process.id);
  });
  dropped_.clear();
}

// Everything where its numbers show that it is not as it was.
Result<void> Renewer::Round::look_at(Process& process) {
  const pid_t pid = process.id.pid;
  Result<StatReading> reading =
      read_stat(of_.root_, pid_file(pid, "stat"), pid);
  if (!reading) return std::unexpected(reading.error());
  if (reading->sight != Presence::Seen) {
    drop(process, reading->sight);
    return {};
  }
  ProcStat& stat = reading->stat;
  const bool had_memory = has_memory(process);
  const bool same = stat.id == process.id &&
                    stat.argv_at == process.argv_at.value_or(0) &&
                    stat.comm == process.comm;
  if (same) {
    take_stat(process, std::move(stat));
    note(process.id);
  }
  if (!same || had_memory != has_memory(process)) {
    due_everything_.push_back(process.id);
  }
  return {};
}

Result<void> Renewer::Round::read_numbers(const std::vector<ProcId>& ids) {
  for (const ProcId& id : ids) {
    Process* const process = pass_.find(id);
    if (process == nullptr) continue;
    Result<void> looked = look_at(*process);
    if (!looked) return looked;
  }
  erase_dropped();
  return {};
}

// Stands in for another process where its pid is another's by now.
Result<void> Renewer::Round::see_again(Process& process) {
  Result<Sighting> seen = sight_process(of_.root_, process.id.pid);
  if (!seen) return std::unexpected(seen.error());
  if (seen->sight != Presence::Seen) {
    drop(process, seen->sight);
    return {};
  }
  process = std::move(seen->process);
  note(process.id);
  return {};
}

Result<void> Renewer::Round::read_everything(const std::vector<ProcId>& ids) {
  std::vector<ProcId> seen;
  seen.reserve(ids.size());
  for (const ProcId& id : ids) {
    Process* const process = pass_.find(id);
    if (process == nullptr) continue;
    Result<void> again = see_again(*process);
    if (!again) return again;
    if (dropped_.contains(id)) continue;
    seen.push_back(process->id);
    of_.marks_.find(id.pid)->whole = of_.rounds_;
  }
  erase_dropped();
  return pass_.read_argv(seen);
}

Result<void> Renewer::Round::read_newcomers() {
  const std::vector<ListedPid> unknown =
      of_.marks_.unmarked(of_.listing_.all());
  if (unknown.empty()) return {};
  const auto known = static_cast<std::ptrdiff_t>(processes().size());
  std::vector<ProcId> seen;
  for (const ListedPid& listed : unknown) {
    Result<Sighting> sighting = sight_process(of_.root_, listed.pid);
    if (!sighting) return std::unexpected(sighting.error());
    Process& process = sighting->process;
    if (sighting->sight != Presence::Seen) {
      drop({.id = {.pid = listed.pid}}, sighting->sight);
      continue;
    }
    of_.marks_.add({.id = process.id, .listed = listed});
    note(process.id);
    of_.marks_.find(listed.pid)->whole = of_.rounds_;
    seen.push_back(process.id);
    processes().push_back(std::move(process));
  }
  dropped_.clear();
  std::ranges::inplace_merge(
      processes(), processes().begin() + known, {}, &Process::id);
  return pass_.read_argv(seen);
}

std::vector<ProcId> Renewer::Round::parted() {
  std::vector<ProcId> living;
  living.reserve(processes().size());
  for (const Process& process : processes()) {
    if (!is_dead(process)) living.push_back(process.id);
  }
  const auto lives = [&](const Process& process) {
    const auto parent =
        std::ranges::lower_bound(living, process.parent, {}, &ProcId::pid);
    return parent != living.end() && parent->pid == process.parent &&
           parent->start_ticks <= process.id.start_ticks;
  };
  std::vector<ProcId> found;
  for (const Process& process : processes()) {
    if (process.parent == 0 || lives(process)) continue;
    if (!is_read(process.id)) found.push_back(process.id);
  }
  return found;
}

Result<void> Renewer::Round::heal_parents() {
  for (;;) {
    const std::vector<ProcId> ids = parted();
    if (ids.empty()) return {};
    Result<void> done = read_numbers(ids);
    if (done) done = read_everything(std::exchange(due_everything_, {}));
    if (!done) return done;
  }
}

// What is wanted for the first time may be old in all it says; and its parent,
// once known, may have a parent that is wanted too.
std::vector<ProcId> Renewer::Round::stale(const std::vector<ProcId>& wanted) {
  std::vector<ProcId> found;
  for (const ProcId& id : wanted) {
    const Process* const process = pass_.find(id);
    if (process == nullptr || has_details(*process)) continue;
    const Mark* const mark = of_.marks_.find(id.pid);
    if (mark == nullptr || mark->whole == of_.rounds_) continue;
    found.push_back(id);
  }
  return found;
}

void Renewer::Round::forget_unwanted(const std::vector<ProcId>& wanted) {
  for (Process& process : processes()) {
    if (has_details(process) && !contains(wanted, process.id)) {
      forget_details(process);
    }
  }
}

Result<void> Renewer::Round::read_details() {
  std::vector<ProcId> wanted;
  for (;;) {
    if (details_for_) wanted = sorted(details_for_(pass_.snapshot()));
    const std::vector<ProcId> old = stale(wanted);
    if (old.empty()) break;
    Result<void> done = read_everything(old);
    if (done) done = heal_parents();
    if (!done) return done;
  }
  std::vector<ProcId> missing;
  for (const ProcId& id : wanted) {
    const Process* const process = pass_.find(id);
    if (process != nullptr && !has_details(*process)) missing.push_back(id);
  }
  forget_unwanted(wanted);
  return pass_.read_details(missing);
}

Result<void> Renewer::Round::run() {
  drop_unlisted();
  of_.marks_.match(processes(), of_.listing_.all());
  collect_due();
  Result<void> done = read_newcomers();
  if (done) done = read_numbers(due_numbers_);
  if (done) done = read_everything(std::exchange(due_everything_, {}));
  if (done) done = heal_parents();
  if (done) done = read_details();
  return done;
}

Result<void> Renewer::renew(Snapshot& known,
                            const Procfs::Select& details_for,
                            const Renewal& how,
                            TaskTable* table) {
  ++rounds_;
  table_error_.reset();
  if (table != nullptr) {
    const Result<void> listed = listing_.read(*table, known.processes);
    if (!listed) table_error_ = listed.error();
  }
  Result<void> done;
  if (table == nullptr || table_error_) done = listing_.read(root_);
  if (!done) {
    known = {};
    return done;
  }
  Round round{*this, std::exchange(known, {}), details_for, how};
  done = round.run();
  if (done) known = std::move(round).finish();
  return done;
}

}  // namespace strayd
