// Space that is set aside behind the end of a file, so that a little more can
// be written to it when the disk is full.
#pragma once

#include <sys/types.h>

#include <string>

#include "strayd/core/result.h"

namespace strayd {

inline constexpr off_t kReserve = off_t{1024} * 1024;

// At least kReserve bytes behind `end`; the file's size stays. Ok also where
// the file system has no such thing (NFS, some FUSE): then there is no reserve.
// fallocate(2) with FALLOC_FL_KEEP_SIZE; what is set aside already stays.
Result<void> keep_reserve(int fd, off_t end, const std::string& path);

}  // namespace strayd
