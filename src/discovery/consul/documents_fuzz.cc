// Any text as each of the answers of an agent.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/consul/documents.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto instances = consul::parse_instances(text, {"service", "dc", ","});
  if (instances) {
    for (const LabelBlockPtr& target : (*instances)->targets) {
      if (!target || !target->find(address_label())) std::abort();
    }
  }
  static_cast<void>(consul::parse_services(text));
  static_cast<void>(consul::parse_datacenter(text));
  return 0;
}
