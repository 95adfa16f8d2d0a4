// Certificates and keys as text.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/openssl_handles.h"

namespace kubevitals::net {

// All of a text's certificates, in order; kInvalid when there is none, or one that cannot be read. Errors are
// the cause alone.
Result<std::vector<CertificateHandle>> read_certificates(const std::string& pem);

// kInvalid when it cannot be read, or is encrypted.
Result<KeyHandle> read_key(const std::string& pem);

// kInvalid when the key is not the certificate's.
Result<void> check_pair(X509* certificate, EVP_PKEY* key);

// Lets connections of this context show a certificate: the chain's first, signed by the others.
Result<void> use_certificate(SSL_CTX* context, const std::string& chain, const std::string& key);

}  // namespace kubevitals::net
