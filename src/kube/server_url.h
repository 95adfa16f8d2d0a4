// The address of an API server.
#pragma once

#include <string>

#include "base/result.h"

namespace kubevitals::kube {

// Takes what stands in a kubeconfig or after --apiserver: a URL, or a host with or without a port, which
// means plain HTTP as it does to client-go. The result has no query, no fragment and no slash at the end.
// kInvalid, without credentials in its message, for anything but http and https.
Result<std::string> parse_server_url(const std::string& text);

// A proxy's URL for the HTTP client: http, https or socks5; kInvalid otherwise. With socks5 the proxy looks
// up the host's name, as it does for kubectl.
Result<std::string> parse_proxy_url(const std::string& text);

}  // namespace kubevitals::kube
