#include "port_filter.h"

#include <linux/inet_diag.h>

#include <cstddef>
#include <vector>

namespace strayd {
namespace {

using Operation = inet_diag_bc_op;
constexpr std::size_t kSize = sizeof(Operation);

// Each operation says by how many bytes to go on where it holds and where it
// does not. To arrive at the end lets a socket through, to go beyond it does
// not. And it must hold of each that the next one is where it holds: the kernel
// checks a filter by walking along it so.
Operation operation(int code, std::size_t yes, std::size_t no) {
  return {.code = static_cast<unsigned char>(code),
          .yes = static_cast<unsigned char>(yes),
          .no = static_cast<unsigned short>(no)};
}

Operation operand(std::uint16_t port) {
  return {.code = 0, .yes = 0, .no = port};
}

}  // namespace

std::string far_port_filter(std::span<const std::uint16_t> ports) {
  // "Is it this one? Then to the end", for each but the last.
  constexpr std::size_t kQuestion = 2 * kSize;
  constexpr std::size_t kLeap = kSize;
  std::vector<Operation> program;
  std::size_t rest = ((kQuestion + kLeap) * ports.size()) + kQuestion;
  const auto ask = [&](std::uint16_t port) {
    program.push_back(
        operation(INET_DIAG_BC_D_EQ, kQuestion, kQuestion + kLeap));
    program.push_back(operand(port));
    rest -= kQuestion;
  };
  for (const std::uint16_t port : ports) {
    ask(port);
    program.push_back(operation(INET_DIAG_BC_JMP, kLeap, rest));
    rest -= kLeap;
  }
  ask(0);
  return {reinterpret_cast<const char*>(program.data()),
          program.size() * kSize};
}

}  // namespace strayd
