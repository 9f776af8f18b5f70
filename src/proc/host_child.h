// The helper of a HostFactsReader: what runs after the fork. As of the reader
// child (reader_child.h), nothing here may take a lock or memory.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "reader_wire.h"

namespace strayd {

enum class HostFile : std::uint32_t {
  PidFiles,    // of the directory: records of FoundPidFile, each with its name
  Invocation,  // a link: its target; ENOENT: no such link in that directory
  RealPath     // of the directory: its path
};

struct HostRead {
  HostFile what = HostFile::PidFiles;
  std::string directory{};
  std::string name{};  // of Invocation

  auto operator<=>(const HostRead&) const = default;
};

// Followed by its name, relative to the directory.
struct FoundPidFile {
  std::int64_t written_ns = 0;
  uid_t owner = 0;
  pid_t pid = 0;
  std::uint32_t name_size = 0;
};

// Entries of one directory, and pidfiles of one answer: more are EFBIG.
inline constexpr std::size_t kMostHostEntries = 4096;
// "directory/name.pid"
inline constexpr std::size_t kLongestHostName = 512;
// The longest answer.
inline constexpr std::size_t kHostAnswer =
    kMostHostEntries * (sizeof(FoundPidFile) + kLongestHostName);

struct HostChildSetup {
  int socket = -1;
  ReaderProgress* progress = nullptr;  // shared
  std::span<char> replies{};           // see ReaderDesk
  // A request's index is that of its question here.
  std::span<const HostRead> questions{};
  const char* run = "";
};

// In a helper: serves until the socket closes.
[[noreturn]] void run_host_child(const HostChildSetup& setup);

}  // namespace strayd
