// Whether a procfs is mounted so that it hides the processes of other users
// (hidepid=, Linux Documentation/filesystems/proc.rst).
#pragma once

#include <string>
#include <string_view>

namespace strayd {

// The value of the newest procfs mounted at `path`, from the text of
// /proc/self/mountinfo: "invisible", "2", …; "off" where it says nothing.
std::string hidepid_of(std::string_view mountinfo, std::string_view path);

}  // namespace strayd
