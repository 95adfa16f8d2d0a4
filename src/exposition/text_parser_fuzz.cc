// Any text: samples until an end or an error, each with a name and with labels that have names; the same ones
// when the labels of the sample before are expected.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exposition/text_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  exposition::TextParser parser(text);
  std::string_view last;
  exposition::TextParser expecting(text, [&last](std::string_view) { return last; });
  for (std::size_t samples = 0;; ++samples) {
    const Result<const exposition::TextSample*> sample = parser.next();
    const Result<const exposition::TextSample*> same = expecting.next();
    if (!sample != !same) std::abort();
    if (!sample) return 0;
    const exposition::TextSample* const one = *sample;
    const exposition::TextSample* const other = *same;
    if ((one == nullptr) != (other == nullptr)) std::abort();
    if (one == nullptr) return 0;
    if (one->name.empty() || samples > size) std::abort();
    for (const exposition::TextLabel& label : one->labels) {
      if (label.name.empty()) std::abort();
    }
    if (one->name != other->name || one->label_text != other->label_text) std::abort();
    if (one->timestamp != other->timestamp) std::abort();
    if (other->as_expected ? other->label_text != last : one->labels != other->labels) std::abort();
    last = other->label_text;
  }
}
