// The filter by which the kernel leaves sockets out of a dump
// (INET_DIAG_REQ_BYTECODE; inet_diag_bc_run() of net/ipv4/inet_diag.c).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace strayd {

// Lets through what has one of these ports at its far end, of which there must
// be some, and what has none there, as a listener has. Linux 4.16.
std::string far_port_filter(std::span<const std::uint16_t> ports);

}  // namespace strayd
