// Look-ups by the real getaddrinfo, in a network of the test's own.
#include "strayd/net/resolver.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/reap/reaper.h"
#include "strayd/sys/os.h"
#include "strayd/sys/pidfd.h"

#include "diag_text.h"
#include "name_service.h"
#include "support/child.h"
#include "support/net_namespace.h"

namespace strayd::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Mood = NameServer::Mood;

const IpAddress kOne = v4(192, 0, 2, 1);
const IpAddress kTwo = v4(192, 0, 2, 2);
const IpAddress kThree = v4(192, 0, 2, 3);
// 2001:db8::7
const IpAddress kSix{{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}};

// Looks up again at once.
constexpr ResolverOptions kHasty{.interval = 0s, .patience = 20s};

Resolver resolver_of(std::vector<std::string> hosts,
                     ResolverOptions options = kHasty) {
  return Resolver(
      {{.name = "exchange", .hosts = std::move(hosts), .ports = {}}}, options);
}

std::vector<IpAddress> addresses_of(Resolver& resolver) {
  return resolver.remotes().at(0).addresses;
}

bool comes_to_know(Resolver& resolver, const std::vector<IpAddress>& all) {
  return eventually([&] { return addresses_of(resolver) == all; });
}

// Until another whole look-up has been begun and done.
bool looks_up_again(Resolver& resolver, const std::function<bool()>& is_so) {
  return eventually([&] {
    static_cast<void>(resolver.remotes());
    return is_so();
  });
}

std::vector<pid_t> children() {
  const std::string task = "/proc/self/task/" + std::to_string(::gettid());
  std::string list = read_file(task + "/children", 65536).value_or("");
  std::vector<pid_t> pids;
  while (!list.empty()) {
    pids.push_back(std::stoi(list));
    list.erase(0, list.find(' ') + 1);
  }
  return pids;
}

TEST(Resolver, knows_ip_addresses_at_once_and_starts_nothing) {
  Resolver resolver = resolver_of({"2001:db8::7", "192.0.2.1"});
  const std::vector<Remote> remotes = resolver.remotes();
  ASSERT_EQ(remotes.size(), 1U);
  EXPECT_EQ(remotes[0].name, "exchange");
  EXPECT_THAT(remotes[0].addresses, ElementsAre(kOne, kSix));
  EXPECT_TRUE(remotes[0].complete);
  EXPECT_THAT(resolver.unresolved(), IsEmpty());
  EXPECT_THAT(children(), IsEmpty());
}

TEST(Resolver, keeps_the_order_and_the_ports_of_the_configuration) {
  Resolver resolver({{.name = "b", .hosts = {"192.0.2.1"}, .ports = {443, 80}},
                     {.name = "a", .hosts = {"192.0.2.2"}, .ports = {}}});
  const std::vector<Remote> remotes = resolver.remotes();
  ASSERT_EQ(remotes.size(), 2U);
  EXPECT_EQ(remotes[0].name, "b");
  EXPECT_THAT(remotes[0].ports, ElementsAre(443, 80));
  EXPECT_EQ(remotes[1].name, "a");
  EXPECT_THAT(remotes[1].ports, IsEmpty());
}

TEST(Resolver, finds_a_name_by_a_name_server) {
  in_net_namespace([] {
    const EtcFiles etc;
    NameServer server;
    server.set(Mood::Answers, {kTwo, kOne});
    Resolver resolver = resolver_of({"api.example.com"});
    EXPECT_FALSE(resolver.remotes().at(0).complete);
    EXPECT_TRUE(comes_to_know(resolver, {kOne, kTwo}));
    EXPECT_TRUE(resolver.remotes().at(0).complete);
    EXPECT_THAT(resolver.unresolved(), IsEmpty());
  });
}

TEST(Resolver, finds_names_in_the_file_of_hosts) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.hosts("192.0.2.1 one\n2001:db8::7 six\n");
    Resolver resolver = resolver_of({"six", "192.0.2.3", "one"});
    EXPECT_TRUE(comes_to_know(resolver, {kOne, kThree, kSix}));
  });
}

TEST(Resolver, gives_each_remote_the_addresses_of_its_own_hosts) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.hosts("192.0.2.1 one\n192.0.2.2 two\n192.0.2.3 three\n");
    Resolver resolver({{.name = "a", .hosts = {"one", "two"}, .ports = {}},
                       {.name = "b", .hosts = {"two", "three"}, .ports = {}}});
    EXPECT_TRUE(eventually([&] { return resolver.remotes().at(1).complete; }));
    EXPECT_THAT(resolver.remotes().at(0).addresses, ElementsAre(kOne, kTwo));
    EXPECT_THAT(resolver.remotes().at(1).addresses, ElementsAre(kTwo, kThree));
  });
}

TEST(Resolver, is_not_complete_before_each_host_was_found) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.hosts("192.0.2.1 one\n");
    Resolver resolver = resolver_of({"a.unknown.example.com", "one"});
    EXPECT_TRUE(comes_to_know(resolver, {kOne}));
    EXPECT_TRUE(looks_up_again(resolver,
                               [&] { return !resolver.unresolved().empty(); }));
    EXPECT_FALSE(resolver.remotes().at(0).complete);
    etc.hosts("192.0.2.1 one\n192.0.2.2 a.unknown.example.com\n");
    EXPECT_TRUE(comes_to_know(resolver, {kOne, kTwo}));
    EXPECT_TRUE(resolver.remotes().at(0).complete);
  });
}

