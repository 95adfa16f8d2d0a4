// Any bytes as gzip, in pieces: what comes out does not depend on how it was cut, and never exceeds the
// limit.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/gzip_decoder.h"

namespace {

constexpr std::size_t kEnough = 1 << 20;

struct Decoded {
  std::string text;
  bool malformed = false;
  bool at_end = false;

  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view packed, std::size_t fed, std::size_t taken) {
  kubevitals::net::GzipDecoder decoder;
  Decoded decoded;
  while (!packed.empty() && decoded.text.size() < kEnough) {
    decoder.feed(std::string(packed.substr(0, fed)));
    packed.remove_prefix(std::min(fed, packed.size()));
    while (decoded.text.size() < kEnough) {
      const auto some = decoder.take(taken);
      if (!some) {
        decoded.malformed = true;
        return decoded;
      }
      if (some->size() > taken) std::abort();
      if (some->empty()) break;
      decoded.text.append(*some);
    }
  }
  decoded.at_end = decoder.at_end();
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view packed(reinterpret_cast<const char*>(data + 1), size - 1);
  const Decoded whole = decode(packed, packed.size(), kEnough);
  const Decoded pieces = decode(packed, std::size_t{data[0]} % 16 + 1, std::size_t{data[0]} / 16 * 100 + 1);
  if (whole.text.size() >= kEnough || pieces.text.size() >= kEnough) return 0;
  if (whole.malformed != pieces.malformed) std::abort();
  // Before a failure some of the text may have been given out.
  if (whole.malformed) return 0;
  if (!(whole == pieces)) std::abort();
  return 0;
}
