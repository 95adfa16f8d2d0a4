// HTTP as discovery mechanisms speak it: with Prometheus' client options.
#pragma once

#include <memory>
#include <string>

#include "discovery/config/http_client_options.h"
#include "discovery/discoverer.h"
#include "net/http_client.h"

namespace kubevitals::discovery {

// Makes requests with the options' authentication, headers, proxies and TLS. Credentials in files are read
// for every request, certificates when they change; OAuth 2 tokens are fetched when needed and kept until
// shortly before they expire. Adds "User-Agent: kubevitals/<version>" unless there is one. Thread-safe.
class MechanismClient {
 public:
  virtual ~MechanismClient() = default;

  // As net::HttpClient::send(). kUnauthorized when credentials cannot be read or fetched.
  virtual asio::awaitable<Result<net::HttpResponse>> send(net::HttpRequest request,
                                                          std::size_t max_body = std::size_t{64} << 20) = 0;
};

// Fails when a file that the options name cannot be read, or the TLS versions contradict each other.
// `always_follow_redirects`: for mechanisms that ignore follow_redirects: false, as the incumbent's do.
Result<std::shared_ptr<MechanismClient>> make_mechanism_client(const HttpClientOptions& options,
                                                               const DiscovererContext& context,
                                                               bool always_follow_redirects = false);

}  // namespace kubevitals::discovery
