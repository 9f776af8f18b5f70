#include "strayd/agent/control.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <utility>

#include "strayd/sys/fd.h"
#include "strayd/sys/os.h"

#include "control_address.h"

namespace strayd {
namespace {

using std::chrono::nanoseconds;

constexpr int kBacklog = 16;
// In one call of serve(): a flood has to leave the loop its time.
constexpr int kMostAccepted = 16;
// After a failed accept the waiting connection is still there: without a pause
// the loop would spin.
constexpr std::chrono::seconds kAcceptPause{1};

struct Client {
  UniqueFd fd{};
  ControlPeer peer{};
  std::string received{};
  nanoseconds deadline{};
  nanoseconds safe_until{};  // nobody takes its place before
};

std::optional<ControlPeer> peer_of(const UniqueFd& fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::nullopt;
  }
  return ControlPeer{.uid = peer.uid, .pid = peer.pid};
}

bool may_command(const ControlPeer& peer) {
  return peer.uid == 0 || peer.uid == ::geteuid();
}

// One that does not read its reply loses it.
void reply(const Client& client, std::string line) {
  if (line.size() >= kLongestReply) line.resize(kLongestReply - 1);
  std::ranges::replace(line, '\n', ' ');
  line += '\n';
  (void)::send(
      client.fd.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Result<void> check_private(const UniqueFd& directory, const std::string& path) {
  struct stat found{};
  if (::fstat(directory.get(), &found) != 0) {
    return std::unexpected(errno_error("stat " + path, errno));
  }
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if (found.st_uid == ::geteuid() && (found.st_mode & kOthers) == 0) return {};
  return fail(Fault::Denied,
              path +
                  " must belong to the user that strayd runs as and to nobody "
                  "else (chmod 700 " +
                  path + ")");
}

Result<void> remove_stale(const UniqueFd& directory, const std::string& path) {
  struct stat found{};
  if (::fstatat(directory.get(), kControlSocket, &found, AT_SYMLINK_NOFOLLOW) !=
      0) {
    if (errno == ENOENT) return {};
    return std::unexpected(errno_error("stat " + path, errno));
  }
  if (!S_ISSOCK(found.st_mode)) {
    return fail(Fault::Malformed, path + " is there and is no socket");
  }
  if (::unlinkat(directory.get(), kControlSocket, 0) == 0) return {};
  return std::unexpected(errno_error("unlink " + path, errno));
}

Result<UniqueFd> listen_in(const UniqueFd& directory, const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return std::unexpected(errno_error("socket", errno));
  const sockaddr_un address = control_address(directory);
  // What bind() creates has the mode of the socket, so it never has another.
  if (::fchmod(fd.get(), S_IRUSR | S_IWUSR) != 0 ||
      ::bind(fd.get(),
             reinterpret_cast<const sockaddr*>(&address),
             sizeof address) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return std::unexpected(errno_error("listen on " + path, errno));
  }
  return fd;
}

}  // namespace

struct Control::Impl {
  UniqueFd directory{};
  UniqueFd listener{};
  dev_t device = 0;  // of the socket's file
  ino_t inode = 0;
  std::deque<Client> clients{};  // the oldest first
  nanoseconds accepts_again{};

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();
  void accept_all();
  void admit(UniqueFd fd);
  void answer_all(const Handler& handler);
  // When there is room for one more; in the past where there is some now.
  nanoseconds room_at() const;
  static bool done(Client& client, const Handler& handler);
};

Control::Impl::~Impl() {
  struct stat found{};
  if (listener &&
      ::fstatat(directory.get(), kControlSocket, &found, AT_SYMLINK_NOFOLLOW) ==
          0 &&
      found.st_dev == device && found.st_ino == inode) {
    ::unlinkat(directory.get(), kControlSocket, 0);
  }
}

nanoseconds Control::Impl::room_at() const {
  const nanoseconds room = clients.size() < kMostClients
                               ? nanoseconds{0}
                               : clients.front().safe_until;
  return std::max(room, accepts_again);
}

void Control::Impl::answer_all(const Handler& handler) {
  std::erase_if(clients, [&](Client& client) { return done(client, handler); });
}

void Control::Impl::accept_all() {
  for (int i = 0; i < kMostAccepted && steady_time() >= room_at(); ++i) {
    UniqueFd fd(::accept4(
        listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EAGAIN) return;
      if (errno == ECONNABORTED || errno == EINTR) continue;
      accepts_again = steady_time() + kAcceptPause;
      return;
    }
    admit(std::move(fd));
  }
}

void Control::Impl::admit(UniqueFd fd) {
  const std::optional<ControlPeer> peer = peer_of(fd);
  if (!peer) return;
  Client client{.fd = std::move(fd),
                .peer = *peer,
                .deadline = steady_time() + kPatience,
                .safe_until = steady_time() + kSafe};
  if (!may_command(*peer)) {
    reply(client, "error only root and strayd's own user may ask");
    return;
  }
  // The longest silent one makes room.
  if (clients.size() >= kMostClients) clients.pop_front();
  clients.push_back(std::move(client));
}

// Whether the connection is to be closed.
bool Control::Impl::done(Client& client, const Handler& handler) {
  std::array<char, kLongestRequest> chunk{};
  const ssize_t got =
      ::recv(client.fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
  const bool nothing_yet = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got <= 0 && !nothing_yet) return true;
  if (got > 0) {
    client.received.append(chunk.data(), static_cast<std::size_t>(got));
  }
  const std::size_t end = client.received.find('\n');
  if (end < kLongestRequest) {
    reply(client, handler(client.received.substr(0, end), client.peer));
    return true;
  }
  if (client.received.size() >= kLongestRequest) {
    reply(client, "error the request is too long");
    return true;
  }
  return steady_time() >= client.deadline;
}

Control::Control(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Control::Control(Control&&) noexcept = default;
Control& Control::operator=(Control&&) noexcept = default;
Control::~Control() = default;

Result<Control> Control::open(const std::string& directory) {
  const std::string path = directory + "/" + kControlSocket;
  Result<UniqueFd> folder = open_directory(directory);
  if (!folder) return std::unexpected(folder.error());
  if (auto checked = check_private(*folder, directory); !checked) {
    return std::unexpected(checked.error());
  }
  if (auto removed = remove_stale(*folder, path); !removed) {
    return std::unexpected(removed.error());
  }
  Result<UniqueFd> listener = listen_in(*folder, path);
  if (!listener) return std::unexpected(listener.error());
  struct stat made{};
  if (::fstatat(folder->get(), kControlSocket, &made, AT_SYMLINK_NOFOLLOW) !=
      0) {
    return std::unexpected(errno_error("stat " + path, errno));
  }
  auto impl = std::make_unique<Impl>();
  impl->directory = *std::move(folder);
  impl->listener = *std::move(listener);
  impl->device = made.st_dev;
  impl->inode = made.st_ino;
  return Control(std::move(impl));
}

void Control::serve(const Handler& handler) {
  impl_->answer_all(handler);
  impl_->accept_all();
  impl_->answer_all(handler);
}

std::vector<int> Control::wait_fds() const {
  std::vector<int> fds;
  if (steady_time() >= impl_->room_at()) {
    fds.push_back(impl_->listener.get());
  }
  for (const Client& client : impl_->clients) fds.push_back(client.fd.get());
  return fds;
}

std::optional<nanoseconds> Control::deadline() const {
  std::optional<nanoseconds> first;
  const nanoseconds room = impl_->room_at();
  if (room > steady_time()) first = room;
  for (const Client& client : impl_->clients) {
    first = std::min(first.value_or(client.deadline), client.deadline);
  }
  return first;
}

}  // namespace strayd
