// Reading the files of file discovery.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery::file {

// The paths that a pattern stands for, sorted: as Go's filepath.Glob, so that "*" matches a leading dot too.
// A path without any of "*?[\" stands for itself when there is such a file. What cannot be read has no files.
std::vector<std::string> expand_pattern(const std::string& pattern);

// The directories in which the pattern's files are or may come to be; they need not exist.
std::vector<std::string> directories_of(const std::string& pattern);

// The last part of a pattern, which the names of its files match.
std::string name_pattern(const std::string& pattern);

// What the patterns' files are read through besides themselves, by their names in the patterns' directories:
// a file that is a link to "..data/x" is another one when "..data" is, and what that links to.
std::set<std::string> linked_names(const std::vector<std::string>& patterns);

struct ScannedFile {
  std::string path;
  Result<std::vector<TargetGroupPtr>> groups;  // sources "<path>:<index>"
  double modified = 0;                         // seconds since 1970
};

// Reads one file, which must be a regular one and not bigger than anything sensible.
ScannedFile scan_file(const std::string& path);

// Reads all files of the patterns, each once. Blocks.
std::vector<ScannedFile> scan(const std::vector<std::string>& patterns);

}  // namespace kubevitals::discovery::file
