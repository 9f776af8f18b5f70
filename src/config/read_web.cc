#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <re2/re2.h>

#include "strayd/config/config.h"
#include "strayd/core/result.h"
#include "strayd/web/listen.h"
#include "strayd/web/server.h"

#include "problems.h"
#include "section.h"
#include "sections.h"
#include "value.h"

namespace strayd::config {
namespace {

// What the other pages answer under.
constexpr std::array<std::string_view, 3> kTaken{
    "/api/v1/status", "/-/healthy", "/-/ready"};

bool is_telemetry_path(const std::string& text) {
  static const re2::RE2 kForm("(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+");
  return re2::RE2::FullMatch(text, kForm) &&
         std::ranges::find(kTaken, text) == kTaken.end();
}

// The server's own reading of it: it knows what it can bind.
void read_listen(const Value& value, WebOptions& out) {
  const std::optional<std::string> text =
      value.string("an address like \"127.0.0.1:9586\"");
  if (!text) return;
  if (const Result<ListenAddress> parsed = parse_listen(*text); !parsed) {
    value.complain(printable(parsed.error().what, 200));
    return;
  }
  out.listen = *text;
}

}  // namespace

void read_web(const Value& value, Config& out) {
  Section web(value);
  if (const auto listen = web.take("listen")) read_listen(*listen, out.web);
  if (const auto path = web.take("telemetry_path")) {
    if (is_telemetry_path(path->node().text)) {
      out.telemetry_path = path->node().text;
    } else {
      path->expected("a path like \"/metrics\" that no other page has");
    }
  }
  web.absolute_path("config_file", out.web.config_file);
  web.finish();
}

}  // namespace strayd::config
