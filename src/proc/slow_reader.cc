#include "slow_reader.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "strayd/sys/os.h"

#include "reader_child.h"
#include "reader_process.h"

namespace strayd {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kRememberedFor = 60s;

// Children that end by themselves (out of memory, say) within one batch.
constexpr int kMostDeaths = 3;

// Above the size at which the child sends what it has.
constexpr std::size_t kReplyRoom = kRepliesAtOnce + 4096;

std::unexpected<SlowFailure> blocked() {
  return std::unexpected(SlowFailure{.blocked = true});
}

}  // namespace

// The requests that are not answered yet, over all children that it takes.
struct SlowReader::Batch {
  std::span<const SlowRead> requests;
  std::vector<std::optional<SlowText>> answers;
  int most_stalls = 0;
  int stalls = 0;
  int deaths = 0;

  std::vector<ReaderRequest> unanswered() const {
    std::vector<ReaderRequest> rest;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (answers[i]) continue;
      rest.push_back(
          ReaderRequest{.pid = requests[i].id.pid,
                        .file = static_cast<std::uint32_t>(requests[i].file),
                        .index = static_cast<std::uint32_t>(i)});
    }
    return rest;
  }

  void answer(const ReaderReply& reply, std::string_view text) {
    if (reply.index >= answers.size()) return;
    if (reply.error == 0) {
      answers[reply.index] = std::string(text);
    } else {
      answers[reply.index] = std::unexpected(
          SlowFailure{.read = ReadFailure{.error = reply.error}});
    }
  }

  bool hopeless() const {
    return stalls >= most_stalls || deaths >= kMostDeaths;
  }
};

SlowReader::SlowReader(int root, SlowReadLimits limits)
    : root_(root), limits_(limits) {}

SlowReader::~SlowReader() = default;

Result<std::vector<SlowText>> SlowReader::read(
    const std::vector<SlowRead>& requests, int most_stalls) {
  forget_old();
  Batch batch{.requests = requests, .answers = {}, .most_stalls = most_stalls};
  batch.answers.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (is_remembered(requests[i])) batch.answers[i] = blocked();
  }
  const Result<void> done = run(batch);
  if (!done) return std::unexpected(done.error());

  std::vector<SlowText> texts;
  texts.reserve(requests.size());
  for (std::optional<SlowText>& answer : batch.answers) {
    texts.push_back(answer ? *std::move(answer) : SlowText{blocked()});
  }
  return texts;
}

Result<void> SlowReader::run(Batch& batch) {
  const ReaderProcess::OnReply keep = [&](const ReaderReply& reply,
                                          std::string_view text) {
    batch.answer(reply, text);
  };
  while (!batch.hopeless()) {
    const std::vector<ReaderRequest> rest = batch.unanswered();
    if (rest.empty()) break;
    const Result<ReaderProcess*> child = start();
    if (!child) return std::unexpected(child.error());
    if (*child == nullptr) break;

    const ReaderProcess::End end =
        (*child)->exchange(rest, limits_.timeout, keep);
    if (end == ReaderProcess::End::Answered) break;
    if (end == ReaderProcess::End::Gone) ++batch.deaths;
    if (end == ReaderProcess::End::Stalled) give_up_on(batch, (*child)->at());
    crew_.retire();
  }
  return {};
}

void SlowReader::give_up_on(Batch& batch, std::uint32_t at) {
  ++batch.stalls;
  if (at >= batch.answers.size() || batch.answers[at]) return;
  batch.answers[at] = blocked();
  remember(batch.requests[at]);
  for (std::size_t i = 0; i < batch.requests.size(); ++i) {
    if (!batch.answers[i] && is_remembered(batch.requests[i])) {
      batch.answers[i] = blocked();
    }
  }
}

void SlowReader::remember(const SlowRead& stalled) {
  const std::chrono::nanoseconds until = steady_time() + kRememberedFor;
  blocked_until_[{stalled.id, SlowFile::SmapsRollup}] = until;
  if (stalled.file == SlowFile::SmapsRollup) return;
  blocked_until_[{stalled.id, SlowFile::Cmdline}] = until;
  blocked_until_[{stalled.id, SlowFile::Environ}] = until;
}

bool SlowReader::is_remembered(const SlowRead& request) const {
  return blocked_until_.contains({request.id, request.file});
}

Result<ReaderProcess*> SlowReader::start() {
  if (ReaderProcess* const child = crew_.child()) return child;
  // Lent to the child.
  std::vector<char> replies(
      kReplyRoom +
      std::max({limits_.cmdline, limits_.environ, limits_.smaps_rollup}));
  return crew_.start([&](int socket, ReaderProgress& progress) {
    run_reader_child({.socket = socket,
                      .root = root_,
                      .progress = &progress,
                      .replies = replies,
                      .limits = limits_});
  });
}

void SlowReader::forget_old() {
  const std::chrono::nanoseconds now = steady_time();
  std::erase_if(blocked_until_,
                [&](const auto& entry) { return entry.second <= now; });
}

}  // namespace strayd
