// What one request looks like to libcurl.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_client.h"

namespace kubevitals::net {

// An easy handle and what it points to, set up for one request but for its callbacks.
class CurlRequest {
 public:
  // Checks the request and the options; kInvalid names what is wrong.
  static Result<std::unique_ptr<CurlRequest>> make(const TransportOptions& options, HttpRequest request);

  ~CurlRequest();
  CurlRequest(const CurlRequest&) = delete;
  CurlRequest& operator=(const CurlRequest&) = delete;

  CURL* easy() const { return easy_; }

  // Whether the caller expects a gzip body to be decoded.
  bool decodes_gzip() const { return decodes_gzip_; }

  // The URL of the answer: the one asked for, or where redirects led to; without credentials.
  std::string effective_url() const;

  // What went wrong, in words, without credentials.
  Error explain(CURLcode code) const;

 private:
  CurlRequest() = default;

  void set_basics(const TransportOptions& options, const HttpRequest& request);
  void set_tls(const TransportOptions& options);
  void set_tls_versions(const TransportOptions& options);
  Result<void> set_proxy(const TransportOptions& options, const HttpRequest& request);
  Result<void> set_proxy_headers(const TransportOptions& options);
  Result<void> set_url(const TransportOptions& options, const HttpRequest& request);
  Result<void> set_method(HttpRequest& request);
  Result<void> set_headers(const HttpRequest& request);

  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  curl_slist* proxy_headers_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  std::string body_;
  std::string url_;
  std::string host_field_;  // when the URL given to libcurl has another host
  std::chrono::milliseconds connect_timeout_{0};
  bool decodes_gzip_ = false;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
};

}  // namespace kubevitals::net
