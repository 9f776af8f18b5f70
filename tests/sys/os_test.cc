#include "strayd/sys/os.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "strayd/sys/fd.h"

#include "support/temp_dir.h"

namespace strayd {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

void write(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string content_of(const std::string& path) {
  return read_file(path, 1 << 20).value_or("?");
}

unsigned mode_of(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777U : 0;
}

std::size_t entries_of(const std::string& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{directory}, {}));
}

TEST(ErrnoError, says_what_and_why_and_which_fault) {
  EXPECT_EQ(errno_error("open /x", EACCES),
            (Error{Fault::Denied, "open /x: Permission denied"}));
  EXPECT_EQ(errno_error("x", ENOENT).fault, Fault::NotFound);
  EXPECT_EQ(errno_error("x", ESRCH).fault, Fault::NotFound);
  EXPECT_EQ(errno_error("x", EMFILE).fault, Fault::Exhausted);
  EXPECT_EQ(errno_error("x", ENOSPC).fault, Fault::Exhausted);
  EXPECT_EQ(errno_error("x", ECONNREFUSED).fault, Fault::Unreachable);
  EXPECT_EQ(errno_error("x", ETIMEDOUT).fault, Fault::TimedOut);
  EXPECT_EQ(errno_error("x", EIO).fault, Fault::Io);
}

TEST(Clocks, never_go_back) {
  const BootTime boot = boot_time();
  EXPECT_GE(boot_time(), boot);
  const std::chrono::nanoseconds steady = steady_time();
  EXPECT_GE(steady_time(), steady);
  EXPECT_GT(boot, 0ns);
  EXPECT_GT(unix_ms(), 1'600'000'000'000);
}

TEST(ReadFile, returns_every_byte) {
  const test::TempDir dir;
  const std::string bytes("a\0\xff\n", 4);
  write(dir / "file", bytes);
  EXPECT_EQ(read_file(dir / "file", 4), bytes);
}

TEST(ReadFile, reads_a_file_whose_size_is_said_to_be_zero) {
  EXPECT_THAT(content_of("/proc/self/stat"), HasSubstr(" ("));
}

TEST(ReadFile, refuses_one_byte_more_than_the_limit) {
  const test::TempDir dir;
  write(dir / "file", "12345");
  const Result<std::string> read = read_file(dir / "file", 4);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fault, Fault::Exhausted);
}

TEST(ReadFile, tells_a_missing_file_from_another_failure) {
  const test::TempDir dir;
  const Result<std::string> missing = read_file(dir / "none", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::NotFound);
  EXPECT_THAT(missing.error().what, HasSubstr("none"));
  EXPECT_FALSE(read_file(dir.path(), 10));
}

TEST(ReadFile, does_not_hang_on_a_fifo) {
  const test::TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  const Result<std::string> read = read_file(dir / "fifo", 10);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fault, Fault::Malformed);
}

TEST(ReplaceFile, makes_and_replaces_and_leaves_nothing_beside) {
  const test::TempDir dir;
  ASSERT_TRUE(replace_file(dir / "file", "first"));
  EXPECT_EQ(mode_of(dir / "file"), 0600U);
  ASSERT_TRUE(replace_file(dir / "file", "second", 0644));
  EXPECT_EQ(mode_of(dir / "file"), 0644U);
  EXPECT_EQ(content_of(dir / "file"), "second");
  EXPECT_EQ(entries_of(dir.path()), 1U);
}

TEST(ReplaceFile, does_so_without_a_sync_too) {
  const test::TempDir dir;
  ASSERT_TRUE(replace_file_unsynced(dir / "file", "first"));
  ASSERT_TRUE(replace_file_unsynced(dir / "file", "second"));
  EXPECT_EQ(mode_of(dir / "file"), 0600U);
  EXPECT_EQ(content_of(dir / "file"), "second");
  EXPECT_EQ(entries_of(dir.path()), 1U);
  std::filesystem::create_directory(dir / "target");
  EXPECT_FALSE(replace_file_unsynced(dir / "target", "new"));
  EXPECT_EQ(entries_of(dir.path()), 2U);
}

TEST(ReplaceFile, keeps_what_an_open_reader_reads) {
  const test::TempDir dir;
  ASSERT_TRUE(replace_file(dir / "file", "old"));
  const UniqueFd reader{::open((dir / "file").c_str(), O_RDONLY | O_CLOEXEC)};
  ASSERT_TRUE(replace_file(dir / "file", "new"));
  std::string seen(3, ' ');
  ASSERT_EQ(::read(reader.get(), seen.data(), seen.size()), 3);
  EXPECT_EQ(seen, "old");
}

TEST(ReplaceFile, keeps_the_old_file_where_it_fails) {
  const test::TempDir dir;
  std::filesystem::create_directory(dir / "target");
  write(dir / "target/inside", "x");
  const Result<void> replaced = replace_file(dir / "target", "new");
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error().what, HasSubstr("rename"));
  EXPECT_EQ(content_of(dir / "target/inside"), "x");
  EXPECT_EQ(entries_of(dir.path()), 1U);
}

TEST(ReplaceFile, says_that_the_directory_is_missing) {
  const test::TempDir dir;
  const Result<void> replaced = replace_file(dir / "none/file", "x");
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().fault, Fault::NotFound);
}

TEST(MakeDirectories, makes_the_missing_ones_private) {
  const test::TempDir dir;
  ASSERT_TRUE(make_directories(dir / "a//b/c/"));
  EXPECT_EQ(mode_of(dir / "a"), 0700U);
  EXPECT_EQ(mode_of(dir / "a/b/c"), 0700U);
  EXPECT_TRUE(make_directories(dir / "a/b/c"));
}

TEST(MakeDirectories, refuses_a_file_in_the_way) {
  const test::TempDir dir;
  write(dir / "file", "");
  EXPECT_FALSE(make_directories(dir / "file"));
  EXPECT_FALSE(make_directories(dir / "file/below"));
}

}  // namespace
}  // namespace strayd
