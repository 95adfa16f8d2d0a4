#include "discovery/config/discovery_section.h"

#include "base/go_text.h"
#include "discovery/target_group_document.h"

namespace kubevitals::discovery {
namespace {

// True, with a complaint, when a list's item is null.
bool is_empty(const YamlValue& item, const std::string& key) {
  if (!item.is_null()) return false;
  item.complain("empty or null section in " + key);
  return true;
}

void read_mechanism_items(const Mechanism& mechanism, YamlMapping& mapping, const ReadContext& context,
                          DiscoverySection& out) {
  const std::string name(mechanism.name);
  const std::string key = name + "_sd_configs";
  for (const YamlValue& item : mapping.get(key).items()) {
    if (is_empty(item, key)) continue;
    if (mechanism.read == nullptr) {
      item.complain("discovery by " + name + " is not yet supported");
      continue;
    }
    YamlMapping options(item);
    if (DiscovererOptionsPtr read = mechanism.read(options, context)) {
      out.discoverers.push_back({name, std::move(read)});
    }
  }
}

// An address may hold a slash only where relabelling will make something else of it.
void check_addresses(const YamlValue& item, const TargetGroup& group) {
  for (std::size_t i = 0; i < group.targets.size(); ++i) {
    const std::string_view address = group.targets[i]->find(address_label()).value_or("");
    if (address.find('/') == address.npos) continue;
    YamlMapping(item).get("targets").items()[i].complain(go_quote(address) + " is not a valid hostname");
  }
}

}  // namespace

void read_discovery(YamlMapping& mapping, const ReadContext& context, bool urls_allowed,
                    DiscoverySection& out) {
  for (const Mechanism& mechanism : mechanisms()) read_mechanism_items(mechanism, mapping, context, out);
  for (const YamlValue& item : mapping.get("static_configs").items()) {
    if (is_empty(item, "static_configs")) continue;
    TargetGroup group = read_target_group(item);
    group.source = std::to_string(out.static_groups.size());
    if (!urls_allowed) check_addresses(item, group);
    out.static_groups.push_back(std::make_shared<const TargetGroup>(std::move(group)));
  }
}

}  // namespace kubevitals::discovery
