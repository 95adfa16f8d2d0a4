// Any text as target groups in YAML: each target has an address.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "discovery/target_group_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto groups = parse_target_groups_yaml(text, "f");
  if (!groups) return 0;
  for (const TargetGroup& group : *groups) {
    for (const LabelBlockPtr& target : group.targets) {
      if (!target || !target->find(address_label())) std::abort();
    }
  }
  return 0;
}
