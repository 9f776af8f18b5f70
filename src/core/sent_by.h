// Which of the signals that hit an app's tree its end is put down to.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "strayd/core/causes.h"
#include "strayd/core/senders.h"

namespace strayd {

// Somebody else than the tree itself.
bool is_from_outside(const SentSignal& sent);

// The signal by which this process was ended: the newest of its number that hit
// it. Where one of its own tree sent it on (npm, or the process itself that
// raises again what it caught), the first from outside in the time that an app
// has to end. nullptr: nobody told of it.
const SentSignal* that_ended(const Death& death,
                             std::span<const SentSignal> signals,
                             std::chrono::milliseconds patience);

// The first from outside that asked it to end, where it did so in time and with
// the code of one that was asked: 0, or 128 and the signal. nullptr: none.
const SentSignal* that_asked(int exit_code,
                             std::optional<std::int64_t> ended_ms,
                             std::span<const SentSignal> signals,
                             std::chrono::milliseconds patience);

}  // namespace strayd
