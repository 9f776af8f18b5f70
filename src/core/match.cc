#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "strayd/core/fit.h"
#include "strayd/core/judge.h"
#include "strayd/core/policy.h"
#include "strayd/core/text.h"

namespace strayd {

Pattern::Pattern(std::shared_ptr<const re2::RE2> compiled)
    : compiled_(std::move(compiled)) {}

Result<Pattern> Pattern::compile(const std::string& text) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto compiled = std::make_shared<const re2::RE2>(text, options);
  if (!compiled->ok()) return fail(Fault::Malformed, compiled->error());
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view bytes) const {
  return re2::RE2::PartialMatch(re2::StringPiece(bytes.data(), bytes.size()),
                                *compiled_);
}

const std::string& Pattern::text() const {
  return compiled_->pattern();
}

std::string joined(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& argument : argv) {
    if (!line.empty()) line += ' ';
    line += argument;
  }
  return line;
}

Fit pattern_fit(const Match& match, const Process& process) {
  if (!match.pattern) return Fit::Yes;
  if (!process.argv) return Fit::Unknown;
  return match.pattern->matches(joined(*process.argv)) ? Fit::Yes : Fit::No;
}

namespace {

Fit both(Fit a, Fit b) {
  if (a == Fit::No || b == Fit::No) return Fit::No;
  return a == Fit::Unknown || b == Fit::Unknown ? Fit::Unknown : Fit::Yes;
}

Fit said(bool holds) {
  return holds ? Fit::Yes : Fit::No;
}

}  // namespace

Fit fit(const Match& match, const Process& process, const Memory& memory) {
  Fit all = pattern_fit(match, process);
  if (match.exe) {
    all = both(all,
               process.exe ? said(base_name(*process.exe) == *match.exe)
                           : Fit::Unknown);
  }
  if (match.uid) {
    all = both(all,
               process.uid ? said(*process.uid == *match.uid) : Fit::Unknown);
  }
  if (match.cwd) all = both(all, cwd_fit(*match.cwd, process, memory));
  if (match.tty) all = both(all, said((process.tty != 0) == *match.tty));
  return all;
}

namespace {

constexpr auto kShells = std::to_array<std::string_view>(
    {"sh", "dash", "bash", "ash", "zsh", "ksh", "busybox"});
constexpr auto kPackageRunners = std::to_array<std::string_view>({"npm",
                                                                  "npx",
                                                                  "yarn",
                                                                  "pnpm",
                                                                  "pnpx",
                                                                  "yarnpkg",
                                                                  "npm-cli.js",
                                                                  "npx-cli.js",
                                                                  "yarn.js",
                                                                  "pnpm.cjs",
                                                                  "corepack"});
constexpr auto kScriptRunners = std::to_array<std::string_view>(
    {"tsx", "ts-node-dev", "tsnd", "nodemon", "nodemon.js", "node-dev"});

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words,
              std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// npm writes its title over argv: one argument "npm run dev".
std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

bool runs_shell_command(const std::vector<std::string>& argv) {
  std::string_view shell = base_name(argv.front());
  if (shell.starts_with('-')) shell.remove_prefix(1);
  return contains(kShells, shell) && argv.size() >= 2 && argv[1] == "-c";
}

bool runs_one_of(const std::vector<std::string>& argv, auto&& known) {
  if (known(base_name(first_word(argv.front())))) return true;
  return argv.size() >= 2 && base_name(argv.front()) == "node" &&
         known(base_name(argv[1]));
}

}  // namespace

bool is_shell_command(const Process& process) {
  return process.argv && !process.argv->empty() &&
         runs_shell_command(*process.argv);
}

bool is_wrapper(const Process& process) {
  if (!process.argv || process.argv->empty()) return false;
  return runs_shell_command(*process.argv) ||
         runs_one_of(*process.argv, [](std::string_view word) {
           return contains(kPackageRunners, word);
         });
}

bool is_carrier(const Process& process) {
  if (is_wrapper(process)) return true;
  if (!process.argv || process.argv->empty()) return false;
  const auto& argv = *process.argv;
  // node …/tsx/dist/cli.mjs, as `npx tsx` and some shims start it.
  if (argv.size() >= 2 && argv[1].find("/tsx/dist/cli.") != std::string::npos) {
    return true;
  }
  return runs_one_of(argv, [](std::string_view word) {
    return contains(kScriptRunners, word);
  });
}

}  // namespace strayd
