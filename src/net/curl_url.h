// URLs, taken apart by libcurl's own parser: what is shown and checked is what will be used.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals::net {

class CurlUrl {
 public:
  // An absolute URL with a host; any scheme.
  static Result<CurlUrl> parse(const std::string& text);

  // The absolute URL that a reference stands for when it is found at `base`.
  static Result<std::string> resolve(const std::string& base, const std::string& reference);

  // Empty when there is none. Flags are CURLU_*.
  std::string part(CURLUPart which, unsigned flags = 0) const;
  bool set(CURLUPart which, const std::string& value);

  std::string without_credentials() const;
  std::string without_credentials_and_query() const;

 private:
  struct Cleanup {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
  };
  explicit CurlUrl(CURLU* handle) : handle_(handle) {}
  CurlUrl copy() const { return CurlUrl(curl_url_dup(handle_.get())); }
  void erase(CURLUPart which) { curl_url_set(handle_.get(), which, nullptr, 0); }

  std::unique_ptr<CURLU, Cleanup> handle_;
};

// The URL as it may be shown: without credentials and query, either of which may hold secrets.
std::string shown_url(std::string_view url);

// The first `limit` bytes, in one line.
std::string shown_text(std::string_view text, std::size_t limit);

}  // namespace kubevitals::net
