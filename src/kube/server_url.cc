#include "kube/server_url.h"

#include "net/curl_request.h"
#include "net/curl_url.h"

namespace kubevitals::kube {
namespace {

Error invalid_url(const std::string& text, const std::string& cause) {
  return Error{ErrorCode::kInvalid, "\"" + net::shown_url(text) + "\": " + cause};
}

}  // namespace

Result<std::string> parse_server_url(const std::string& text) {
  if (text.empty()) return Error{ErrorCode::kInvalid, "the address is empty"};
  const bool has_scheme = text.find("://") != std::string::npos;
  Result<net::CurlUrl> url = net::CurlUrl::parse(has_scheme ? text : "http://" + text);
  if (!url) return invalid_url(text, url.error().message);
  const std::string scheme = url->part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return invalid_url(text, "expected http:// or https://");
  const std::string port = url->part(CURLUPART_PORT);
  std::string path = url->part(CURLUPART_PATH);
  while (path.ends_with('/')) path.pop_back();
  const std::string user = url->part(CURLUPART_USER);
  if (!user.empty()) return invalid_url(text, "credentials do not belong into the address");
  return scheme + "://" + url->part(CURLUPART_HOST) + (port.empty() ? "" : ":" + port) + path;
}

Result<std::string> parse_proxy_url(const std::string& text) {
  Result<net::CurlUrl> url = net::CurlUrl::parse(text);
  if (!url) return invalid_url(text, url.error().message);
  const std::string scheme = url->part(CURLUPART_SCHEME);
  if (scheme == "http" || scheme == "https") return text;
  if (scheme == "socks5") return "socks5h" + text.substr(scheme.size());
  return invalid_url(text, "expected http://, https:// or socks5://");
}

}  // namespace kubevitals::kube
