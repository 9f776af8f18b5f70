#include "strayd/report/audit.h"

#include <unistd.h>

#include <utility>

#include "strayd/report/audit_reader.h"
#include "strayd/sys/os.h"

#include "audit_file.h"
#include "audit_line.h"
#include "audit_verdicts.h"
#include "process_start.h"

namespace strayd {
namespace {

using Purpose = AuditFile::Purpose;

// Another strayd that lives accounts for its intents itself. One that can't be
// looked at may live.
bool another_lives(const OpenIntents::Entry& entry, const AuditWriter& self) {
  if (entry.subject.boot_id != self.boot_id) return false;
  if (entry.writer == self.id) return false;
  const Result<std::uint64_t> ticks = start_ticks_of(entry.writer.pid);
  if (!ticks) return ticks.error().fault != Fault::NotFound;
  return *ticks == entry.writer.start_ticks;
}

}  // namespace

struct Audit::Impl {
  AuditFile file;
  Told told{};
  std::size_t damaged = 0;
};

Audit::Audit(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Audit::Audit(Audit&&) noexcept = default;
Audit& Audit::operator=(Audit&&) noexcept = default;
Audit::~Audit() = default;

Result<Audit> Audit::open(AuditOptions options, std::string boot_id) {
  const pid_t pid = ::getpid();
  const Result<std::uint64_t> ticks = start_ticks_of(pid);
  if (!ticks) return std::unexpected(ticks.error());
  Result<AuditFile> file =
      AuditFile::open(std::move(options),
                      {.id = {.pid = pid, .start_ticks = *ticks},
                       .boot_id = std::move(boot_id)});
  if (!file) return std::unexpected(file.error());
  return Audit(std::make_unique<Impl>(Impl{.file = std::move(*file)}));
}

Result<void> Audit::intend(std::span<const Intent> intents) {
  const BootTime now = boot_time();
  std::vector<Fields> lines;
  lines.reserve(intents.size());
  for (const Intent& intent : intents) {
    lines.push_back(intent_fields(intent, now));
  }
  return impl_->file.append(lines, Purpose::Promise);
}

Result<void> Audit::outcome(const std::string& reap, const Reaped& reaped) {
  return impl_->file.append_one(outcome_fields(reap, reaped), Purpose::Account);
}

Result<void> Audit::note(const std::string& event, const std::string& text) {
  return impl_->file.append_one(note_fields(event, text), Purpose::News);
}

Result<void> Audit::verdicts(const Report& report) {
  News news = news_of(report, impl_->told);
  Result<void> written = impl_->file.append(news.lines, Purpose::News);
  // What could not be written is news again in the next report.
  if (written) impl_->told = std::move(news.told);
  return written;
}

Result<std::vector<Unresolved>> Audit::unresolved() const {
  const Result<OpenIntents> intents = impl_->file.open_intents();
  if (!intents) return std::unexpected(intents.error());
  impl_->damaged = intents->damaged();
  std::vector<Unresolved> found;
  for (const OpenIntents::Entry& entry : intents->list()) {
    if (another_lives(entry, impl_->file.writer())) continue;
    found.push_back(entry.subject);
  }
  return found;
}

std::size_t Audit::damaged_lines() const {
  return impl_->damaged;
}

Result<void> Audit::resolved(const Unresolved& subject,
                             std::string_view found) {
  return impl_->file.append_one(recovered_fields(subject, found),
                                Purpose::Account);
}

}  // namespace strayd
