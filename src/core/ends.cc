#include "strayd/core/ends.h"

#include <algorithm>
#include <csignal>

namespace strayd {
namespace {

struct Named {
  int signal = 0;
  std::string_view name{};
};

// Those that end a process unless it does something about them (signal(7)).
constexpr auto kFatal = std::to_array<Named>(
    {{SIGHUP, "SIGHUP"},       {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"},
     {SIGILL, "SIGILL"},       {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
     {SIGBUS, "SIGBUS"},       {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
     {SIGUSR1, "SIGUSR1"},     {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
     {SIGPIPE, "SIGPIPE"},     {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
     {SIGSTKFLT, "SIGSTKFLT"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
     {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"}, {SIGIO, "SIGIO"},
     {SIGPWR, "SIGPWR"},       {SIGSYS, "SIGSYS"}});

constexpr auto kFaults = std::to_array<int>(
    {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS});

}  // namespace

std::string signal_name(int signal) {
  const auto* const found = std::ranges::find(kFatal, signal, &Named::signal);
  return std::string(found == kFatal.end() ? "signal" : found->name);
}

bool is_fault(int signal) {
  return std::ranges::find(kFaults, signal) != kFaults.end();
}

std::string end_word(const ExitStatus& status) {
  if (status.how == ExitStatus::How::Signalled) {
    return signal_name(status.value);
  }
  return status.value == 0 ? "code_0" : "code_other";
}

bool is_end_word(std::string_view word) {
  return word == "code_0" || word == "code_other" || word == "signal" ||
         std::ranges::find(kFatal, word, &Named::name) != kFatal.end();
}

}  // namespace strayd
