#include "strayd/proc/host_facts.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "strayd/sys/os.h"

#include "files.h"
#include "host_child.h"
#include "reader_crew.h"

namespace strayd {
namespace {

constexpr std::chrono::seconds kRememberedFor{60};
// After so many the rest counts as blocked.
constexpr int kMostStalls = 3;
constexpr int kMostDeaths = 3;

constexpr std::size_t kReplies = sizeof(ReaderReply) + kHostAnswer;

struct HostAnswer {
  std::string bytes{};
  std::optional<ReadFailure> failure{};
  bool blocked = false;

  Unread unread() const {
    return blocked ? Unread::Blocked : failure.value_or(ReadFailure{}).unread();
  }
  bool succeeded() const { return !blocked && !failure; }
};

// The answers so far, over all children that it takes.
struct Batch {
  std::span<const HostRead> questions;
  std::vector<std::optional<HostAnswer>> answers{};
  int stalls = 0;
  int deaths = 0;

  std::vector<ReaderRequest> unanswered() const {
    std::vector<ReaderRequest> rest;
    for (std::uint32_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) rest.push_back({.index = i});
    }
    return rest;
  }
  void answer(const ReaderReply& reply, std::string_view bytes) {
    if (reply.index >= answers.size()) return;
    HostAnswer& answer = answers[reply.index].emplace();
    answer.bytes = bytes;
    if (reply.error != 0) answer.failure = ReadFailure{.error = reply.error};
  }
  bool hopeless() const {
    return stalls >= kMostStalls || deaths >= kMostDeaths;
  }
};

std::string units_of(const std::string& run, const HostQuestions::Unit& unit) {
  const std::string manager =
      unit.manager ? "/user/" + std::to_string(*unit.manager) : "";
  return run + manager + "/systemd/units";
}

std::string path_in(std::string directory, std::string_view name) {
  if (!directory.ends_with('/')) directory += '/';
  return directory.append(name);
}

// Another name would lead elsewhere.
bool is_unit_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

Observed<std::optional<std::string>> invocation_in(const HostAnswer& answer) {
  if (answer.failure && answer.failure->error == ENOENT) return std::nullopt;
  if (!answer.succeeded()) return std::unexpected(answer.unread());
  const bool is_id = answer.bytes.size() == 32 &&
                     std::ranges::all_of(answer.bytes, [](unsigned char c) {
                       return std::isxdigit(c) != 0;
                     });
  if (!is_id) return std::unexpected(Unread::Failed);
  return answer.bytes;
}

void add_pidfiles(const std::string& directory,
                  std::string_view records,
                  std::vector<PidFile>& to) {
  while (records.size() >= sizeof(FoundPidFile)) {
    FoundPidFile found;
    std::memcpy(&found, records.data(), sizeof found);
    records.remove_prefix(sizeof found);
    const std::string_view name = records.substr(0, found.name_size);
    records.remove_prefix(name.size());
    to.push_back({.path = path_in(directory, name),
                  .owner = found.owner,
                  .pid = found.pid,
                  .written = std::chrono::nanoseconds{found.written_ns}});
  }
}

std::vector<HostRead> reads_of(const HostQuestions& questions,
                               const std::string& run) {
  std::vector<HostRead> reads;
  for (const HostQuestions::Unit& unit : questions.units) {
    reads.push_back({.what = HostFile::Invocation,
                     .directory = units_of(run, unit),
                     .name = is_unit_name(unit.name) ? "invocation:" + unit.name
                                                     : std::string{}});
  }
  for (const std::string& directory : questions.pidfile_directories) {
    reads.push_back({.what = HostFile::PidFiles, .directory = directory});
  }
  return reads;
}

HostFacts facts_of(const HostQuestions& questions,
                   std::span<const HostAnswer> answers) {
  HostFacts facts;
  for (std::size_t i = 0; i < questions.units.size(); ++i) {
    const HostQuestions::Unit& unit = questions.units[i];
    facts.invocations[unit.cgroup] = is_unit_name(unit.name)
                                         ? invocation_in(answers[i])
                                         : std::unexpected(Unread::Failed);
  }
  const auto of_directories = answers.subspan(questions.units.size());
  std::vector<PidFile> found;
  for (std::size_t i = 0; i < of_directories.size(); ++i) {
    const HostAnswer& answer = of_directories[i];
    if (!answer.succeeded()) {
      facts.pidfiles = std::unexpected(answer.unread());
      return facts;
    }
    add_pidfiles(questions.pidfile_directories[i], answer.bytes, found);
  }
  facts.pidfiles = std::move(found);
  return facts;
}

}  // namespace

