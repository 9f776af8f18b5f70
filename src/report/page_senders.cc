#include <string>
#include <vector>

#include "strayd/report/render.h"

#include "html.h"
#include "page_parts.h"
#include "words.h"

namespace strayd::html {
namespace {

using Cells = std::vector<std::string>;

Cells unknown_cells(const Report& report, const AppKey& app) {
  return {escaped(app.app),
          "–",
          badge(Tone::Warning, "unknown") + " " +
              escaped(why_sender_unknown(report)),
          "–",
          "–",
          "–",
          "–"};
}

Cells sender_cells(const AppKey& app, const LastSender& by) {
  return {escaped(app.app),
          escaped(by.signal),
          escaped(by.sender),
          or_dash(by.via),
          or_dash(by.unit),
          by.uid ? words::user(by.uid) : "–",
          words::moment(by.unix_ms)};
}

}  // namespace

std::string senders(const Report& report) {
  const std::vector<words::EndedApp> all = words::ended_apps(report);
  if (all.empty()) return {};
  Table table("Who ended an app last",
              {"App", "Signal", "Sent by", "Run by", "Unit", "User", "When"});
  for (const words::EndedApp& ended : all) {
    table.add([&] {
      return ended.by == nullptr ? unknown_cells(report, ended.app)
                                 : sender_cells(ended.app, *ended.by);
    });
  }
  return table.text("");
}

}  // namespace strayd::html
