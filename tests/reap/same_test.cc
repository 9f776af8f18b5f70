// What makes a process another than the one that was seen.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../../src/reap/identity.h"

namespace strayd {
namespace {

Process seen() {
  return {.id = {.pid = 40, .start_ticks = 7},
          .argv_at = 1000,
          .uid = uid_t{5},
          .argv = std::vector<std::string>{"server", "idle"},
          .exe = "/srv/1/server",
          .exe_file = FileId{.device = 1, .inode = 2}};
}

Process but(const std::function<void(Process&)>& change) {
  Process process = seen();
  change(process);
  return process;
}

const auto kUnknown = std::unexpected(Unread::Denied);

struct Case {
  const char* what;
  Process then;
  Process now;
  // nullptr: none.
  const char* difference;
  bool contradicts;
};

void hide_place(Process& p) {
  p.argv_at = kUnknown;
}
void hide_file(Process& p) {
  p.exe_file = kUnknown;
}

std::vector<Case> cases() {
  const auto other_words = [](Process& p) {
    p.argv = std::vector<std::string>{"server", "busy"};
  };
  const auto other_path = [](Process& p) {
    p.exe = "/srv/2/server";
  };
  const auto both = [](auto one, auto two) {
    return [one, two](Process& p) {
      one(p);
      two(p);
    };
  };
  return {
      {"all is the same", seen(), seen(), nullptr, false},
      {"another start time",
       seen(),
       but([](Process& p) { p.id.start_ticks = 8; }),
       "it is another process",
       true},
      {"another user",
       seen(),
       but([](Process& p) { p.uid = uid_t{6}; }),
       "its user is not the same",
       true},
      {"no user is known",
       seen(),
       but([](Process& p) { p.uid = kUnknown; }),
       "its user cannot be read",
       false},
      {"another file of the same path",
       seen(),
       but([](Process& p) { p.exe_file->inode = 3; }),
       "its program is not the same",
       true},
      {"the same inode of another file system",
       seen(),
       but([](Process& p) { p.exe_file->device = 3; }),
       "its program is not the same",
       true},
      {"a path that was changed", seen(), but(other_path), nullptr, false},
      {"another path where the file is known in one",
       seen(),
       but(both(other_path, hide_file)),
       "its program is not the same",
       true},
      {"the same path where the file is known in one",
       but(hide_file),
       seen(),
       nullptr,
       false},
      {"neither file nor path",
       seen(),
       but(both(hide_file, [](Process& p) { p.exe = kUnknown; })),
       "its program cannot be read",
       false},
      {"a new title", seen(), but(other_words), nullptr, false},
      {"an exec",
       seen(),
       but([](Process& p) { p.argv_at = 2000; }),
       "it has executed a program since",
       true},
      {"other words where their place is known in one",
       but(hide_place),
       but(other_words),
       "its command line is not the same",
       true},
      {"the same words where their place is known in one",
       seen(),
       but(hide_place),
       nullptr,
       false},
      {"neither words nor their place",
       seen(),
       but(both(hide_place, [](Process& p) { p.argv = kUnknown; })),
       "its command line cannot be read",
       false},
  };
}

TEST(Same, is_who_has_the_same_user_program_and_exec) {
  for (const Case& one : cases()) {
    const std::optional<std::string> found = difference(one.then, one.now);
    const std::optional<std::string> expected =
        one.difference != nullptr ? std::optional<std::string>(one.difference)
                                  : std::nullopt;
    EXPECT_EQ(found, expected) << one.what;
  }
}

TEST(Same, is_contradicted_by_what_both_know_alone) {
  for (const Case& one : cases()) {
    EXPECT_EQ(contradict(one.then, one.now), one.contradicts) << one.what;
  }
}

}  // namespace
}  // namespace strayd