struct HostFactsReader::Impl {
  // One for each, in their order.
  Result<std::vector<HostAnswer>> ask(std::span<const HostRead> questions);
  Result<void> run(Batch& batch);
  Result<ReaderProcess*> start(std::span<const HostRead> questions);
  void give_up_on(Batch& batch, std::uint32_t at);
  void forget_old();

  HostFactsOptions options{};
  ReaderCrew crew{};
  std::map<HostRead, std::chrono::nanoseconds> blocked_until{};
};

void HostFactsReader::Impl::forget_old() {
  const std::chrono::nanoseconds now = steady_time();
  std::erase_if(blocked_until,
                [&](const auto& entry) { return entry.second <= now; });
}

Result<ReaderProcess*> HostFactsReader::Impl::start(
    std::span<const HostRead> questions) {
  // Lent to the child, which touches no more of it than it needs.
  const auto replies = std::make_unique_for_overwrite<char[]>(kReplies);
  return crew.start([&](int socket, ReaderProgress& progress) {
    run_host_child({.socket = socket,
                    .progress = &progress,
                    .replies = {replies.get(), kReplies},
                    .questions = questions,
                    .run = options.run.c_str()});
  });
}

void HostFactsReader::Impl::give_up_on(Batch& batch, std::uint32_t at) {
  ++batch.stalls;
  if (at >= batch.answers.size() || batch.answers[at]) return;
  batch.answers[at] = HostAnswer{.blocked = true};
  blocked_until[batch.questions[at]] = steady_time() + kRememberedFor;
}

Result<void> HostFactsReader::Impl::run(Batch& batch) {
  const ReaderProcess::OnReply keep = [&](const ReaderReply& reply,
                                          std::string_view bytes) {
    batch.answer(reply, bytes);
  };
  while (!batch.hopeless()) {
    const std::vector<ReaderRequest> rest = batch.unanswered();
    if (rest.empty()) break;
    const Result<ReaderProcess*> child = start(batch.questions);
    if (!child) return std::unexpected(child.error());
    if (*child == nullptr) break;

    const ReaderProcess::End end =
        (*child)->exchange(rest, options.timeout, keep);
    if (end == ReaderProcess::End::Gone) ++batch.deaths;
    if (end == ReaderProcess::End::Stalled) give_up_on(batch, (*child)->at());
    // The next one has other questions to know.
    crew.retire();
  }
  return {};
}

Result<std::vector<HostAnswer>> HostFactsReader::Impl::ask(
    std::span<const HostRead> questions) {
  forget_old();
  Batch batch{.questions = questions};
  for (const HostRead& question : questions) {
    batch.answers.push_back(blocked_until.contains(question)
                                ? std::optional(HostAnswer{.blocked = true})
                                : std::nullopt);
  }
  const Result<void> done = run(batch);
  if (!done) return std::unexpected(done.error());

  std::vector<HostAnswer> answers;
  for (std::optional<HostAnswer>& answer : batch.answers) {
    answers.push_back(std::move(answer).value_or(HostAnswer{.blocked = true}));
    const std::optional<ReadFailure>& failure = answers.back().failure;
    if (failure && failure->exhausted()) {
      return std::unexpected(errno_error("read the host", failure->error));
    }
  }
  return answers;
}

HostFactsReader::HostFactsReader(HostFactsOptions options)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
}
HostFactsReader::HostFactsReader(HostFactsReader&&) noexcept = default;
HostFactsReader& HostFactsReader::operator=(HostFactsReader&&) noexcept =
    default;
HostFactsReader::~HostFactsReader() = default;

Result<HostFacts> HostFactsReader::read(const HostQuestions& questions) {
  const std::vector<HostRead> reads = reads_of(questions, impl_->options.run);
  const Result<std::vector<HostAnswer>> answers = impl_->ask(reads);
  if (!answers) return std::unexpected(answers.error());
  return facts_of(questions, *answers);
}

std::map<std::string, std::string> HostFactsReader::resolve(
    std::span<const std::string> directories) {
  std::vector<HostRead> reads;
  for (const std::string& directory : directories) {
    reads.push_back({.what = HostFile::RealPath, .directory = directory});
  }
  const Result<std::vector<HostAnswer>> answers = impl_->ask(reads);
  std::map<std::string, std::string> resolved;
  for (std::size_t i = 0; answers && i < reads.size(); ++i) {
    const HostAnswer& answer = (*answers)[i];
    // The kernel says so of what is outside of our root.
    if (!answer.succeeded() || !answer.bytes.starts_with('/')) continue;
    resolved.emplace(directories[i], answer.bytes);
  }
  return resolved;
}

}  // namespace strayd
