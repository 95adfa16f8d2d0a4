// Any Accept field: what is found has a name, and is the same a second time.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "usage/api/media_type.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  net::ServerRequest request;
  request.headers.set("Accept", std::string(reinterpret_cast<const char*>(data), size));
  for (const bool list : {false, true}) {
    const auto found = usage::negotiate(request, list);
    const auto again = usage::negotiate(request, list);
    if (found.has_value() != again.has_value()) std::abort();
    if (found && (found->name.empty() || found->name != again->name)) std::abort();
  }
  usage::accepts(request, usage::kJsonType);
  return 0;
}
