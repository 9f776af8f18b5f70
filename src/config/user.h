// Users by name or number.
#pragma once

#include <sys/types.h>

#include <string>

#include "strayd/core/result.h"

namespace strayd::config {

struct User {
  uid_t uid = 0;
  std::string home{};
};

// From the host's user database (getpwnam_r(3), getpwuid_r(3)).
// Fault::NotFound: there is no such user; any other: it could not be asked.
Result<User> find_user(const std::string& name);
Result<User> find_user(uid_t uid);

}  // namespace strayd::config
