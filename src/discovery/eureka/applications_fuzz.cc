// Any text as the applications of a Eureka server: each target has an address and an instance.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/eureka/applications.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const auto group = eureka::parse_applications({reinterpret_cast<const char*>(data), size});
  if (!group) {
    if (group.error().message.empty()) std::abort();
    return 0;
  }
  for (const LabelBlockPtr& target : group->targets) {
    if (!target || !target->find(address_label()) || !target->find(instance_label())) std::abort();
  }
  return 0;
}
