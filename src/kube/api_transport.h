// How the watch cache reaches an API server: the real client, or a fake in a test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_client.h"
#include "net/http_message.h"

namespace kubevitals::kube {

struct ApiRequest {
  std::string method = "GET";
  std::string path;  // "/api/v1/pods"
  net::QueryParameters query;
  std::string accept;
  std::string content_type;  // of the body
  std::string body;
  std::chrono::milliseconds timeout{30'000};  // until the response's head; of the whole exchange for send()
};

// Adds what every request needs (address, credentials, trust) and hands the response on as it is: an HTTP
// error status is a response. Thread-safe.
class ApiTransport {
 public:
  virtual ~ApiTransport() = default;
  virtual asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(ApiRequest request) = 0;
  virtual asio::awaitable<Result<net::HttpResponse>> send(ApiRequest request) = 0;
};

}  // namespace kubevitals::kube
