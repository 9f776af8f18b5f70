#include "port_errors.h"

#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "strayd/pm2/bus_event.h"

#include "port_words.h"

namespace strayd {
namespace {

constexpr std::size_t kMostOpen = 64;
constexpr std::size_t kLongestOpen = 1024;
constexpr std::size_t kMostApps = 64;

// PM2 writes these two around what it read of an app in fork mode (7.0.4,
// God/ForkMode.js). What a cluster's worker wrote is never in pieces.
constexpr std::string_view kFront = R"({"process":{"pm_id":)";
constexpr std::string_view kBack = R"("})";

std::optional<std::int64_t> pm_id_of(std::string_view json) {
  if (!json.starts_with(kFront)) return std::nullopt;
  json.remove_prefix(kFront.size());
  std::int64_t pm_id = 0;
  const auto [rest, error] = std::from_chars(
      std::to_address(json.begin()), std::to_address(json.end()), pm_id);
  return error == std::errc{} ? std::optional(pm_id) : std::nullopt;
}

}  // namespace

bool PortErrors::is_of_interest(std::string_view json) const {
  if (has_port_words(json)) return true;
  if (!json.ends_with(kBack)) return false;
  if (ends_within_port_words(json.substr(0, json.size() - kBack.size()))) {
    return true;
  }
  if (open_.empty()) return false;
  const std::optional<std::int64_t> pm_id = pm_id_of(json);
  return pm_id && open_.contains(*pm_id);
}

void PortErrors::keep(std::int64_t pm_id, std::string_view rest) {
  if (rest.empty() || rest.size() > kLongestOpen) return;
  if (open_.size() < kMostOpen) open_.emplace(pm_id, rest);
}

// What is behind a piece that was not read does not go on with what is before.
void PortErrors::hear(const Pm2BusFrame& frame, AskedPorts& asked) {
  if (frame.json.empty()) {
    open_.clear();
    return;
  }
  if (!is_of_interest(frame.json)) return;
  if (frame.json.size() > left_) {
    open_.clear();
    return;
  }
  left_ -= frame.json.size();
  Result<std::optional<Pm2ErrorText>> said = parse_pm2_error(frame);
  if (!said) return;
  std::optional<Pm2ErrorText>& of_an_app = *said;
  if (!of_an_app) return;
  Pm2ErrorText& piece = *of_an_app;
  if (auto before = open_.extract(piece.pm_id)) {
    piece.text.insert(0, before.mapped());
  }
  const PortWords words = read_port_words(piece.text);
  const AppKey app{.home = home_, .app = std::move(piece.app)};
  for (const std::uint16_t port : words.ports) add_asked(asked, app, port);
  keep(piece.pm_id, words.rest);
}

void add_asked(AskedPorts& to, const AppKey& app, std::uint16_t port) {
  auto found = to.find(app);
  if (found == to.end()) {
    if (to.size() >= kMostApps) return;
    found = to.try_emplace(app).first;
  }
  if (found->second.size() < kMostAskedPorts) found->second.insert(port);
}

void add_asked(AskedPorts& to, const AskedPorts& from) {
  for (const auto& [app, ports] : from) {
    for (const std::uint16_t port : ports) add_asked(to, app, port);
  }
}

}  // namespace strayd
