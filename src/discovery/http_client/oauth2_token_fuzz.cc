// Any text as a token endpoint's answer, in both forms: a token has a scheme and is not empty, neither has
// blanks, a lifetime is positive, and messages are short.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "discovery/http_client/oauth2.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::discovery;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* type : {"application/json", "application/x-www-form-urlencoded"}) {
    const auto token = parse_token_response(type, text);
    if (!token && token.error().message.size() > 100) std::abort();
    if (!token) continue;
    const std::size_t blank = token->authorization.find(' ');
    if (token->authorization.find(' ', blank + 1) != std::string::npos) std::abort();
    if (blank == 0 || blank == std::string::npos || blank + 1 == token->authorization.size()) std::abort();
    if (token->lifetime && token->lifetime->count() <= 0) std::abort();
  }
  return 0;
}
