#include "net/curl_url.h"

#include <algorithm>

namespace kubevitals::net {

Result<CurlUrl> CurlUrl::parse(const std::string& text) {
  const auto bad = [](std::string cause) { return Error{ErrorCode::kInvalid, std::move(cause)}; };
  const bool blank =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; });
  if (blank) return bad("it has a blank or control character");
  CurlUrl url(curl_url());
  const CURLUcode code =
      curl_url_set(url.handle_.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return bad(curl_url_strerror(code));
  if (url.part(CURLUPART_HOST).empty()) return bad("it has no host");
  return url;
}

Result<std::string> CurlUrl::resolve(const std::string& base, const std::string& reference) {
  Result<CurlUrl> url = parse(base);
  if (!url) return url.error();
  const CURLUcode code = curl_url_set(url->handle_.get(), CURLUPART_URL, reference.c_str(),
                                      CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return Error{ErrorCode::kInvalid, curl_url_strerror(code)};
  return url->part(CURLUPART_URL);
}

std::string CurlUrl::part(CURLUPart which, unsigned flags) const {
  char* text = nullptr;
  if (curl_url_get(handle_.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

bool CurlUrl::set(CURLUPart which, const std::string& value) {
  return curl_url_set(handle_.get(), which, value.c_str(), 0) == CURLUE_OK;
}

std::string CurlUrl::without_credentials() const {
  CurlUrl shown = copy();
  for (const CURLUPart which : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS}) shown.erase(which);
  return shown.part(CURLUPART_URL);
}

std::string CurlUrl::without_credentials_and_query() const {
  CurlUrl shown = copy();
  for (const CURLUPart which :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    shown.erase(which);
  }
  return shown.part(CURLUPART_URL);
}

std::string shown_url(std::string_view url) {
  if (const auto parsed = CurlUrl::parse(std::string(url))) {
    std::string text = parsed->without_credentials_and_query();
    if (!text.empty()) return text;
  }
  // Nobody knows where the credentials of a malformed URL are: certainly before the last "@".
  const std::size_t at = url.rfind('@');
  std::string_view rest = at == std::string_view::npos ? url : url.substr(at + 1);
  rest = rest.substr(0, rest.find_first_of("?#"));
  return shown_text(rest, 200);
}

std::string shown_text(std::string_view text, std::size_t limit) {
  std::string shown;
  for (const char c : text.substr(0, limit)) shown.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  return shown;
}

}  // namespace kubevitals::net
