// Any bytes as what an API server says: reviews and the ConfigMap are read or refused with words.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "usage/api/auth/authentication_config.h"
#include "usage/api/auth/reviews.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::usage;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto token = read_token_review(text);
  const auto access = read_access_review(text);
  const auto config = read_authentication_config(text);
  if (!token && token.error().message.empty()) std::abort();
  if (!access && access.error().message.empty()) std::abort();
  if (!config && config.error().message.empty()) std::abort();
  return 0;
}
