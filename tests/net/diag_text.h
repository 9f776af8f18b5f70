// Answers of the kernel's, written by hand.
#pragma once

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "strayd/core/sockets.h"

namespace strayd::test {

constexpr std::uint8_t kEstablished = 1;
constexpr std::uint8_t kTimeWait = 6;
constexpr std::uint8_t kClose = 7;
constexpr std::uint8_t kListen = 10;

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string padded(std::string text) {
  text.resize((text.size() + 3) / 4 * 4);
  return text;
}

inline std::string message(std::uint16_t type,
                           std::uint32_t sequence,
                           const std::string& body,
                           std::uint16_t flags = NLM_F_MULTI) {
  const nlmsghdr head{
      .nlmsg_len = static_cast<std::uint32_t>(sizeof head + body.size()),
      .nlmsg_type = type,
      .nlmsg_flags = flags,
      .nlmsg_seq = sequence,
      .nlmsg_pid = 1};
  return padded(bytes_of(head) + body);
}

inline std::string done(std::uint32_t sequence,
                        int outcome = 0,
                        std::uint16_t flags = NLM_F_MULTI) {
  return message(NLMSG_DONE, sequence, bytes_of(outcome), flags);
}

inline std::string refusal(std::uint32_t sequence, int error) {
  return message(
      NLMSG_ERROR, sequence, bytes_of(nlmsgerr{.error = -error, .msg = {}}), 0);
}

inline std::string attribute(std::uint16_t type, const std::string& value) {
  const rtattr head{
      .rta_len = static_cast<std::uint16_t>(sizeof(rtattr) + value.size()),
      .rta_type = type};
  return padded(bytes_of(head) + value);
}

// A tcp_info of so many bytes.
inline std::string info(std::uint32_t last_data_recv,
                        std::size_t size = sizeof(tcp_info)) {
  tcp_info info{};
  info.tcpi_last_data_recv = last_data_recv;
  return attribute(INET_DIAG_INFO, bytes_of(info).substr(0, size));
}

struct DiagSocket {
  std::uint8_t state = kEstablished;
  std::uint32_t inode = 7;
  std::uint8_t family = AF_INET;
  std::uint16_t local_port = 3000;
  std::uint16_t remote_port = 443;
  // Of IPv4 the first four bytes.
  std::vector<std::uint8_t> local{127, 0, 0, 1};
  std::vector<std::uint8_t> remote{192, 0, 2, 7};
  std::string attributes{};
};

inline std::string body_of(const DiagSocket& socket) {
  inet_diag_msg text{};
  text.idiag_family = socket.family;
  text.idiag_state = socket.state;
  text.idiag_inode = socket.inode;
  text.id.idiag_sport = htons(socket.local_port);
  text.id.idiag_dport = htons(socket.remote_port);
  std::memcpy(text.id.idiag_src, socket.local.data(), socket.local.size());
  std::memcpy(text.id.idiag_dst, socket.remote.data(), socket.remote.size());
  return bytes_of(text) + socket.attributes;
}

inline std::string message(std::uint32_t sequence, const DiagSocket& socket) {
  return message(SOCK_DIAG_BY_FAMILY, sequence, body_of(socket));
}

inline std::string unix_message(std::uint32_t sequence,
                                std::uint8_t state,
                                std::uint32_t inode) {
  unix_diag_msg text{};
  text.udiag_family = AF_UNIX;
  text.udiag_state = state;
  text.udiag_ino = inode;
  return message(SOCK_DIAG_BY_FAMILY, sequence, bytes_of(text));
}

// What another unix socket is at the other end of.
inline std::string unix_pair_message(std::uint32_t sequence,
                                     std::uint32_t inode,
                                     std::uint32_t peer) {
  unix_diag_msg text{};
  text.udiag_family = AF_UNIX;
  text.udiag_state = kEstablished;
  text.udiag_ino = inode;
  const rtattr head{.rta_len = sizeof head + sizeof peer,
                    .rta_type = UNIX_DIAG_PEER};
  return message(SOCK_DIAG_BY_FAMILY,
                 sequence,
                 bytes_of(text) + bytes_of(head) + bytes_of(peer));
}

inline std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span{text});
}

inline IpAddress v4(std::uint8_t a,
                    std::uint8_t b,
                    std::uint8_t c,
                    std::uint8_t d) {
  return {.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}

}  // namespace strayd::test
