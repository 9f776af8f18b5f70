// What programs write when a port is taken, and which port it is.
#include "port_words.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Ports = std::set<std::uint16_t>;

Ports ports(std::string_view line) {
  return read_port_words(std::string(line) + "\n").ports;
}

TEST(PortWords, of_node_name_the_port_behind_the_address) {
  for (const std::string_view address : {":::3000",
                                         "0.0.0.0:3000",
                                         "127.0.0.1:3000",
                                         "::1:3000",
                                         "fe80::1%eth0:3000",
                                         "null:3000",
                                         "localhost:3000"}) {
    const std::string line(address);
    EXPECT_THAT(
        ports("Error: listen EADDRINUSE: address already in use " + line),
        ElementsAre(3000))
        << line;
    EXPECT_THAT(ports("Error: listen EADDRINUSE " + line), ElementsAre(3000))
        << line;
  }
  EXPECT_THAT(ports("Error: bind EADDRINUSE null:3000"), ElementsAre(3000));
}

TEST(PortWords, of_node_name_the_port_once_however_much_is_said) {
  EXPECT_THAT(read_port_words(
                  "node:events:497\n"
                  "      throw er; // Unhandled 'error' event\n"
                  "      ^\n\n"
                  "Error: listen EADDRINUSE: address already in use :::3000\n"
                  "    at Server.setupListenHandle [as _listen2] "
                  "(node:net:1817:16)\n"
                  "Emitted 'error' event on Server instance at:\n"
                  "    at emitErrorNT (node:net:1796:8) {\n"
                  "  code: 'EADDRINUSE',\n"
                  "  errno: -98,\n"
                  "  syscall: 'listen',\n"
                  "  address: '::',\n"
                  "  port: 3000\n"
                  "}\n")
                  .ports,
              ElementsAre(3000));
}

TEST(PortWords, are_read_from_a_property_where_the_message_has_none) {
  EXPECT_THAT(read_port_words("failed: EADDRINUSE\n"
                              "{\n  syscall: 'listen',\n  port: 3001\n}\n")
                  .ports,
              ElementsAre(3001));
  EXPECT_THAT(ports("{ code: 'EADDRINUSE', address: '::', port: 3001 }"),
              ElementsAre(3001));
  EXPECT_THAT(ports(R"({"level":50,"code":"EADDRINUSE","port":3001})"),
              ElementsAre(3001));
  EXPECT_THAT(
      ports(R"_({"message":"listen EADDRINUSE: address already in use )_"
            R"_(0.0.0.0:3001\n    at Server (node:net:1:2)"})_"),
      ElementsAre(3001));
}

TEST(PortWords, of_other_languages_name_it_too) {
  EXPECT_THAT(ports("0.0.0.0:8080 address already in use"), ElementsAre(8080));
  EXPECT_THAT(ports("listen tcp :8080: bind: address already in use"),
              ElementsAre(8080));
  EXPECT_THAT(ports("panic: listen tcp4 127.0.0.1:8080: bind: address already "
                    "in use"),
              ElementsAre(8080));
  EXPECT_THAT(ports("2026/12/01 10:30:00 main.go:45: listen tcp [::1]:8080: "
                    "bind: address already in use"),
              ElementsAre(8080));
  EXPECT_THAT(ports("ERROR: [Errno 98] error while attempting to bind on "
                    "address ('0.0.0.0', 8000): address already in use"),
              ElementsAre(8000));
  EXPECT_THAT(ports("error while attempting to bind on address ('::', 8000, 0, "
                    "0): address already in use"),
              ElementsAre(8000));
  EXPECT_THAT(ports("2026/12/01 10:00:00 [emerg] 7#7: bind() to 0.0.0.0:80 "
                    "failed (98: Address already in use)"),
              ElementsAre(80));
  EXPECT_THAT(ports("nginx: [emerg] bind() to [::]:80 failed (98: Address "
                    "already in use)"),
              ElementsAre(80));
  EXPECT_THAT(ports("Could not create server TCP listening socket *:6379: "
                    "bind: Address already in use"),
              ElementsAre(6379));
  EXPECT_THAT(ports("Failed to listen on localhost:8000 (reason: Address "
                    "already in use)"),
              ElementsAre(8000));
  EXPECT_THAT(ports("Address already in use - bind(2) for \"127.0.0.1\" port "
                    "9292 (Errno::EADDRINUSE)"),
              ElementsAre(9292));
  EXPECT_THAT(ports("java.net.BindException: Address already in use: "
                    "0.0.0.0:8443"),
              ElementsAre(8443));
}

