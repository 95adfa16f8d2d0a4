// Any text as a request's target: what it is taken apart to is never longer than it, and survives being
// encoded and taken apart again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/http_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Target target = parse_target(text);
  if (target.path.size() > text.size() + 1) std::abort();
  if (decode_query(encode_query(target.query)) != target.query) std::abort();
  if (url_decode(url_encode(text), false) != text) std::abort();
  std::size_t decoded = 0;
  for (const auto& [name, value] : target.query) decoded += name.size() + value.size();
  if (decoded > text.size()) std::abort();
  return 0;
}
