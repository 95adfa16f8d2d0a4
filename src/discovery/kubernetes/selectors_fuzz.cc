// Any text as a selector.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "discovery/kubernetes/selectors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(kubevitals::discovery::kubernetes::check_label_selector(text));
  static_cast<void>(kubevitals::discovery::kubernetes::check_field_selector(text));
  return 0;
}
