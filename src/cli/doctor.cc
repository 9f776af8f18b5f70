#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "strayd/agent/commands.h"
#include "strayd/agent/features.h"
#include "strayd/cli/options.h"
#include "strayd/report/audit.h"
#include "strayd/report/render.h"
#include "strayd/report/state.h"
#include "strayd/sys/os.h"

#include "agent_word.h"

namespace strayd {
namespace {

std::string_view mark_of(const Feature& feature) {
  if (feature.available) return "ok      ";
  return feature.required ? "MISSING " : "lacking ";
}

void print_feature(const Feature& feature) {
  fmt::print(
      "{}{:<22}{}\n", mark_of(feature), feature.name, one_line(feature.detail));
  if (!feature.available && !feature.remedy.empty()) {
    fmt::print("        {:<22}-> {}\n", "", one_line(feature.remedy));
  }
}

// Without a place to write, nothing durable can be promised.
Feature writable(std::string name, const std::string& directory) {
  Feature feature{.name = std::move(name), .required = true};
  const std::string probe = directory + "/.strayd-doctor";
  Result<void> tried = make_directories(directory);
  if (tried) tried = replace_file(probe, "");
  feature.available = tried.has_value();
  feature.detail = tried ? directory + " is writable" : tried.error().what;
  if (!tried) feature.remedy = "let strayd write there, or configure another";
  if (tried) ::unlink(probe.c_str());
  return feature;
}

std::string_view in_short(bool blind, const std::vector<Feature>& features) {
  if (blind) {
    return "strayd is blind here and only observes: nothing is signalled.";
  }
  const bool all = std::ranges::none_of(features, [](const Feature& f) {
    return f.name == "signal_others" && !f.available;
  });
  return all ? "strayd can see and act here."
             : "strayd can see here, and end nothing of other users.";
}

// All above is true of whoever typed it: root's shell has rights that a service
// lacks, and the other way round.
void print_what_the_agent_lacks(const Config& config) {
  const std::optional<AgentWord> word = ask_for_word(config.state_dir, kLacks);
  if (!word) return;
  if (!word->heard) {
    fmt::print("The agent {}.\n", word->text);
  } else if (word->text == "nothing") {
    fmt::print("The agent that runs here lacks nothing.\n");
  } else {
    fmt::print("The agent that runs here lacks: {}\n", word->text);
  }
}

}  // namespace

ExitCode doctor_command(const CommandLine& line) {
  const Result<Config> config =
      config_of_this_host(line, "state.dir and audit.file");
  if (!config) return complain(config.error(), ExitCode::Usage);
  std::vector<Feature> features = features_here(line.procfs);
  features.push_back(writable("state_dir", config->state_dir));
  const std::string& audit = config->audit.file;
  features.push_back(
      writable("audit_ledger", audit.substr(0, audit.rfind('/'))));
  for (const Feature& feature : features) print_feature(feature);

  const bool blind = std::ranges::any_of(
      features, [](const Feature& f) { return f.required && !f.available; });
  fmt::print("\n{}\n", in_short(blind, features));
  print_what_the_agent_lacks(*config);
  return blind ? ExitCode::EvidenceMissing : ExitCode::Done;
}

}  // namespace strayd
