#include "discovery/config/config_files.h"

#include <glob.h>

#include <algorithm>
#include <string_view>

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

const ConfigFiles& system_config_files() {
  static const SystemConfigFiles files;
  return files;
}

}  // namespace kubevitals::discovery
