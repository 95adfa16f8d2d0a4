// Targets as file_sd files, for servers that read no http_sd.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "discovery/manager/snapshot.h"

namespace kubevitals::discovery {

// Keeps a directory with one JSON file for each job: "<job>.json", where characters that are not fit for a
// file's name are "_" (jobs that would share a name get a hash of theirs behind it). A file is replaced in
// one step, and only when its text changes, since whoever watches the directory reads it again then. Files of
// jobs that are gone are removed, if this object wrote them. Not thread-safe.
class FileSdWriter {
 public:
  // `relabeled`: final targets instead of the discovered groups.
  FileSdWriter(std::string directory, bool relabeled)
      : directory_(std::move(directory)), relabeled_(relabeled) {}

  // Jobs whose mechanisms have not all answered are left as they are. The first failure, if any; the other
  // files are written all the same, and the failed ones tried again next time.
  Result<void> write(const Snapshot& snapshot);

  // "a/b" is "a_b.json".
  static std::string file_name(const std::string& job);

 private:
  struct Written {
    std::uint64_t version = 0;
    std::uint64_t text_hash = 0;
  };

  const std::string directory_;
  const bool relabeled_;
  std::map<std::string, Written> written_;  // by file name
};

}  // namespace kubevitals::discovery
