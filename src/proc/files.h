// Reads of the files that answer at once, relative to the procfs root.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "strayd/core/process.h"
#include "strayd/core/result.h"

namespace strayd {

// What a failed read means. Everything that strayd concludes of an errno of
// procfs is here.
struct ReadFailure {
  int error = 0;

  // The process has exited, or the file never was.
  bool missing() const;
  // We are short of something: nothing else that was read can be trusted.
  bool exhausted() const;
  Unread unread() const;
};
template <typename T>
using Read = std::expected<T, ReadFailure>;

// At most `limit` bytes; EFBIG where there are more. A short read is the end:
// the kernel makes such a file whole before it gives any of it (single_open of
// fs/seq_file.c).
Read<std::string> read_text_at(int root,
                               const std::string& path,
                               std::size_t limit);

// The same into a buffer, of which the text is a part; EFBIG where it is full.
Read<std::string_view> read_text_into(int root,
                                      const char* path,
                                      std::span<char> buffer);

// The target of a link, without the " (deleted)" that the kernel appends.
Read<std::string> read_link_at(int root, const std::string& path);

// What a link leads to, as far as the kernel knows without asking anybody: a
// file system that does not answer holds nothing up.
Read<FileId> identify_at(int root, const std::string& path);

struct OutputEnd {
  bool leads_away = false;  // to a regular file, to /dev/null, or nowhere
  std::optional<FileId> file{};
};

// Where an output leads; also without asking anybody.
Read<OutputEnd> output_at(int root, const std::string& path);

// The names in a directory that are numbers, in its order; EFBIG where there
// are more than that.
Read<std::vector<int>> list_numbers(int directory, std::size_t most);

// The names that are pids, ascending.
Result<std::vector<pid_t>> list_pids(int root);

// "123/stat"
std::string pid_file(pid_t pid, const char* name);

}  // namespace strayd
