// Users by name or number.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "strayd/core/result.h"

namespace strayd::config {

struct User {
  uid_t uid = 0;
  std::string home{};
};

// From the host's user database (getpwnam_r(3), getpwuid_r(3)). nullopt: there
// is no such user; an error: the database could not be asked.
Result<std::optional<User>> find_user(const std::string& name);
Result<std::optional<User>> find_user(uid_t uid);

}  // namespace strayd::config
