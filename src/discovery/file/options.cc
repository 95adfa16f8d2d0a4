#include "discovery/file/options.h"

#include <algorithm>
#include <iterator>

#include "base/go_text.h"
#include "discovery/refresh.h"

namespace kubevitals::discovery::file {

bool is_file_pattern(std::string_view path) {
  constexpr std::string_view kEndings[] = {".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"};
  const bool ends_well = std::any_of(std::begin(kEndings), std::end(kEndings),
                                     [&](std::string_view ending) { return path.ends_with(ending); });
  const std::size_t star = path.find('*');
  return ends_well && (star == path.npos || path.find('/', star) == path.npos);
}

void read_options(YamlMapping& mapping, const ReadContext& context, Options& options) {
  std::vector<std::string> files;
  mapping.read("files", files);
  if (files.empty()) mapping.complain("files", "at least one path must be given");
  for (const std::string& path : files) {
    if (!is_file_pattern(path)) {
      mapping.complain(
          "files",
          go_quote(path) + " must end in .json, .yml or .yaml and may have a star only in its last element");
    }
    options.files.push_back(context.path(path));
  }
  read_refresh_interval(mapping, options.refresh_interval);
}

}  // namespace kubevitals::discovery::file
