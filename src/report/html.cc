#include "html.h"

#include <fmt/format.h>

#include "strayd/report/render.h"

namespace strayd::html {
namespace {

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::Quiet:
      return "quiet";
    case Tone::Good:
      return "good";
    case Tone::Warning:
      return "warning";
    case Tone::Bad:
      return "bad";
  }
  return "quiet";
}

}  // namespace

std::string escaped(std::string_view bytes) {
  // A person reads no more of a name; the JSON beside the page has it whole.
  constexpr std::size_t kEnough = 1024;
  std::string text;
  for (const char byte : one_line(bytes.substr(0, kEnough))) {
    switch (byte) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      case '"':
        text += "&quot;";
        break;
      case '\'':
        text += "&#39;";
        break;
      default:
        text += byte;
    }
  }
  return text;
}

std::string or_dash(std::string_view bytes) {
  return bytes.empty() ? "–" : escaped(bytes);
}

std::string badge(Tone tone, std::string_view bytes) {
  return fmt::format(
      R"(<span class="badge {}">{}</span>)", class_of(tone), escaped(bytes));
}

Table::Table(std::string_view caption,
             std::initializer_list<std::string_view> headings) {
  head_ = fmt::format("<caption>{}</caption>\n<thead><tr>", caption);
  for (const std::string_view heading : headings) {
    head_ += fmt::format(R"(<th scope="col">{}</th>)", heading);
  }
  head_ += "</tr></thead>\n";
}

void Table::append(const std::vector<std::string>& cells) {
  body_ += "<tr>";
  std::string_view tag = "th scope=\"row\"";
  std::string_view end = "th";
  for (const std::string& cell : cells) {
    body_ += fmt::format("<{}>{}</{}>", tag, cell, end);
    tag = "td";
    end = "td";
  }
  body_ += "</tr>\n";
}

std::string Table::text(std::string_view otherwise) const {
  if (rows_ == 0) {
    return fmt::format("<table>\n{}</table>\n<p class=\"quiet\">{}</p>\n",
                       head_.substr(0, head_.find('\n') + 1),
                       otherwise);
  }
  std::string text = fmt::format(
      "<div class=\"wide\"><table>\n{}<tbody>\n{}</tbody></table></div>\n",
      head_,
      body_);
  if (rows_ > kMostRows) {
    text += fmt::format("<p class=\"quiet\">{} more are not shown here.</p>\n",
                        rows_ - kMostRows);
  }
  return text;
}

// Dark and light by the reader's own setting. Colours are never the only sign:
// each badge has its word. All pairs have a contrast above 4.5 to 1.
const std::string_view kStyle = R"(
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --soft: #5a6069;
  --line: #d5d8dd; --good: #17692f; --warning: #8a5300; --bad: #b3171f;
  --tint: #f4f5f7; --link: #0b57b0; }
@media (prefers-color-scheme: dark) { :root { --back: #15171a; --text: #e4e6e9;
  --soft: #9aa1ab; --line: #34383e; --good: #6fd08c; --warning: #f0b45a;
  --bad: #ff8f8f; --tint: #1e2125; --link: #84b9ff; } }
body { background: var(--back); color: var(--text); margin: 0 auto;
  max-width: 76rem; padding: 1rem 1.25rem 3rem;
  font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.4rem; margin: 0; }
header { border-bottom: 1px solid var(--line); padding-bottom: .75rem; }
header p { margin: .35rem 0 0; }
a { color: var(--link); }
nav a { margin-right: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin-top: 1.75rem; width: 100%; }
caption { font-size: 1.05rem; font-weight: 600; padding-bottom: .35rem;
  text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .9rem .3rem 0;
  text-align: left; vertical-align: top; overflow-wrap: break-word;
  font-weight: normal; min-width: 3.5rem; max-width: 30rem;
  font-variant-numeric: tabular-nums; }
thead th { color: var(--soft); font-size: .85rem; white-space: nowrap; }
td:last-child { padding-right: 0; }
table + p { margin-top: .2rem; }
.badge { border: 1px solid currentColor; border-radius: .6rem;
  font-size: .85rem; padding: 0 .5rem; white-space: nowrap; }
.quiet { color: var(--soft); } .good { color: var(--good); }
.warning { color: var(--warning); } .bad { color: var(--bad); }
.alarm { background: var(--tint); border-left: 4px solid var(--bad);
  margin: 1rem 0 0; padding: .5rem .9rem; }
)";

}  // namespace strayd::html
