// Whether a file is still the one that was read.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace kubevitals::net {

// Differs when a file was replaced or rewritten; symbolic links are followed, so that the swap of a mounted
// secret's directory is seen. All zero for a file that is not there, and for no name.
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified = 0;  // nanoseconds
  std::int64_t changed = 0;

  bool operator==(const FileState&) const = default;
};

FileState state_of(const std::string& path);

}  // namespace kubevitals::net
