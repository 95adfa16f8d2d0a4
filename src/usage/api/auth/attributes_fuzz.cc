// Any target and method: what is asked of the API server about it can be read there.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "usage/api/auth/json_body.h"
#include "usage/api/auth/reviews.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t space = text.find(' ');
  if (space == text.npos) return 0;
  const net::Target target = net::parse_target(text.substr(space + 1));
  net::ServerRequest request;
  request.method = text.substr(0, space);
  request.path = target.path;
  request.query = target.query;
  const usage::User user{std::string(text), {}, {std::string(text)}, {{std::string(text), {}}}};
  const usage::Attributes attributes = usage::attributes_of(request);
  const std::string review = usage::access_review(user, attributes);
  if (!is_utf8(review) || !usage::read_json_body(review, [](auto) {})) std::abort();
  if (!is_utf8(attributes.path) || !is_utf8(attributes.name)) std::abort();
  return 0;
}
