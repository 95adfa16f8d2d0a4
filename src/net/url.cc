#include "net/url.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "net/curl_url.h"

namespace kubevitals::net {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Result<HttpUrl> parse_http_url(const std::string& text) {
  const auto parsed = CurlUrl::parse(text);
  if (!parsed) return parsed.error();
  HttpUrl url;
  url.scheme = parsed->part(CURLUPART_SCHEME);
  if (url.scheme != "http" && url.scheme != "https") {
    return Error{ErrorCode::kInvalid, "the scheme is neither http nor https"};
  }
  url.text = parsed->without_credentials();
  url.host = lower_case(parsed->part(CURLUPART_HOST));
  if (url.host.starts_with('[') && url.host.ends_with(']'))
    url.host = url.host.substr(1, url.host.size() - 2);
  const std::string port = parsed->part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), url.port);
  url.user = parsed->part(CURLUPART_USER, CURLU_URLDECODE);
  url.password = parsed->part(CURLUPART_PASSWORD, CURLU_URLDECODE);
  url.has_credentials = !parsed->part(CURLUPART_USER).empty() || !parsed->part(CURLUPART_PASSWORD).empty();
  return url;
}

Result<std::string> resolve_url(const std::string& base, const std::string& reference) {
  return CurlUrl::resolve(base, reference);
}

}  // namespace kubevitals::net
