// The pieces of a report as JSON. Every string in them is valid UTF-8.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "strayd/core/report.h"

namespace strayd::json {

// Keys stay in the order of the contract.
using Json = nlohmann::ordered_json;

// Foreign bytes as a JSON string.
Json text(std::string_view bytes);
Json text_or_null(std::string_view bytes);  // null for an empty one
Json seconds(std::chrono::nanoseconds duration);

template <typename T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// The object of `scan --json`, version 1, with keys added at the end.
Json scan_object(const Report& report);

// Each app with its instances; what is not known is null.
Json apps(const Report& report);
Json conflicts(const Report& report);
Json remotes(const std::optional<std::vector<RemoteShare>>& shares);
// What came of the kills: "harms" and "returned".
void add_aftermath(Json& object, const Report& report);

// One line, with a newline at its end.
std::string dump(const Json& object);

}  // namespace strayd::json
