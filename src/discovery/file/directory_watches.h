// Changes in directories.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/wake_signal.h"

namespace kubevitals::discovery::file {

// Which names in a directory somebody cares about.
struct NamesOfInterest {
  std::vector<std::string> patterns;  // as of fnmatch()
  std::set<std::string> others;

  bool contains(const char* name) const;
};

// One inotify instance for all who wait for files, so that an event is looked at once and wakes only whom it
// concerns. Its watches end before it. Thread-safe.
class DirectoryWatches final {
 public:
  class Watch;

  explicit DirectoryWatches(asio::any_io_executor io);
  ~DirectoryWatches();
  DirectoryWatches(const DirectoryWatches&) = delete;
  DirectoryWatches& operator=(const DirectoryWatches&) = delete;

  // `waker`, which outlives the watch, is told of changes. Fails when the system has no more of them.
  Result<std::unique_ptr<Watch>> watch(Waker& waker);

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;
};

// What one of them waits for: anything but attributes that changes under a name of interest, or happens to
// the directory itself. The waker is not told any more once this is gone.
class DirectoryWatches::Watch final {
 public:
  Watch(std::shared_ptr<Impl> impl, Waker& waker);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // From now on these are watched and no others. One that is not there is passed over: ask again later. The
  // failures are about others, as "cannot watch <path>: <cause>".
  std::vector<Error> set_directories(const std::vector<std::string>& directories);
  void set_names(NamesOfInterest names);

 private:
  friend class Impl;

  const std::shared_ptr<Impl> impl_;
  Waker& waker_;
  // Guarded by impl_.
  NamesOfInterest names_;
  std::set<int> directories_;  // by the numbers that inotify gives them
};

}  // namespace kubevitals::discovery::file
