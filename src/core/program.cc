#include "program.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/text.h"

namespace strayd {
namespace {

constexpr auto kInterpreters = std::to_array<std::string_view>(
    {"node", "nodejs", "bun", "deno", "ruby", "perl", "php", "java"});
// The next argument is theirs and no script (node(1), python(1), java(1)).
constexpr auto kOptionsWithValue =
    std::to_array<std::string_view>({"-r",
                                     "--require",
                                     "--import",
                                     "--loader",
                                     "--experimental-loader",
                                     "-C",
                                     "--conditions",
                                     "-W",
                                     "-X",
                                     "-cp",
                                     "-classpath",
                                     "--class-path",
                                     "-p",
                                     "--module-path"});
constexpr auto kShells = std::to_array<std::string_view>({"sh",
                                                          "dash",
                                                          "bash",
                                                          "rbash",
                                                          "ash",
                                                          "zsh",
                                                          "ksh",
                                                          "mksh",
                                                          "fish",
                                                          "csh",
                                                          "tcsh"});

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words,
              std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_interpreter(std::string_view program) {
  return contains(kInterpreters, program) || contains(kShells, program) ||
         program.starts_with("python");
}

// What it runs and what that is told: from the script of an interpreter on.
std::span<const std::string> command_of(const Process& process) {
  if (!process.argv) return {};
  const std::span<const std::string> all(*process.argv);
  if (!is_interpreter(program_name(process))) return all;
  std::size_t at = 1;
  while (at < all.size()) {
    if (contains(kOptionsWithValue, all[at])) {
      at += 2;
    } else if (all[at].starts_with('-') || all[at] == "run") {
      ++at;
    } else {
      break;
    }
  }
  return all.subspan(std::min(at, all.size()));
}

// concurrently(1) and others take a whole command as one argument.
bool names(std::string_view argument, std::string_view script) {
  while (!argument.empty()) {
    const std::size_t end = std::min(argument.find(' '), argument.size());
    if (base_name(argument.substr(0, end)) == script) return true;
    argument.remove_prefix(std::min(end + 1, argument.size()));
  }
  return false;
}

}  // namespace

std::string_view program_name(const Process& process) {
  return process.exe ? base_name(*process.exe) : std::string_view(process.comm);
}

std::string_view script_name(const Process& process) {
  const auto command = command_of(process);
  return command.empty() ? std::string_view() : base_name(command.front());
}

std::size_t program_words(const Process& process) {
  if (!process.argv) return 0;
  const std::size_t all = process.argv->size();
  const std::size_t command = command_of(process).size();
  return std::min(all, all - command + 1);
}

bool is_shell(const Process& process) {
  const std::string_view program = program_name(process);
  if (program != "busybox") return contains(kShells, program);
  if (!process.argv || process.argv->empty()) return false;
  const auto& argv = *process.argv;
  const std::string_view applet = base_name(argv.front());
  return contains(kShells, applet) ||
         (applet == "busybox" && argv.size() >= 2 &&
          contains(kShells, argv[1]));
}

bool run_the_same(const Process& a, const Process& b) {
  return program_name(a) == program_name(b) && !script_name(a).empty() &&
         script_name(a) == script_name(b);
}

bool is_told_to_run(const Process& runner, const Process& other) {
  const auto command = command_of(runner);
  const std::string_view script = script_name(other);
  if (command.empty() || script.empty()) return false;
  if (base_name(command.front()) == script) return false;
  return std::ranges::any_of(command.subspan(1), [&](const std::string& word) {
    return names(word, script);
  });
}

}  // namespace strayd
