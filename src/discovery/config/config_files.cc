#include "discovery/config/config_files.h"

#include <glob.h>

#include <algorithm>

#include "base/yaml_fields.h"

namespace kubevitals::discovery {
namespace {

class SystemConfigFiles final : public ConfigFiles {
 public:
  std::vector<std::string> matching(const std::string& pattern) const override {
    glob_t found{};
    std::vector<std::string> paths;
    if (::glob(pattern.c_str(), GLOB_NOSORT | GLOB_PERIOD, nullptr, &found) == 0) {
      paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    // A "*" means these, too, when hidden names match.
    std::erase_if(paths, [](const std::string& path) {
      const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
      return name == "." || name == "..";
    });
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  Result<std::string> read(const std::string& path) const override { return read_text_file(path); }
};

}  // namespace

bool is_well_formed_pattern(std::string_view pattern) {
  std::size_t at = 0;
  // Steps over a character of a class, which must not be its last: the bracket comes after it.
  const auto take_member = [&] {
    if (at < pattern.size() && (pattern[at] == '-' || pattern[at] == ']')) return false;
    if (at < pattern.size() && pattern[at] == '\\') ++at;
    return ++at < pattern.size();
  };
  while (at < pattern.size()) {
    const char c = pattern[at++];
    if (c == '\\' && at++ == pattern.size()) return false;
    if (c != '[') continue;
    if (at < pattern.size() && pattern[at] == '^') ++at;
    do {
      if (!take_member()) return false;
      if (pattern[at] == '-' && (++at, !take_member())) return false;
    } while (pattern[at] != ']');
    ++at;
  }
  return true;
}

const ConfigFiles& system_config_files() {
  static const SystemConfigFiles files;
  return files;
}

}  // namespace kubevitals::discovery
