#include "net/pem.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <utility>

namespace kubevitals::net {
namespace {

// Without it OpenSSL would ask on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
  return -1;
}

}  // namespace

Result<std::vector<CertificateHandle>> read_certificates(const std::string& pem) {
  ERR_clear_error();
  const BioHandle bio = read_from(pem);
  std::vector<CertificateHandle> certificates;
  while (bio) {
    CertificateHandle next(PEM_read_bio_X509(bio.get(), nullptr, &no_passphrase, nullptr));
    if (!next) break;
    certificates.push_back(std::move(next));
  }
  // At the end of the text there is no further start line.
  const bool complete = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string failure = openssl_failure();
  if (!complete) return invalid("bad certificate: " + failure);
  if (certificates.empty()) return invalid("there is no certificate in PEM format in it");
  return certificates;
}

Result<KeyHandle> read_key(const std::string& pem) {
  ERR_clear_error();
  const BioHandle bio = read_from(pem);
  KeyHandle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr);
  if (key) return key;
  const std::string failure = openssl_failure();
  if (pem.find("PRIVATE KEY-----") == std::string::npos) {
    return invalid("there is no private key in PEM format in it");
  }
  if (pem.find("ENCRYPTED") != std::string::npos) return invalid("the private key is encrypted");
  return invalid("bad private key: " + failure);
}

Result<void> check_pair(X509* certificate, EVP_PKEY* key) {
  if (X509_check_private_key(certificate, key) == 1) return {};
  ERR_clear_error();
  return invalid("the private key does not belong to the certificate");
}

Result<void> use_certificate(SSL_CTX* context, const std::string& chain, const std::string& key) {
  const Result<std::vector<CertificateHandle>> certificates = read_certificates(chain);
  if (!certificates) return certificates.error();
  const Result<KeyHandle> own_key = read_key(key);
  if (!own_key) return own_key.error();
  if (Result<void> pair = check_pair(certificates->front().get(), own_key->get()); !pair) return pair;
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, certificates->front().get()) != 1) {
    return invalid("cannot use the certificate: " + openssl_failure());
  }
  for (std::size_t i = 1; i < certificates->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, (*certificates)[i].get()) != 1) {
      return invalid("cannot use the certificate's chain: " + openssl_failure());
    }
  }
  if (SSL_CTX_use_PrivateKey(context, own_key->get()) != 1) {
    return invalid("cannot use the private key: " + openssl_failure());
  }
  return {};
}

}  // namespace kubevitals::net
