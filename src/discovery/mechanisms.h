// The table of the discovery mechanisms: all that the rest of the program knows of them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/yaml_fields.h"
#include "discovery/discoverer.h"

namespace kubevitals::discovery {

// What reading options needs besides the YAML.
struct ReadContext {
  std::string directory;  // of the configuration file: relative paths are relative to it

  // The path joined to the directory; an empty one stays empty, an absolute one as it is.
  std::string path(const std::string& text) const;
};

struct Mechanism {
  std::string_view name;  // "consul": its YAML key is "consul_sd_configs"

  // Reads one list item that is not null, and complains about what is wrong. Null: a configuration may name
  // the mechanism, but this program does not have it yet.
  DiscovererOptionsPtr (*read)(YamlMapping& mapping, const ReadContext& context);
};

// In alphabetical order. static_configs are not among them: see static_groups.h.
std::span<const Mechanism> mechanisms();

// A row's `read` for options that have
//   void read_options(YamlMapping&, const ReadContext&, Options&)
// beside the struct; it asks for all keys that there are and checks their values, but does not call finish().
template <typename Options>
DiscovererOptionsPtr read_mechanism(YamlMapping& mapping, const ReadContext& context) {
  Options options;
  read_options(mapping, context, options);
  mapping.finish();
  return std::make_shared<const TypedDiscovererOptions<Options>>(std::move(options));
}

}  // namespace kubevitals::discovery
