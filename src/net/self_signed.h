// Certificates for the simulator's --tls and for tests; never for production.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace kubevitals::net {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM, not encrypted
};

// A self-signed certificate (EC P-256, valid for ten years from a day ago) for localhost, 127.0.0.1, ::1 and
// `names`, which are DNS names, IP addresses, URIs or e-mail addresses. It can serve as its own CA, for
// servers and for clients.
Result<KeyPair> make_self_signed_certificate(const std::vector<std::string>& names = {},
                                             const std::string& common_name = "localhost");

// The same signed by `authority`, and for these names only. It is an authority too: chains can be made.
Result<KeyPair> make_signed_certificate(const KeyPair& authority, const std::vector<std::string>& names,
                                        const std::string& common_name);

}  // namespace kubevitals::net
