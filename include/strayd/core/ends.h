// How launches of PM2's apps ended, in fixed words.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "strayd/core/exit_status.h"
#include "strayd/core/ledger.h"

namespace strayd {

// "SIGTERM"; of one that ends no process by default, or is not known, "signal".
std::string signal_name(int signal);

// What a process raises by itself when it can't go on: SIGSEGV, SIGABRT,
// SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS.
bool is_fault(int signal);

// "code_0", "code_other", or the name of the signal.
std::string end_word(const ExitStatus& status);

// Whether it is one of those.
bool is_end_word(std::string_view word);

// Those that are told of an app although none was counted yet.
inline constexpr std::array<std::string_view, 8> kUsualEnds{"code_0",
                                                            "code_other",
                                                            "SIGHUP",
                                                            "SIGINT",
                                                            "SIGABRT",
                                                            "SIGKILL",
                                                            "SIGSEGV",
                                                            "SIGTERM"};

// How often each app ended how, as far as that is known.
using Ends = std::map<AppKey, std::map<std::string, std::uint64_t>>;

}  // namespace strayd
