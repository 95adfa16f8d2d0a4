// Runs another program to its end.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kubevitals::kube {

struct ProgramCall {
  std::string command;  // a path, or a name to look up in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // besides this program's own
  std::chrono::milliseconds timeout{60'000};
};

// The program's standard output, at most 4 MiB. Blocks. Its standard input is empty. kNotFound when there is
// no such program; kTimeout when it was killed after the time-out; kUnavailable, with its status and the end
// of what it wrote to standard error, when it failed.
Result<std::string> run_program(const ProgramCall& call);

}  // namespace kubevitals::kube
