// What came of the kills: harm, and orphans that are there again.
#include <string>

#include "json_parts.h"
#include "words.h"

namespace strayd::json {

namespace {

Json harm(const Harm& harm) {
  return {{"home", text(harm.app.home)},
          {"app", text(harm.app.app)},
          {"what", to_string(harm.kind)},
          {"tree", harm.kill.tree.pid},
          {"start_ticks", harm.kill.tree.start_ticks},
          {"rule", text(harm.kill.rule)},
          {"text", text(harm.text)},
          {"found_unix_ms", harm.found_unix_ms}};
}

// null: init took the tree over.
Json parent(const Report& report, const std::optional<ProcId>& id) {
  if (!id) return nullptr;
  const Shown shown = words::shown(report, *id);
  return {{"pid", id->pid},
          {"start_ticks", id->start_ticks},
          {"program", text_or_null(shown.program)},
          {"script", text_or_null(shown.script)}};
}

}  // namespace

void add_aftermath(Json& object, const Report& report) {
  Json harms = Json::array();
  for (const Harm& each : report.harms) harms.push_back(harm(each));
  object["harms"] = std::move(harms);
  Json returned = Json::array();
  for (const auto& [root, each] : report.returned) {
    returned.push_back({{"pid", root.pid},
                        {"start_ticks", root.start_ticks},
                        {"rule", text(each.rule)},
                        {"times", each.times},
                        {"parent", parent(report, each.parent)}});
  }
  object["returned"] = std::move(returned);
}

}  // namespace strayd::json
