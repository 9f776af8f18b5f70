// Whatever /proc/PID/stat, cmdline, cgroup and a link of fd hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "strayd/proc/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const strayd::Result<strayd::ProcStat> stat = strayd::parse_stat(text);
  if (stat) {
    // What is understood is found in the text, the name between parentheses.
    const std::string head =
        std::to_string(stat->id.pid) + " (" + stat->comm + ") " + stat->state;
    const bool leading_zero = text.starts_with('0');
    if (!leading_zero && !text.starts_with(head)) std::abort();
    if (stat->id.pid <= 0) std::abort();
    const std::string pages = std::to_string(stat->resident_pages);
    if (text.find(pages) == std::string_view::npos) std::abort();
  }

  std::size_t bytes = 0;
  for (const std::string& argument : strayd::split_cmdline(text)) {
    if (argument.find('\0') != std::string::npos) std::abort();
    bytes += argument.size() + 1;
  }
  if (bytes > size + 1) std::abort();

  const strayd::Result<std::string> cgroup = strayd::parse_cgroup(text);
  if (cgroup && text.find(*cgroup) == std::string_view::npos) std::abort();

  const std::optional<std::uint64_t> inode = strayd::parse_socket_link(text);
  if (inode &&
      text.find(std::to_string(*inode) + "]") == std::string_view::npos) {
    std::abort();
  }
  return 0;
}
