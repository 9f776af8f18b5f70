// Real sockets, in a network of the test's own.
#include "strayd/net/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/proc/parse.h"
#include "strayd/proc/procfs.h"
#include "strayd/sys/os.h"

#include "diag_text.h"
#include "support/child.h"
#include "support/net_namespace.h"

namespace strayd::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const IpAddress kLoopback4 = v4(127, 0, 0, 1);
const IpAddress kLoopback6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
const IpAddress kAny4 = v4(0, 0, 0, 0);
const IpAddress kAny6{};

Endpoint endpoint(const IpAddress& ip, std::uint16_t port) {
  return {.ip = ip, .port = port};
}

SocketInode inode_of(const UniqueFd& fd) {
  struct stat found{};
  EXPECT_EQ(::fstat(fd.get(), &found), 0);
  return found.st_ino;
}

sockaddr_in6 to_sockaddr(const Endpoint& at) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(at.port);
  std::ranges::copy(at.ip.bytes, address.sin6_addr.s6_addr);
  return address;
}

sockaddr_in to_sockaddr4(const Endpoint& at) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(at.port);
  std::copy_n(at.ip.bytes.begin() + 12,
              4,
              reinterpret_cast<std::uint8_t*>(&address.sin_addr));
  return address;
}

bool is_mapped(const IpAddress& ip) {
  return ip.bytes[10] == 0xff && ip.bytes[11] == 0xff;
}

