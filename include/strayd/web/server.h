// The HTTP server behind one seam. Read-only: nothing over HTTP changes
// anything.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/result.h"

namespace strayd {

struct Request {
  std::string method{};  // as sent: "GET", "HEAD", "POST", …
  std::string path{};    // decoded once, without the query
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};  // left out on the wire when the method was HEAD
};

struct WebOptions {
  // A numeric IPv4 address or "localhost", and a port. ":9586" is every
  // interface; port 0 is any free one (see Server::address).
  std::string listen = "127.0.0.1:9586";
  std::string config_file{};  // Prometheus exporter-toolkit format; empty: none

  bool operator==(const WebOptions&) const = default;
};

// user -> bcrypt hash, from `basic_auth_users`. Empty: everyone may read.
using Users = std::map<std::string, std::string>;

// The exporters' web-config file (YAML): `basic_auth_users`. A
// `tls_server_config` is refused with a clear error, as are unknown keys and
// hashes that are no bcrypt. Every error begins with NAME:LINE.
// https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
Result<Users> load_web_config(const std::string& path);
Result<Users> parse_web_config(std::string_view text, std::string_view name);
// Those of the options' config_file; without one, nobody is asked.
Result<Users> load_users(const WebOptions& options);

class Server {
 public:
  using Handler = std::function<Response(const Request&)>;

  // Binds and serves on its own threads until destroyed; they block every
  // signal. The handler is called from several threads at once and has 100 KiB
  // of stack (CivetWeb's threads); what it throws becomes a 500. With a
  // config_file it begins with the users of that file. Nobody is asked for a
  // password whose path, as the handler gets it, is one of `open_paths`.
  // Error: "listen 127.0.0.1:9586: Address already in use (…)".
  static Result<Server> start(const WebOptions& options,
                              Handler handler,
                              std::vector<std::string> open_paths = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  // Cuts the open connections and joins the threads, within a second.
  ~Server();

  std::string address() const;  // with the port that was really bound

  // From now on these may read; for a reload of the web-config file.
  void set_users(Users users);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strayd