TEST(Resolver, keeps_what_it_knew_and_says_since_when_it_fails) {
  in_net_namespace([] {
    const EtcFiles etc;
    NameServer server;
    server.set(Mood::Answers, {kOne});
    Resolver resolver = resolver_of({"api.example.com"});
    ASSERT_TRUE(comes_to_know(resolver, {kOne}));

    const std::int64_t before = unix_ms();
    server.set(Mood::Refuses);
    ASSERT_TRUE(looks_up_again(resolver,
                               [&] { return !resolver.unresolved().empty(); }));
    const UnresolvedHost failure = resolver.unresolved().at(0);
    EXPECT_EQ(failure.host, "api.example.com");
    EXPECT_GE(failure.since_unix_ms, before);
    EXPECT_LE(failure.since_unix_ms, unix_ms());
    EXPECT_THAT(failure.why, HasSubstr("not known"));

    // Another way to fail is the same failure.
    server.set(Mood::Silent);
    ASSERT_TRUE(looks_up_again(resolver, [&] {
      return resolver.unresolved().at(0).why != failure.why;
    }));
    EXPECT_EQ(resolver.unresolved().at(0).since_unix_ms, failure.since_unix_ms);
    EXPECT_THAT(addresses_of(resolver), ElementsAre(kOne));
    EXPECT_TRUE(resolver.remotes().at(0).complete);

    server.set(Mood::Answers, {kOne});
    EXPECT_TRUE(looks_up_again(resolver,
                               [&] { return resolver.unresolved().empty(); }));
  });
}

TEST(Resolver, follows_a_host_that_moves_and_remembers_where_it_was) {
  in_net_namespace([] {
    const EtcFiles etc;
    NameServer server;
    server.set(Mood::Answers, {kOne});
    Resolver resolver = resolver_of({"api.example.com"});
    ASSERT_TRUE(comes_to_know(resolver, {kOne}));
    server.set(Mood::Answers, {kThree});
    EXPECT_TRUE(comes_to_know(resolver, {kOne, kThree}));
  });
}

TEST(Resolver, forgets_the_oldest_of_very_many_addresses) {
  in_net_namespace([] {
    const EtcFiles etc;
    NameServer server;
    Resolver resolver = resolver_of({"api.example.com"});
    const auto knows = [&](const IpAddress& ip) {
      const std::vector<IpAddress> all = addresses_of(resolver);
      return std::ranges::find(all, ip) != all.end();
    };
    constexpr std::uint8_t kRounds = 14;
    for (std::uint8_t i = 0; i < kRounds; ++i) {
      std::vector<IpAddress> some;
      for (std::uint8_t j = 0; j < 20; ++j) some.push_back(v4(10, 0, i, j));
      server.set(Mood::Answers, some);
      ASSERT_TRUE(eventually([&] { return knows(v4(10, 0, i, 0)); }));
    }
    EXPECT_EQ(addresses_of(resolver).size(), 256U);
    EXPECT_FALSE(knows(v4(10, 0, 0, 0)));
    EXPECT_TRUE(knows(v4(10, 0, kRounds - 1, 19)));
  });
}

TEST(Resolver, forgets_none_however_often_it_looks_up) {
  in_net_namespace([] {
    const EtcFiles etc;
    NameServer server;
    server.set(Mood::Answers, {kOne});
    Resolver resolver = resolver_of({"api.example.com"});
    ASSERT_TRUE(comes_to_know(resolver, {kOne}));
    std::vector<IpAddress> known;
    for (std::uint8_t j = 0; j < 20; ++j) known.push_back(v4(10, 0, 0, j));
    for (std::uint8_t i = 0; i < 14; ++i) {
      std::vector<IpAddress> some = known;
      some.push_back(v4(10, 1, 0, i));
      server.set(Mood::Answers, some);
      ASSERT_TRUE(
          eventually([&] { return addresses_of(resolver).size() == 22U + i; }));
    }
    EXPECT_THAT(addresses_of(resolver), testing::Contains(kOne));
  });
}

TEST(Resolver, asks_no_more_than_once_in_an_interval) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.hosts("192.0.2.1 one\n");
    Resolver resolver = resolver_of({"one"}, {.interval = 1h});
    ASSERT_TRUE(comes_to_know(resolver, {kOne}));
    for (int i = 0; i < 3; ++i) {
      static_cast<void>(resolver.remotes());
      EXPECT_THAT(children(), IsEmpty());
    }
  });
}

