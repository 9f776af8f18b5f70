#include <utility>

#include "strayd/proc/signal_senders.h"

namespace strayd {

struct SignalSenders::Impl {};

SignalSenders::SignalSenders(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}
SignalSenders::~SignalSenders() = default;

bool SignalSenders::is_built_in() {
  return false;
}

Result<std::unique_ptr<SignalSenders>> SignalSenders::open() {
  return fail(Fault::NotFound, "this strayd was built without BPF");
}

// As those with BPF.
// NOLINTBEGIN(*-convert-member-functions-to-static)
void SignalSenders::watch(std::span<const ProcId> /*daemons*/) {}

SignalBatch SignalSenders::take() {
  return {};
}
// NOLINTEND(*-convert-member-functions-to-static)

}  // namespace strayd
