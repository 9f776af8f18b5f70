// What a process of another kind sees: it looks, and tells in one word or line.
#pragma once

#include <fcntl.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "strayd/sys/fd.h"

#include "support/child.h"

namespace strayd::test {

// What `tell` says in a process of its own, so that what it does to itself
// stays there.
inline std::string told_by(const std::function<std::string()>& tell) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe";
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  const test::Child child{[&](int) {
    const std::string words = tell();
    if (::write(writer.get(), words.data(), words.size()) < 0) ::_exit(1);
  }};
  writer = UniqueFd{};
  std::string all(4096, '\0');
  const ssize_t got = ::read(reader.get(), all.data(), all.size());
  all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return all;
}

// As another user, who keeps these capabilities and no other.
inline std::string told_by_nobody(const std::vector<cap_value_t>& kept,
                                  const std::function<std::string()>& tell) {
  constexpr uid_t kNobody = 65534;
  ::prctl(PR_SET_KEEPCAPS, 1);
  if (::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0) {
    return "cannot become nobody";
  }
  cap_t set = ::cap_init();
  if (!kept.empty()) {
    const int count = static_cast<int>(kept.size());
    ::cap_set_flag(set, CAP_PERMITTED, count, kept.data(), CAP_SET);
    ::cap_set_flag(set, CAP_EFFECTIVE, count, kept.data(), CAP_SET);
  }
  const bool done = ::cap_set_proc(set) == 0;
  ::cap_free(set);
  ::prctl(PR_SET_DUMPABLE, 1);  // as after an exec
  return done ? tell() : "cannot keep capabilities";
}

}  // namespace strayd::test
