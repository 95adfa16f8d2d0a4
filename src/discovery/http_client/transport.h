// From a configuration's TLS and proxy options to those of the HTTP client.
#pragma once

#include "base/result.h"
#include "discovery/config/http_client_options.h"
#include "net/http_client.h"

namespace kubevitals::discovery {

// kInvalid when a certificate or key cannot be read or they do not belong together, or when the newest TLS
// version allowed is older than the oldest. The proxy itself is chosen for each request (proxy.h): only the
// headers for it are set.
Result<net::TransportOptions> make_transport_options(const TlsOptions& tls, const ProxyOptions& proxy,
                                                     bool http2);

// "kubevitals/<version>".
std::string user_agent();

}  // namespace kubevitals::discovery