TEST(PortWords, that_name_no_port_name_none) {
  for (const std::string_view line :
       {"OSError: [Errno 98] Address already in use",
        "Error: listen EADDRINUSE: address already in use /tmp/x.sock",
        "Error: listen EADDRINUSE: address already in use /tmp/x:3000",
        "Error: listen EADDRINUSE: address already in use ./x:3000/y",
        "Error: listen EADDRINUSE: address already in use ::1",
        "nginx: bind() to unix:/run/x.sock failed (98: Address already in use)",
        "10:30:15 address already in use",
        "10:30 bind: address already in use",
        "2026-12-01T10:30 bind: address already in use",
        "main.go:45: bind: address already in use",
        "server.js:45: address already in use",
        "Error: listen EADDRINUSE: address already in use :::0",
        "Error: listen EADDRINUSE: address already in use :::65536",
        "Error: listen EADDRINUSE: address already in use :::300000000",
        "Error: listen EADDRINUSE: address already in use :::0080",
        "EADDRINUSE, and the report 3000 of the airport 3001 is ported 3002",
        "EADDRINUSE, port 3000x"}) {
    EXPECT_THAT(ports(line), IsEmpty()) << line;
  }
}

TEST(PortWords, are_no_words_without_them) {
  EXPECT_THAT(ports("listening on port 3000"), IsEmpty());
  EXPECT_THAT(read_port_words("{\n  port: 3000\n}\n").ports, IsEmpty());
  EXPECT_FALSE(has_port_words("Error: connect ECONNREFUSED 127.0.0.1:3000"));
  EXPECT_TRUE(has_port_words("Address already in use"));
  EXPECT_TRUE(has_port_words("EADDRINUSE"));
}

TEST(PortWords, a_property_far_below_is_another_s) {
  EXPECT_THAT(
      read_port_words("EADDRINUSE\n" + std::string(40, '\n') + "  port: 3000\n")
          .ports,
      IsEmpty());
}

TEST(PortWords, of_several_lines_name_several_ports) {
  EXPECT_THAT(read_port_words("EADDRINUSE: address already in use :::3000\n"
                              "EADDRINUSE: address already in use :::3001\n")
                  .ports,
              ElementsAre(3000, 3001));
}

TEST(PortWords, in_colour_are_read) {
  EXPECT_THAT(
      ports("\x1b[31mEADDRINUSE: address already in use :::3000\x1b[0m"),
      ElementsAre(3000));
}

// Cut anywhere, the two pieces name that port or, where the port stands before
// the words, none: never another.
TEST(PortWords, that_are_cut_anywhere_name_no_other_port) {
  const std::vector<std::string> lines{
      "Error: listen EADDRINUSE: address already in use 0.0.0.0:3000\n",
      "Error: listen EADDRINUSE: address already in use :::3000\n",
      "listen tcp 127.0.0.1:3000: bind: address already in use\n",
      "bind on address ('0.0.0.0', 3000): address already in use\n",
      "{ code: 'EADDRINUSE', port: 3000 }\n"};
  for (const std::string& line : lines) {
    for (std::size_t cut = 0; cut <= line.size(); ++cut) {
      const std::string_view front = std::string_view(line).substr(0, cut);
      const PortWords first = read_port_words(front);
      const PortWords second =
          read_port_words(std::string(first.rest) + line.substr(cut));
      Ports all = first.ports;
      all.insert(second.ports.begin(), second.ports.end());
      all.erase(3000);
      EXPECT_THAT(all, IsEmpty()) << line << cut;
    }
  }
}

TEST(PortWords, that_are_cut_within_or_behind_the_words_are_put_together) {
  const std::string line =
      "Error: listen EADDRINUSE: address already in use 0.0.0.0:3000\n";
  for (std::size_t cut = line.find("EADDR") + 1; cut < line.size(); ++cut) {
    const PortWords first =
        read_port_words(std::string_view(line).substr(0, cut));
    EXPECT_THAT(first.ports, IsEmpty()) << cut;
    EXPECT_THAT(
        read_port_words(std::string(first.rest) + line.substr(cut)).ports,
        ElementsAre(3000))
        << cut;
  }
}

TEST(PortWords, a_finished_line_leaves_nothing_to_wait_for) {
  EXPECT_EQ(read_port_words("EADDRINUSE\n").rest, "");
  EXPECT_EQ(read_port_words("nothing of note").rest, "");
  EXPECT_EQ(read_port_words("x\nlisten EADDR").rest, "listen EADDR");
}

}  // namespace
}  // namespace strayd
