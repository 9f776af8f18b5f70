#include "strayd/web/server.h"

#include <civetweb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strayd/sys/signal_mask.h"
#include "strayd/web/gate.h"
#include "strayd/web/http.h"
#include "strayd/web/listen.h"

namespace strayd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWorthCompressing = 1024;
// A slow reader: CivetWeb itself waits 2 s for a write, so between the slices
// we look at the whole.
constexpr std::size_t kSlice = 16UL * 1024;
constexpr std::chrono::seconds kLongestAnswer{4};

// False once the client is gone or too slow, or the server ends.
bool write_all(mg_connection* connection,
               std::string_view bytes,
               Clock::time_point deadline,
               const std::atomic<bool>& stopping) {
  while (!bytes.empty()) {
    if (stopping || Clock::now() >= deadline) return false;
    const std::size_t size = std::min(bytes.size(), kSlice);
    const int sent = ::mg_write(connection, bytes.data(), size);
    // Less than asked for: nothing moved for 2 s.
    if (sent < 0 || static_cast<std::size_t>(sent) < size) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

// What CivetWeb refuses by itself looks like the rest.
Response plain(int status, std::string_view text) {
  return {.status = status, .body = std::string(text).append("\n")};
}

// Each value is measured in tests/web/starvation_test.cc.
//
// Without keep-alive a connection is one request, and its thread is free again
// after a second at the latest when the client says nothing or a byte at a
// time (request_timeout_ms is for the whole head). So a scrape waits at most
// one second for every 96 clients that stall at the same time. 96 idle threads
// cost half a MiB.
std::vector<const char*> civetweb_options(const std::string& listen) {
  return {"listening_ports",
          listen.c_str(),
          "num_threads",
          "96",
          "connection_queue",
          "128",
          "listen_backlog",
          "512",
          "request_timeout_ms",
          "1000",
          "enable_keep_alive",
          "no",
          "tcp_nodelay",
          "1",
          "decode_url",
          "no",  // http.h does, and sees a %00
          "access_control_allow_methods",
          "",
          nullptr};
}

// Not thread-safe, and mg_start would do it unasked.
void init_civetweb_once() {
  static std::once_flag once;
  std::call_once(once, [] { ::mg_init_library(MG_FEATURES_DEFAULT); });
}

}  // namespace

struct Server::Impl {
  Impl(Handler answering, Users users, std::vector<std::string> open)
      : handler(std::move(answering)),
        open_paths(std::move(open)),
        gate(std::move(users)) {}
  Impl(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl() { stop(); }

  Result<void> run(const ListenAddress& address);
  void stop();

  Response respond(mg_connection* connection);
  Admission admit(const mg_connection* connection,
                  const std::optional<std::string>& path);
  Response handle(const Request& request) const;
  int send(mg_connection* connection, Response response) const;

  static Impl& of(const mg_connection* connection);
  static int on_request(mg_connection* connection) noexcept;
  static int on_error(mg_connection* connection,
                      int status,
                      const char* message) noexcept;
  static int on_log(const mg_connection* connection,
                    const char* message) noexcept;

  Handler handler;
  const std::vector<std::string> open_paths;
  Gate gate;
  ListenAddress bound{};
  std::atomic<bool> stopping = false;
  mg_context* context = nullptr;
};

Server::Impl& Server::Impl::of(const mg_connection* connection) {
  return *static_cast<Impl*>(::mg_get_user_context_data(connection));
}

Result<void> Server::Impl::run(const ListenAddress& address) {
  init_civetweb_once();
  const std::string listen = to_string(address);
  std::vector<const char*> options = civetweb_options(listen);
  mg_callbacks callbacks{};
  callbacks.begin_request = &Impl::on_request;
  callbacks.http_error = &Impl::on_error;
  callbacks.log_message = &Impl::on_log;
  {
    // CivetWeb's threads inherit it, and SIGPIPE with it, which is nobody's.
    const AllSignalsBlocked quiet;
    context = ::mg_start(&callbacks, this, options.data());
  }
  mg_server_port port{};
  if (context == nullptr || ::mg_get_server_ports(context, 1, &port) != 1) {
    return fail(Fault::Io, "listen " + listen + ": the server does not start");
  }
  bound = address;
  bound.port = static_cast<std::uint16_t>(port.port);
  return {};
}

void Server::Impl::stop() {
  if (context == nullptr) return;
  stopping = true;
  gate.close();
  // mg_stop alone waits for threads that poll for up to 2 s; a socket that is
  // shut down ends their poll at once. Twice: the first pass ends accepting,
  // the second sees what was being accepted meanwhile.
  shutdown_sockets_at(bound);
  shutdown_sockets_at(bound);
  ::mg_stop(context);
  // mg_stop forgets a connection that was being accepted when it began.
  close_sockets_at(bound);
  context = nullptr;
}

// Who asks for an open path waits for nobody's password either.
Admission Server::Impl::admit(const mg_connection* connection,
                              const std::optional<std::string>& path) {
  const bool open =
      path && std::ranges::find(open_paths, *path) != open_paths.end();
  if (open) return Admission::Welcome;
  return gate.admit(::mg_get_header(connection, "Authorization"));
}

Response Server::Impl::respond(mg_connection* connection) {
  const mg_request_info& info = *::mg_get_request_info(connection);
  // NULL for a URI that is about another host.
  const char* raw = info.local_uri_raw;
  auto path = raw == nullptr ? std::nullopt : decode_path(raw);
  switch (admit(connection, path)) {
    case Admission::Refused:
      return plain(401, "unauthorized");
    case Admission::Busy:
      return plain(503, "too many passwords to check");
    case Admission::Welcome:
      break;
  }
  if (!path) return plain(400, "bad path");
  return handle({.method = info.request_method, .path = *std::move(path)});
}

Response Server::Impl::handle(const Request& request) const {
  try {
    return handler(request);
  } catch (...) {  // what it says may be no business of the client's
    return plain(500, "internal error");
  }
}

int Server::Impl::send(mg_connection* connection, Response response) const {
  Wire wire{.reason = ::mg_get_response_code_text(connection, response.status),
            .now = std::time(nullptr)};
  const char* codings = ::mg_get_header(connection, "Accept-Encoding");
  if (response.body.size() > kWorthCompressing && accepts_gzip(codings)) {
    auto packed = gzip(response.body);
    wire.compressed = packed.has_value();
    if (packed) response.body = std::move(*packed);
  }
  wire.length = response.body.size();
  std::string start = response_head(response, wire);
  const char* method = ::mg_get_request_info(connection)->request_method;
  const bool bodiless = method != nullptr && std::string_view(method) == "HEAD";
  // The head and what fits leave together: mostly one packet.
  std::string_view rest;
  if (!bodiless) {
    rest = response.body;
    start += rest.substr(0, kSlice);
    rest.remove_prefix(std::min(rest.size(), kSlice));
  }
  const auto deadline = Clock::now() + kLongestAnswer;
  if (write_all(connection, start, deadline, stopping)) {
    write_all(connection, rest, deadline, stopping);
  }
  return response.status;
}

int Server::Impl::on_request(mg_connection* connection) noexcept {
  // Else CivetWeb reads the rest of a request's body first, for as long as the
  // client cares to send it.
  ::mg_disable_connection_keep_alive(connection);
  try {
    Impl& self = of(connection);
    return self.send(connection, self.respond(connection));
  } catch (...) {  // no memory: the connection is closed unanswered
    return 500;
  }
}

int Server::Impl::on_error(mg_connection* connection,
                           int status,
                           const char* message) noexcept {
  try {
    of(connection).send(connection, plain(status, message));
  } catch (...) {
    return 0;
  }
  return 0;
}

// CivetWeb would write to stderr and to files.
int Server::Impl::on_log(const mg_connection* /*connection*/,
                         const char* /*message*/) noexcept {
  return 1;
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Result<Server> Server::start(const WebOptions& options,
                             Handler handler,
                             std::vector<std::string> open_paths) {
  const auto address = parse_listen(options.listen);
  if (!address) return std::unexpected(address.error());
  auto users = load_users(options);
  if (!users) return std::unexpected(std::move(users.error()));
  if (auto free = check_bind(*address); !free) {
    return std::unexpected(std::move(free.error()));
  }
  auto impl = std::make_unique<Impl>(
      std::move(handler), std::move(*users), std::move(open_paths));
  if (auto up = impl->run(*address); !up) {
    return std::unexpected(std::move(up.error()));
  }
  return Server(std::move(impl));
}

std::string Server::address() const {
  return to_string(impl_->bound);
}

void Server::set_users(Users users) {
  impl_->gate.set_users(std::move(users));
}

}  // namespace strayd
