#include <algorithm>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "strayd/sys/os.h"
#include "strayd/web/password.h"
#include "strayd/web/server.h"

namespace strayd {
namespace {

constexpr std::size_t kMaxFile = 64UL * 1024;

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
    return wrong_at(name.Mark(), where + ": expected a bcrypt hash ($2y$…)");
  }
  if (cost > kMaxBcryptCost) {
    return wrong_at(name.Mark(),
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

// Hears a document and keeps only where it begins.
class WhereItBegins : public YAML::EventHandler {
 public:
  const YAML::Mark& mark() const { return mark_; }

  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {
  }
  void OnScalar(const YAML::Mark& /*mark*/,
                const std::string& /*tag*/,
                YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/,
                       const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/,
                  const std::string& /*tag*/,
                  YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  YAML::Mark mark_{};
};

// YAML::Load reads the first document and is silent about the rest, where
// users could stand; YAML::LoadAll never returns from a text such as ","
// (yaml-cpp 0.7 takes the unread comma for one more document each time).
Result<void> check_one_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  WhereItBegins document;
  if (!parser.HandleNextDocument(document)) return {};
  if (!parser.HandleNextDocument(document)) return {};
  return wrong_at(document.mark(), "expected one YAML document");
}

Result<Users> read_text(const std::string& text) {
  try {
    if (auto one = check_one_document(text); !one) {
      return std::unexpected(std::move(one.error()));
    }
    return read_document(YAML::Load(text));
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

Result<Users> load_users(const WebOptions& options) {
  if (options.config_file.empty()) return Users{};
  return load_web_config(options.config_file);
}

}  // namespace strayd
