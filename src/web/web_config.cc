#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "strayd/sys/os.h"
#include "strayd/web/password.h"
#include "strayd/web/server.h"

namespace strayd {
namespace {

constexpr std::size_t kMaxFile = 256UL * 1024;

// An error at a place of the file, on its way to parse_web_config.
std::unexpected<Error> wrong_at(const YAML::Mark& mark, std::string_view why) {
  return fail(Fault::Malformed, fmt::format("{}: {}", mark.line + 1, why));
}

Result<void> check_user(const YAML::Node& name, const YAML::Node& hash) {
  if (!name.IsScalar() || name.Scalar().empty()) {
    return wrong_at(name.Mark(), "basic_auth_users: expected a user name");
  }
  const std::string where = "basic_auth_users: " + name.Scalar();
  if (name.Scalar().find_first_of(std::string_view(":\0", 2)) !=
      std::string::npos) {
    return wrong_at(name.Mark(), where + ": no client can send this name");
  }
  // The hash itself stays out of the message: it ends up in logs.
  const int cost = hash.IsScalar() ? bcrypt_cost(hash.Scalar()) : 0;
  if (cost == 0) {
    return wrong_at(hash.Mark(), where + ": expected a bcrypt hash ($2y$…)");
  }
  if (cost > kMaxBcryptCost) {
    return wrong_at(hash.Mark(),
                    fmt::format("{}: the hash's cost is {}, at most {} is "
                                "taken: each check would stop for seconds",
                                where,
                                cost,
                                kMaxBcryptCost));
  }
  return {};
}

Result<Users> read_users(const YAML::Node& node) {
  Users users;
  if (node.IsNull()) return users;
  if (!node.IsMap()) {
    return wrong_at(node.Mark(), "basic_auth_users: expected user: hash");
  }
  for (const auto& entry : node) {
    if (auto fine = check_user(entry.first, entry.second); !fine) {
      return std::unexpected(std::move(fine.error()));
    }
    const std::string& name = entry.first.Scalar();
    if (!users.emplace(name, entry.second.Scalar()).second) {
      return wrong_at(entry.first.Mark(),
                      "basic_auth_users: " + name + ": named twice");
    }
  }
  return users;
}

// Only `http2` is let pass, for HTTP/2 exists behind TLS alone: whatever it
// says, it changes nothing here.
Result<void> check_http_server_config(const YAML::Node& node) {
  if (node.IsNull()) return {};
  if (!node.IsMap()) {
    return wrong_at(node.Mark(), "http_server_config: expected keys");
  }
  for (const auto& entry : node) {
    if (entry.first.IsScalar() && entry.first.Scalar() == "http2") continue;
    return wrong_at(
        entry.first.Mark(),
        "http_server_config: only http2 is known; other response headers are "
        "not offered by this build");
  }
  return {};
}

Result<void> read_key(const YAML::Node& key,
                      const YAML::Node& value,
                      Users& users) {
  const std::string name = key.IsScalar() ? key.Scalar() : "(no name)";
  if (name == "http_server_config") return check_http_server_config(value);
  if (name == "tls_server_config") {
    return wrong_at(key.Mark(),
                    "tls_server_config: TLS is not offered by this build; put "
                    "a reverse proxy in front");
  }
  if (name != "basic_auth_users") {
    return wrong_at(key.Mark(), "unknown key " + name);
  }
  auto read = read_users(value);
  if (!read) return std::unexpected(std::move(read.error()));
  users = std::move(*read);
  return {};
}

Result<Users> read_document(const YAML::Node& document) {
  Users users;
  if (document.IsNull()) return users;
  if (!document.IsMap()) {
    return wrong_at(document.Mark(), "expected basic_auth_users");
  }
  std::vector<std::string> seen;
  for (const auto& entry : document) {
    if (auto fine = read_key(entry.first, entry.second, users); !fine) {
      return std::unexpected(std::move(fine.error()));
    }
    const std::string& name = entry.first.Scalar();
    if (std::ranges::find(seen, name) != seen.end()) {
      return wrong_at(entry.first.Mark(), name + ": named twice");
    }
    seen.push_back(name);
  }
  return users;
}

Result<Users> read_text(const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty()) return Users{};
    if (documents.size() > 1) {
      return wrong_at(documents[1].Mark(), "expected one YAML document");
    }
    return read_document(documents.front());
  } catch (const YAML::Exception& error) {
    return wrong_at(error.mark, "no valid YAML: " + error.msg);
  }
}

}  // namespace

Result<Users> parse_web_config(std::string_view text, std::string_view name) {
  auto users = read_text(std::string(text));
  if (!users) {
    users.error().what = fmt::format("{}:{}", name, users.error().what);
  }
  return users;
}

Result<Users> load_web_config(const std::string& path) {
  const auto text = read_file(path, kMaxFile);
  if (!text) return std::unexpected(text.error());
  return parse_web_config(*text, path);
}

}  // namespace strayd
