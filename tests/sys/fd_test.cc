#include "strayd/sys/fd.h"

#include <fcntl.h>

#include <utility>

#include <gtest/gtest.h>

namespace strayd {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int open_something() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(UniqueFd, closes_what_it_owns) {
  const int fd = open_something();
  {
    const UniqueFd owner{fd};
    EXPECT_TRUE(owner);
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFd, is_empty_after_a_move) {
  const int fd = open_something();
  UniqueFd from{fd};
  const UniqueFd to = std::move(from);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to.get(), fd);
}

TEST(UniqueFd, closes_the_old_one_where_a_temporary_is_assigned) {
  const int first = open_something();
  const int second = open_something();
  UniqueFd owner{first};
  owner = UniqueFd{second};
  EXPECT_EQ(owner.get(), second);
  EXPECT_FALSE(is_open(first));
}

}  // namespace
}  // namespace strayd
