// Where the control socket is, for both of its ends.
#pragma once

#include <sys/un.h>

#include <string>

#include "strayd/core/result.h"
#include "strayd/sys/fd.h"

namespace strayd {

// The directory itself: what is done below it is not done elsewhere because a
// name on the way was changed meanwhile.
Result<UniqueFd> open_directory(const std::string& path);

// By way of the open directory, so that no path is too long for a socket. No
// symbolic link is followed but those that lead to the directory.
sockaddr_un control_address(const UniqueFd& directory);

}  // namespace strayd
