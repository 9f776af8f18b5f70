#include "identity.h"

namespace strayd {
namespace {

template <typename Fact>
bool both_have(const Fact& then, const Fact& now) {
  return then.has_value() && now.has_value();
}

template <typename Fact>
bool differ(const Observed<Fact>& then, const Observed<Fact>& now) {
  return both_have(then, now) && *then != *now;
}

// "its user is not the same", or why that cannot be told.
template <typename Fact>
std::optional<std::string> difference_of(const char* what,
                                         const Observed<Fact>& then,
                                         const Observed<Fact>& now) {
  const bool both = both_have(then, now);
  if (both && *then == *now) return std::nullopt;
  return std::string(what).append(both ? " is not the same"
                                       : " cannot be read");
}

// A program's file may be moved, and another put in its place.
bool have_files(const Process& then, const Process& now) {
  return both_have(then.exe_file, now.exe_file);
}

// An exec moves the arguments, of the same program, too. Where their place is
// kept from us, their text has to be the same.
bool have_places(const Process& then, const Process& now) {
  return both_have(then.argv_at, now.argv_at);
}

std::optional<std::string> difference_of_program(const Process& then,
                                                 const Process& now) {
  constexpr const char* kWhat = "its program";
  return have_files(then, now)
             ? difference_of(kWhat, then.exe_file, now.exe_file)
             : difference_of(kWhat, then.exe, now.exe);
}

std::optional<std::string> difference_of_exec(const Process& then,
                                              const Process& now) {
  if (!have_places(then, now)) {
    return difference_of("its command line", then.argv, now.argv);
  }
  if (*then.argv_at == *now.argv_at) return std::nullopt;
  return "it has executed a program since";
}

}  // namespace

std::optional<std::string> difference(const Process& then, const Process& now) {
  if (then.id != now.id) return "it is another process";
  auto different = difference_of("its user", then.uid, now.uid);
  if (!different) different = difference_of_program(then, now);
  if (!different) different = difference_of_exec(then, now);
  return different;
}

bool contradict(const Process& then, const Process& now) {
  if (then.id != now.id || differ(then.uid, now.uid)) return true;
  const bool other_program = have_files(then, now)
                                 ? differ(then.exe_file, now.exe_file)
                                 : differ(then.exe, now.exe);
  const bool other_exec = have_places(then, now)
                              ? differ(then.argv_at, now.argv_at)
                              : differ(then.argv, now.argv);
  return other_program || other_exec;
}

}  // namespace strayd
