#include "discovery/http_client/transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>

#include "base/version.h"

namespace kubevitals::discovery {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

BioPtr bio_of(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// An encrypted key has no place here; without this OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

CertificatePtr first_certificate(const std::string& pem) {
  const BioPtr bio = bio_of(pem);
  CertificatePtr certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  return certificate;
}

KeyPtr private_key(const std::string& pem) {
  const BioPtr bio = bio_of(pem);
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr);
  ERR_clear_error();
  return key;
}

// What is named: the text itself or a file.
Result<std::string> text_of(const std::string& text, const std::string& file) {
  if (!text.empty() || file.empty()) return text;
  return read_text_file(file);
}

Result<void> check_authority(const TlsOptions& tls) {
  const Result<std::string> pem = text_of(tls.ca, tls.ca_file);
  if (!pem) return pem.error().wrap("cannot use the CA certificate");
  if (tls.ca.empty() && tls.ca_file.empty()) return {};
  if (!first_certificate(*pem)) {
    return invalid("cannot use the CA certificate " + tls.ca_file + ": no certificate in PEM form");
  }
  return {};
}

Result<void> check_client_certificate(const TlsOptions& tls) {
  const bool certified = !tls.cert.empty() || !tls.cert_file.empty();
  const bool keyed = !tls.key.empty() || !tls.key_file.empty();
  if (!certified && !keyed) return {};
  const std::string what = "cannot use the client certificate " + tls.cert_file;
  if (!certified || !keyed) return invalid(what + ": certificate and key belong together");
  const Result<std::string> certificate_text = text_of(tls.cert, tls.cert_file);
  if (!certificate_text) return certificate_text.error().wrap(what);
  const Result<std::string> key_text = text_of(tls.key.text, tls.key_file);
  if (!key_text) return key_text.error().wrap(what);
  const CertificatePtr certificate = first_certificate(*certificate_text);
  if (!certificate) return invalid(what + ": no certificate in PEM form");
  const KeyPtr key = private_key(*key_text);
  if (!key) return invalid(what + ": no private key in PEM form that can be read without a passphrase");
  const bool same = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!same) return invalid(what + ": the key is another certificate's");
  return {};
}

Result<net::TlsVersion> version_of(const std::string& name) {
  if (name.empty()) return net::TlsVersion::kDefault;
  if (name == "TLS10") return net::TlsVersion::k10;
  if (name == "TLS11") return net::TlsVersion::k11;
  if (name == "TLS12") return net::TlsVersion::k12;
  if (name == "TLS13") return net::TlsVersion::k13;
  return invalid("unknown TLS version " + name);
}

Result<void> set_versions(const TlsOptions& tls, net::TransportOptions& transport) {
  const Result<net::TlsVersion> min = version_of(tls.min_version);
  if (!min) return min.error();
  const Result<net::TlsVersion> max = version_of(tls.max_version);
  if (!max) return max.error();
  if (*max != net::TlsVersion::kDefault && *max < *min) {
    return invalid("cannot use the TLS options: max_version is older than min_version");
  }
  transport.min_tls_version = *min;
  transport.max_tls_version = *max;
  return {};
}

}  // namespace

Result<net::TransportOptions> make_transport_options(const TlsOptions& tls, const ProxyOptions& proxy,
                                                     bool http2) {
  net::TransportOptions transport;
  if (auto done = set_versions(tls, transport); !done) return std::move(done).error();
  if (auto done = check_authority(tls); !done) return std::move(done).error();
  if (auto done = check_client_certificate(tls); !done) return std::move(done).error();
  transport.ca_file = tls.ca_file;
  transport.ca_data = tls.ca;
  transport.certificate_file = tls.cert_file;
  transport.certificate_data = tls.cert;
  transport.key_file = tls.key_file;
  transport.key_data = tls.key.text;
  transport.insecure_skip_verify = tls.insecure_skip_verify;
  transport.tls_server_name = tls.server_name;
  transport.http2 = http2;
  transport.user_agent = user_agent();
  for (const auto& [name, values] : proxy.proxy_connect_header) {
    for (const Secret& value : values) transport.proxy_headers.add(name, value.text);
  }
  return transport;
}

std::string user_agent() {
  return std::string("kubevitals/") + kVersion;
}

}  // namespace kubevitals::discovery