// IPv4 by its own family.
template <typename Call>
int with_address(const Endpoint& at, const Call& call) {
  if (is_mapped(at.ip)) {
    const sockaddr_in address = to_sockaddr4(at);
    return call(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  const sockaddr_in6 address = to_sockaddr(at);
  return call(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

UniqueFd tcp_socket(const Endpoint& at) {
  const int family = is_mapped(at.ip) ? AF_INET : AF_INET6;
  return UniqueFd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

UniqueFd listen_on(const Endpoint& at, int option = 0) {
  UniqueFd fd = tcp_socket(at);
  const int on = 1;
  const int level = option == IPV6_V6ONLY ? IPPROTO_IPV6 : SOL_SOCKET;
  if (option != 0) {
    EXPECT_EQ(::setsockopt(fd.get(), level, option, &on, sizeof on), 0);
  }
  EXPECT_EQ(with_address(at,
                         [&](const sockaddr* address, socklen_t size) {
                           return ::bind(fd.get(), address, size);
                         }),
            0);
  EXPECT_EQ(::listen(fd.get(), 4096), 0);
  return fd;
}

UniqueFd connect_to(const Endpoint& at) {
  UniqueFd fd = tcp_socket(at);
  EXPECT_EQ(with_address(at,
                         [&](const sockaddr* address, socklen_t size) {
                           return ::connect(fd.get(), address, size);
                         }),
            0);
  return fd;
}

UniqueFd accept_from(const UniqueFd& listener) {
  return UniqueFd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

std::uint16_t port_of(const UniqueFd& fd) {
  sockaddr_in6 address{};  // the port is at the same place in both
  socklen_t size = sizeof address;
  EXPECT_EQ(
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin6_port);
}

SocketTable read(SocketReader& reader,
                 const SocketsWanted& wanted = {.connections = true}) {
  Result<SocketTable> table = reader.read(wanted);
  EXPECT_TRUE(table) << table.error().what;
  return table ? *std::move(table) : SocketTable{};
}

SocketTable read_all() {
  SocketReader reader;
  return read(reader);
}

std::optional<Connection> find(const SocketTable& table, SocketInode inode) {
  const auto found =
      std::ranges::find(*table.connections, inode, &Connection::inode);
  if (found == table.connections->end()) return std::nullopt;
  return *found;
}

TEST(Sockets, are_none_in_an_empty_network) {
  in_net_namespace([] {
    const SocketTable table = read_all();
    EXPECT_THAT(table.listeners, IsEmpty());
    EXPECT_THAT(*table.connections, IsEmpty());
  });
}

TEST(Sockets, show_listeners_of_both_families) {
  in_net_namespace([] {
    const UniqueFd four = listen_on(endpoint(kLoopback4, 3001));
    const UniqueFd any4 = listen_on(endpoint(kAny4, 3002));
    const UniqueFd six = listen_on(endpoint(kLoopback6, 3003));
    const UniqueFd only6 = listen_on(endpoint(kAny6, 3004), IPV6_V6ONLY);
    const UniqueFd dual = listen_on(endpoint(kAny6, 3005));
    EXPECT_THAT(read_all().listeners,
                UnorderedElementsAre(
                    Listener{inode_of(four), endpoint(kLoopback4, 3001)},
                    Listener{inode_of(any4), endpoint(kAny4, 3002)},
                    Listener{inode_of(six), endpoint(kLoopback6, 3003)},
                    Listener{inode_of(only6), endpoint(kAny6, 3004)},
                    Listener{inode_of(dual), endpoint(kAny6, 3005)}));
  });
}

TEST(Sockets, of_one_port_are_two_where_it_is_shared) {
  in_net_namespace([] {
    const UniqueFd one = listen_on(endpoint(kAny4, 3000), SO_REUSEPORT);
    const UniqueFd two = listen_on(endpoint(kAny4, 3000), SO_REUSEPORT);
    EXPECT_NE(inode_of(one), inode_of(two));
    EXPECT_THAT(
        read_all().listeners,
        UnorderedElementsAre(Listener{inode_of(one), endpoint(kAny4, 3000)},
                             Listener{inode_of(two), endpoint(kAny4, 3000)}));
  });
}

TEST(Sockets, show_both_ends_of_a_connection) {
  in_net_namespace([] {
    const UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
    const UniqueFd client = connect_to(endpoint(kLoopback4, 3000));
    const UniqueFd server = accept_from(listener);
    const SocketTable table = read_all();
    ASSERT_EQ(table.connections->size(), 2U);
    const Endpoint near = endpoint(kLoopback4, port_of(client));
    const Endpoint far = endpoint(kLoopback4, 3000);
    const std::optional<Connection> out = find(table, inode_of(client));
    ASSERT_TRUE(out);
    EXPECT_EQ(out->local, near);
    EXPECT_EQ(out->remote, far);
    EXPECT_TRUE(out->since_receive);
    const std::optional<Connection> in = find(table, inode_of(server));
    ASSERT_TRUE(in);
    EXPECT_EQ(in->local, far);
    EXPECT_EQ(in->remote, near);
    EXPECT_TRUE(in->since_receive);
  });
}

TEST(Sockets, of_a_dual_stack_server_have_ipv4_addresses_like_all_others) {
  in_net_namespace([] {
    const UniqueFd listener = listen_on(endpoint(kAny6, 3000));
    const UniqueFd client = connect_to(endpoint(kLoopback4, 3000));
    const UniqueFd server = accept_from(listener);
    const SocketTable table = read_all();
    const std::optional<Connection> in = find(table, inode_of(server));
    const std::optional<Connection> out = find(table, inode_of(client));
    ASSERT_TRUE(in && out);
    EXPECT_EQ(in->local, out->remote);
    EXPECT_EQ(in->remote, out->local);
    EXPECT_EQ(in->local.ip, kLoopback4);
  });
}

TEST(Sockets, of_clients_are_no_listeners) {
  in_net_namespace([] {
    const UniqueFd listener = listen_on(endpoint(kLoopback6, 3000));
    const UniqueFd client = connect_to(endpoint(kLoopback6, 3000));
    const UniqueFd server = accept_from(listener);
    const UniqueFd idle = tcp_socket(endpoint(kLoopback6, 0));
    EXPECT_THAT(
        read_all().listeners,
        ElementsAre(Listener{inode_of(listener), endpoint(kLoopback6, 3000)}));
  });
}

TEST(Sockets, show_no_connections_where_only_listeners_are_wanted) {
  in_net_namespace([] {
    const UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
    const UniqueFd client = connect_to(endpoint(kLoopback4, 3000));
    SocketReader reader;
    const SocketTable table = read(reader, {});
    EXPECT_EQ(table.listeners.size(), 1U);
    EXPECT_EQ(table.connections, std::nullopt);
  });
}

TEST(Sockets, to_other_far_ports_than_the_wanted_are_left_out) {
  in_net_namespace([] {
    const UniqueFd one = listen_on(endpoint(kLoopback4, 3001));
    const UniqueFd two = listen_on(endpoint(kLoopback6, 3002));
    const UniqueFd three = listen_on(endpoint(kLoopback4, 3003));
    const UniqueFd to_one = connect_to(endpoint(kLoopback4, 3001));
    const UniqueFd to_two = connect_to(endpoint(kLoopback6, 3002));
    const UniqueFd to_three = connect_to(endpoint(kLoopback4, 3003));
    const UniqueFd at_one = accept_from(one);
    SocketReader reader;
    const auto seen = [&](std::vector<std::uint16_t> ports) {
      const SocketTable table =
          read(reader, {.connections = true, .far_ports = std::move(ports)});
      EXPECT_EQ(table.listeners.size(), 3U) << "all that listen";
      std::vector<SocketInode> inodes;
      for (const Connection& found : *table.connections) {
        inodes.push_back(found.inode);
      }
      return inodes;
    };
    EXPECT_THAT(seen({3001}), ElementsAre(inode_of(to_one)));
    EXPECT_THAT(seen({3002}), ElementsAre(inode_of(to_two)));
    EXPECT_THAT(seen({443, 3001, 3002, 8080}),
                UnorderedElementsAre(inode_of(to_one), inode_of(to_two)));
    EXPECT_THAT(seen({443}), IsEmpty());
    EXPECT_EQ(seen({}).size(), 4U);

    std::vector<std::uint16_t> many(256);
    std::iota(many.begin(), many.end(), 10'000);
    many.back() = 3003;
    EXPECT_THAT(seen(many), ElementsAre(inode_of(to_three)));
    many.push_back(1);
    EXPECT_EQ(seen(many).size(), 4U) << "too many for a filter";
  });
}

// An abstract address: it is gone with its socket.
sockaddr_un abstract_address(char name) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  address.sun_path[1] = name;
  return address;
}

UniqueFd unix_socket(char name, int type, bool listens) {
  UniqueFd fd{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
  const sockaddr_un at = abstract_address(name);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at),
            0);
  EXPECT_TRUE(!listens || ::listen(fd.get(), 10) == 0);
  return fd;
}

UniqueFd udp_socket(const Endpoint& at) {
  const int family = is_mapped(at.ip) ? AF_INET : AF_INET6;
  return UniqueFd{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
}

UniqueFd bound_udp(const Endpoint& at) {
  UniqueFd fd = udp_socket(at);
  EXPECT_EQ(with_address(at,
                         [&](const sockaddr* address, socklen_t size) {
                           return ::bind(fd.get(), address, size);
                         }),
            0);
  return fd;
}

std::vector<SocketInode> other_servers() {
  SocketReader reader;
  const SocketTable table = read(reader, {.other_servers = true});
  EXPECT_TRUE(table.other_servers);
  const auto found = table.other_servers.value_or(std::vector<SocketInode>{});
  EXPECT_TRUE(std::ranges::is_sorted(found));
  return found;
}

TEST(Sockets, of_other_servers_are_not_read_where_they_are_not_wanted) {
  in_net_namespace([] {
    EXPECT_EQ(read_all().other_servers, std::nullopt);
    EXPECT_THAT(other_servers(), IsEmpty());
  });
}

TEST(Sockets, of_unix_serve_where_they_accept) {
  in_net_namespace([] {
    const UniqueFd stream = unix_socket('a', SOCK_STREAM, true);
    const UniqueFd packets = unix_socket('b', SOCK_SEQPACKET, true);
    const UniqueFd bound = unix_socket('c', SOCK_STREAM, false);
    const UniqueFd datagrams = unix_socket('d', SOCK_DGRAM, false);
    const UniqueFd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un at = abstract_address('a');
    ASSERT_EQ(
        ::connect(
            client.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at),
        0);
    const UniqueFd accepted = accept_from(stream);
    EXPECT_THAT(other_servers(),
                UnorderedElementsAre(inode_of(stream), inode_of(packets)));
  });
}

TEST(Sockets, of_udp_serve_where_they_are_bound_and_not_connected) {
  in_net_namespace([] {
    const UniqueFd four = bound_udp(endpoint(kAny4, 5000));
    const UniqueFd six = bound_udp(endpoint(kLoopback6, 5001));
    const UniqueFd unbound = udp_socket(endpoint(kLoopback4, 0));
    const UniqueFd client = udp_socket(endpoint(kLoopback4, 0));
    const Endpoint far = endpoint(kLoopback4, 5000);
    ASSERT_EQ(with_address(far,
                           [&](const sockaddr* address, socklen_t size) {
                             return ::connect(client.get(), address, size);
                           }),
              0);
    EXPECT_THAT(other_servers(),
                UnorderedElementsAre(inode_of(four), inode_of(six)));
  });
}

TEST(Sockets, of_unix_that_are_connected_are_told_with_their_other_ends) {
  in_net_namespace([] {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()),
              0);
    const UniqueFd one{ends[0]};
    const UniqueFd other{ends[1]};
    const UniqueFd server = unix_socket('a', SOCK_STREAM, true);
    const UniqueFd receiver = unix_socket('d', SOCK_DGRAM, false);
    const UniqueFd sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un at = abstract_address('d');
    ASSERT_EQ(
        ::connect(
            sender.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at),
        0);
    SocketReader reader;
    const SocketTable table = read(reader, {.unix_pairs = true});
    ASSERT_TRUE(table.unix_pairs);
    EXPECT_THAT(
        *table.unix_pairs,
        UnorderedElementsAre(UnixPair{inode_of(one), inode_of(other)},
                             UnixPair{inode_of(other), inode_of(one)},
                             UnixPair{inode_of(sender), inode_of(receiver)}));
    EXPECT_EQ(read_all().unix_pairs, std::nullopt);
  });
}

TEST(Sockets, of_other_servers_are_no_listeners_and_no_connections) {
  in_net_namespace([] {
    const UniqueFd tcp = listen_on(endpoint(kLoopback4, 3000));
    const UniqueFd udp = bound_udp(endpoint(kLoopback4, 3000));
    const UniqueFd local = unix_socket('a', SOCK_STREAM, true);
    SocketReader reader;
    const SocketTable table =
        read(reader, {.connections = true, .other_servers = true});
    EXPECT_THAT(
        table.listeners,
        ElementsAre(Listener{inode_of(tcp), endpoint(kLoopback4, 3000)}));
    EXPECT_THAT(*table.connections, IsEmpty());
    EXPECT_EQ(table.other_servers->size(), 2U);
  });
}

TEST(Sockets, leave_out_a_connection_that_nobody_has_accepted) {
  in_net_namespace([] {
    const UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
    const UniqueFd client = connect_to(endpoint(kLoopback4, 3000));
    const SocketTable table = read_all();
    ASSERT_EQ(table.connections->size(), 1U);
    EXPECT_EQ(table.connections->front().inode, inode_of(client));
  });
}

TEST(Sockets, leave_out_what_was_closed) {
  in_net_namespace([] {
    SocketReader reader;
    {
      const UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
      const UniqueFd client = connect_to(endpoint(kLoopback4, 3000));
      const UniqueFd server = accept_from(listener);
      EXPECT_EQ(read(reader).connections->size(), 2U);
    }
    const SocketTable table = read(reader);
    EXPECT_THAT(table.listeners, IsEmpty());
    EXPECT_THAT(*table.connections, IsEmpty());
  });
}

TEST(Sockets, tell_how_long_a_peer_has_been_silent) {
  in_net_namespace([] {
    const UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
    const UniqueFd client = connect_to(endpoint(kLoopback4, 3000));
    const UniqueFd server = accept_from(listener);
    SocketReader reader;
    const auto silence_of = [&](const UniqueFd& fd) {
      const std::optional<Connection> seen = find(read(reader), inode_of(fd));
      EXPECT_TRUE(seen && seen->since_receive);
      return seen.value_or(Connection{})
          .since_receive.value_or(std::chrono::milliseconds{-1});
    };
    const auto before = silence_of(client);
    EXPECT_TRUE(eventually([&] {
      return silence_of(client) > before + std::chrono::milliseconds{50};
    }));
    const auto long_silence = silence_of(client);
    const auto other_end = silence_of(server);
    EXPECT_TRUE(eventually([&] {
      EXPECT_EQ(::send(server.get(), "x", 1, MSG_NOSIGNAL), 1);
      return silence_of(client) < long_silence;
    }));
    EXPECT_GE(silence_of(server), other_end) << "it was sent nothing";
  });
}

ProcId id_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const Result<std::string> text = read_file(path, 4096);
  const Result<ProcStat> stat = parse_stat(text.value_or(""));
  EXPECT_TRUE(stat);
  return stat ? stat->id : ProcId{};
}

TEST(Sockets, are_held_by_a_child_that_inherited_them_and_by_no_other) {
  in_net_namespace([] {
    UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
    const SocketInode inode = inode_of(listener);
    const Child heir{[](int ready) {
      Child::stay(ready);
    }};
    const Child other{[&](int ready) {
      listener = UniqueFd{};
      const UniqueFd own = listen_on(endpoint(kLoopback4, 3001));
      Child::stay(ready);
    }};
    listener = UniqueFd{};

    const std::vector<ProcId> ids{
        id_of(::getpid()), id_of(heir.pid()), id_of(other.pid())};
    Result<Procfs> procfs = Procfs::open({});
    ASSERT_TRUE(procfs);
    const Result<Holdings> holdings = procfs->holdings(ids);
    ASSERT_TRUE(holdings);
    const auto ports_of = [&](const ProcId& id) {
      std::vector<std::uint16_t> ports;
      for (const Listener& one : read_all().listeners) {
        const std::vector<SocketInode>& held = *holdings->at(id);
        if (std::ranges::binary_search(held, one.inode)) {
          ports.push_back(one.local.port);
        }
      }
      return ports;
    };
    EXPECT_THAT(ports_of(ids[0]), ElementsAre());
    EXPECT_THAT(ports_of(ids[1]), ElementsAre(3000));
    EXPECT_THAT(ports_of(ids[2]), ElementsAre(3001));
    EXPECT_THAT(*holdings->at(ids[1]), testing::Contains(inode));
  });
}

// As many as are allowed, and no more than that.
std::size_t allow_descriptors(std::size_t wanted) {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted + 100);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  return std::min<std::size_t>(wanted, limit.rlim_cur - 100);
}

TEST(Sockets, are_all_found_where_there_are_many) {
  in_net_namespace([] {
    const std::size_t count = allow_descriptors(10'000);
    const UniqueFd listener = listen_on(endpoint(kLoopback4, 3000));
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd told{ends[0]};
    UniqueFd teller{ends[1]};
    const Child server{[&](int ready) {
      ::close(ready);
      std::vector<UniqueFd> accepted;
      while (accepted.size() < count) {
        accepted.push_back(accept_from(listener));
        if (!accepted.back()) ::_exit(1);
      }
      static_cast<void>(::write(teller.get(), "x", 1));
      for (;;) ::pause();
    }};
    teller = UniqueFd{};
    std::vector<UniqueFd> clients;
    std::set<SocketInode> expected;
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(connect_to(endpoint(kLoopback4, 3000)));
      expected.insert(inode_of(clients.back()));
    }
    char all = 0;
    ASSERT_EQ(::read(told.get(), &all, 1), 1);

    const SocketTable table = read_all();
    EXPECT_EQ(table.connections->size(), 2 * count);
    for (const Connection& one : *table.connections) expected.erase(one.inode);
    EXPECT_EQ(expected.size(), 0U) << "of " << count << " are missing";
    EXPECT_TRUE(
        std::ranges::is_sorted(*table.connections, {}, &Connection::inode));
  });
}

}  // namespace
}  // namespace strayd::test
