// An API server that is reached with Prometheus' HTTP client options.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/config/http_client_options.h"
#include "discovery/discoverer.h"
#include "kube/api_transport.h"

namespace kubevitals::discovery::kubernetes {

// Adds the address and what the options say: credentials and headers, whose files are read for each request,
// OAuth 2 tokens, proxies and TLS. Fails when a certificate or key is of no use. Thread-safe.
Result<std::unique_ptr<kube::ApiTransport>> make_client_transport(const std::string& url,
                                                                  const HttpClientOptions& options,
                                                                  asio::any_io_executor io,
                                                                  asio::any_io_executor workers, Clock& clock,
                                                                  exposition::MetricRegistry& metrics);

}  // namespace kubevitals::discovery::kubernetes
