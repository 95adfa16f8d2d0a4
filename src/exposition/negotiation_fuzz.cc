// Any text as Accept and Accept-Encoding: there is always an answer, and it is one of those that there are.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exposition/negotiation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::exposition;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Negotiated negotiated = negotiate_format(text);
  const bool open_metrics = negotiated.content_type.starts_with("application/openmetrics-text; version=");
  if (open_metrics != (negotiated.format == Format::kOpenMetrics)) std::abort();
  if (!open_metrics && !negotiated.content_type.starts_with("text/plain; version=0.0.4")) std::abort();
  (void)accepts_gzip(text);
  return 0;
}
