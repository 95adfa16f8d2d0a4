// Any text as the data of a node.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/target_group.h"
#include "discovery/zookeeper/member.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = zookeeper::parse_serverset_member(text, "/path");
  if (target && !(*target)->find(address_label())) std::abort();
  return 0;
}
