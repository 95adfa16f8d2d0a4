// Runs another program to its end.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kubevitals::kube {

// Ends a run from another thread, now and for all runs to come. Thread-safe.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise() const;
  int descriptor() const {
    return descriptor_;
  }  // readable once it is raised; -1 if the system has none left

 private:
  const int descriptor_;
};

struct ProgramCall {
  std::string command;  // a path, or a name to look up in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>>
      environment;  // besides this program's own; the last one counts
  std::chrono::milliseconds timeout{60'000};
};

// The program's standard output. Blocks. Its standard input is empty, and it has a process group of its own,
// which is killed as a whole. It counts as ended when its process has ended, even if others that it left
// behind still hold its output.
//
// kNotFound when there is no such program; kTimeout when it was killed after the time-out; kCancelled when it
// was killed because of `stop`; kUnavailable, with its status and the end of what it wrote to standard error
// in one line, when it failed; kInvalid when it wrote more than 4 MiB.
Result<std::string> run_program(const ProgramCall& call, const StopSignal& stop);

}  // namespace kubevitals::kube
