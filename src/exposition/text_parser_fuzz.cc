// Any text: samples until an end or an error, each with a name and with labels that have names.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exposition/text_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  exposition::TextParser parser(std::string_view(reinterpret_cast<const char*>(data), size));
  for (std::size_t samples = 0;; ++samples) {
    const Result<const exposition::TextSample*> sample = parser.next();
    if (!sample || *sample == nullptr) return 0;
    if ((*sample)->name.empty() || samples > size) std::abort();
    for (const exposition::TextLabel& label : (*sample)->labels) {
      if (label.name.empty()) std::abort();
    }
  }
}
