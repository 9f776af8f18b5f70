#include "hidepid.h"

#include "text.h"

namespace strayd {
namespace {

struct Mount {
  std::string_view point;
  std::string_view type;
  std::string_view options;  // of the file system, not of the mount point
};

// "22 26 0:20 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible"
Mount parse_mount(std::string_view line) {
  Mount mount;
  for (int i = 0; i < 4; ++i) take_until(line, ' ');
  mount.point = take_until(line, ' ');
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return {};
  line.remove_prefix(dash + 3);
  mount.type = take_until(line, ' ');
  take_until(line, ' ');  // source
  mount.options = line;
  return mount;
}

std::string_view hidepid_option(std::string_view options) {
  while (!options.empty()) {
    std::string_view value = take_until(options, ',');
    if (take_until(value, '=') == "hidepid") return value;
  }
  return "off";
}

}  // namespace

std::string hidepid_of(std::string_view mountinfo, std::string_view path) {
  std::string_view value = "off";
  while (!mountinfo.empty()) {
    const Mount mount = parse_mount(take_until(mountinfo, '\n'));
    if (mount.point == path && mount.type == "proc") {
      value = hidepid_option(mount.options);  // a later one hides the earlier
    }
  }
  return std::string(value == "0" ? "off" : value);
}

}  // namespace strayd
