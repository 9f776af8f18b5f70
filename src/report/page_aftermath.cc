#include <string>
#include <vector>

#include "html.h"
#include "page_parts.h"
#include "words.h"

namespace strayd::html {
namespace {

using Cells = std::vector<std::string>;

std::string harms(const Report& report) {
  Table table("Harm that strayd did", {"Found", "App", "What happened"});
  for (const Harm& harm : report.harms) {
    table.add([&] {
      return Cells{words::moment(harm.found_unix_ms),
                   escaped(harm.app.app),
                   escaped(harm.text)};
    });
  }
  return table.text("");
}

std::string returned(const Report& report) {
  Table table("Orphans that came back",
              {"Process", "Program", "Rule", "Came back", "Parent"});
  for (const auto& entry : report.returned) {
    table.add([&] {
      const auto& [root, each] = entry;
      return Cells{std::to_string(root.pid),
                   escaped(words::title(words::shown(report, root))),
                   escaped(each.rule),
                   words::times(each.times),
                   escaped(words::parent(report, each.parent))};
    });
  }
  return table.text("");
}

}  // namespace

std::string aftermath(const Report& report) {
  std::string text;
  if (!report.harms.empty()) text += harms(report);
  if (!report.returned.empty()) text += returned(report);
  return text;
}

}  // namespace strayd::html
