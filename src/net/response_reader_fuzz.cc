// Any bytes as a response: which one it is, if it is one, must not depend on where it is cut into pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "net/response_reader.h"

namespace {

using namespace kubevitals;
constexpr std::size_t kMaxBody = 4096;

struct Response {
  int status = 0;
  std::string body;

  auto operator<=>(const Response&) const = default;
};

std::optional<Response> read(std::string_view text, std::size_t piece) {
  net::ResponseReader reader(kMaxBody, 64);
  for (std::size_t at = 0; at < text.size() && !reader.is_whole(); at += piece) {
    if (!reader.take(text.substr(at, piece))) return std::nullopt;
  }
  if (!reader.is_whole() && !reader.take_end()) return std::nullopt;
  Response response{reader.status(), reader.take_body()};
  if (response.body.size() > kMaxBody) std::abort();
  return response;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 32;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (read(text, std::max<std::size_t>(text.size(), 1)) != read(text, piece)) std::abort();
  return 0;
}
