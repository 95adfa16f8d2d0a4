#include "usage/api/auth/open_paths.h"

#include <algorithm>

namespace kubevitals::usage {
namespace {

std::string_view without_slash(std::string_view path) {
  return path.starts_with('/') ? path.substr(1) : path;
}

}  // namespace

Result<void> check_path_patterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const std::size_t star = pattern.find('*');
    if (star != std::string::npos && star + 1 != pattern.size()) {
      return invalid("\"" + pattern + "\": \"*\" can only be the last character");
    }
  }
  return {};
}

bool matches_path_pattern(std::string_view path, const std::vector<std::string>& patterns) {
  path = without_slash(path);
  return std::any_of(patterns.begin(), patterns.end(), [path](std::string_view pattern) {
    pattern = without_slash(pattern);
    if (!pattern.ends_with('*')) return path == pattern;
    return path.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

}  // namespace kubevitals::usage