TEST(Resolver, gives_up_a_host_that_does_not_answer_and_goes_on) {
  in_net_namespace([] {
    EtcFiles etc;
    NameServer server;
    server.set(Mood::Silent);
    etc.hosts("192.0.2.1 after\n");
    Resolver resolver = resolver_of({"a.silent.example.com", "after"},
                                    {.interval = 0s, .patience = 100ms});
    EXPECT_TRUE(comes_to_know(resolver, {kOne}));
    const std::vector<UnresolvedHost> failures = resolver.unresolved();
    ASSERT_FALSE(failures.empty());
    EXPECT_EQ(failures[0].host, "a.silent.example.com");
    EXPECT_EQ(failures[0].why, "no answer within 100 ms");
  });
}

TEST(Resolver, answers_while_a_look_up_hangs_and_leaves_nothing_behind) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.block_hosts();
    {
      Resolver resolver = resolver_of({"one", "192.0.2.2"});
      for (int i = 0; i < 100; ++i) {
        EXPECT_THAT(addresses_of(resolver), ElementsAre(kTwo));
      }
      EXPECT_EQ(children().size(), 1U);
    }
    EXPECT_THAT(children(), IsEmpty());
  });
}

TEST(Resolver, says_that_a_helper_has_died_and_takes_another) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.block_hosts();
    Resolver resolver = resolver_of({"one"}, {.interval = 0s, .patience = 20s});
    static_cast<void>(resolver.remotes());
    ASSERT_EQ(children().size(), 1U);
    ASSERT_EQ(::kill(children()[0], SIGKILL), 0);
    etc.hosts("192.0.2.1 one\n");
    std::string why;
    EXPECT_TRUE(looks_up_again(resolver, [&] {
      if (!resolver.unresolved().empty()) why = resolver.unresolved()[0].why;
      return !why.empty();
    }));
    EXPECT_THAT(why, HasSubstr("died"));
    EXPECT_TRUE(comes_to_know(resolver, {kOne}));
    EXPECT_THAT(resolver.unresolved(), IsEmpty());
  });
}

std::string line_of(const std::string& status, const std::string& key) {
  const std::size_t begin = status.find(key);
  if (begin == std::string::npos) return "none";
  return status.substr(begin, status.find('\n', begin) - begin);
}

TEST(Resolver, gives_its_helper_no_descriptor_and_no_capability) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.block_hosts();
    Resolver resolver = resolver_of({"one"});
    static_cast<void>(resolver.remotes());
    ASSERT_EQ(children().size(), 1U);
    const std::string proc = "/proc/" + std::to_string(children()[0]);
    EXPECT_TRUE(eventually([&] {
      return line_of(read_file(proc + "/status", 65536).value_or(""),
                     "CapEff:") == "CapEff:\t0000000000000000";
    }));
    EXPECT_EQ(
        line_of(read_file(proc + "/status", 65536).value_or(""), "CapPrm:"),
        "CapPrm:\t0000000000000000");
    // glibc has files of its own open until it comes to the one that blocks.
    EXPECT_TRUE(eventually([&] {
      return std::ranges::all_of(
          std::filesystem::directory_iterator(proc + "/fd"),
          [](const auto& entry) {
            std::error_code closed;
            return std::filesystem::read_symlink(entry, closed) == "/dev/null";
          });
    }));
  });
}

TEST(Resolver, loses_its_helper_when_it_dies_itself) {
  in_net_namespace([] {
    EtcFiles etc;
    etc.block_hosts();
    pid_t helper = 0;
    {
      const Child parent{[](int ready) {
        Resolver resolver = resolver_of({"one"});
        static_cast<void>(resolver.remotes());
        Child::stay(ready);
      }};
      const std::string pid = std::to_string(parent.pid());
      const std::string list =
          read_file("/proc/" + pid + "/task/" + pid + "/children", 4096)
              .value_or("");
      ASSERT_FALSE(list.empty());
      helper = std::stoi(list);
      // So that it has given its capabilities away.
      EXPECT_TRUE(eventually([&] {
        const std::string status =
            read_file("/proc/" + std::to_string(helper) + "/status", 65536)
                .value_or("");
        return line_of(status, "CapEff:") == "CapEff:\t0000000000000000";
      }));
    }
    EXPECT_TRUE(eventually([&] {
      const std::string status =
          read_file("/proc/" + std::to_string(helper) + "/status", 65536)
              .value_or("State:\tZ");
      return line_of(status, "State:").starts_with("State:\tZ");
    }));
  });
}

TEST(Resolver, works_where_signals_and_exec_are_forbidden) {
  in_net_namespace([] {
    EtcFiles etc;
    NameServer server;
    server.set(Mood::Answers, {kOne});
    ASSERT_TRUE(forbid_pid_signals());
    {
      Resolver resolver = resolver_of({"api.example.com"});
      EXPECT_TRUE(comes_to_know(resolver, {kOne}));
    }
    etc.block_hosts();
    {
      Resolver resolver =
          resolver_of({"api.example.com"}, {.interval = 1h, .patience = 20ms});
      EXPECT_TRUE(looks_up_again(
          resolver, [&] { return !resolver.unresolved().empty(); }));
      EXPECT_EQ(resolver.unresolved().at(0).why, "no answer within 20 ms");
      EXPECT_TRUE(looks_up_again(resolver, [&] { return children().empty(); }));
    }
  });
}

}  // namespace
}  // namespace strayd::test
