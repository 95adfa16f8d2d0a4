// Any text as a selector: it is refused with words, or it selects, and then never both an object and its
// opposite.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sim/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::sim;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const json::object kPod(
      {{"metadata", {{"name", "a"}, {"labels", {{"a", "b"}, {"n", "3"}}}}}, {"spec", {{"nodeName", "n"}}}});
  if (const auto labels = LabelSelector::parse(text)) {
    (void)labels->matches(kPod);
  } else if (labels.error().message.empty()) {
    std::abort();
  }
  if (const auto fields = FieldSelector::parse(text, "Pod")) {
    const std::string* name = fields->required("metadata.name");
    if (name != nullptr && *name != "a" && fields->matches(kPod)) std::abort();
  }
  return 0;
}
