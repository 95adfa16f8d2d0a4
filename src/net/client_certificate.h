// Certificates that TLS clients show.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/openssl_handles.h"

namespace kubevitals::net {

// Those whose signature counts. Constant and thread-safe.
class CertificateAuthorities {
 public:
  // From PEM text; kInvalid when there is no certificate in it, or a bad one.
  static Result<std::shared_ptr<const CertificateAuthorities>> create(const std::string& pem);

  explicit CertificateAuthorities(X509_STORE* store) : store_(store) {}

 private:
  friend class ClientCertificate;
  std::unique_ptr<X509_STORE, OpensslFree<&X509_STORE_free>> store_;
};

// What a client has shown: it has the key, but nothing else is sure before is_signed_by() says so. Constant
// and thread-safe.
class ClientCertificate {
 public:
  // Null when the client has shown none.
  static std::shared_ptr<const ClientCertificate> of(const SSL* connection);
  // From PEM text, the client's first; null when it cannot be read. For tests of what judges certificates.
  static std::shared_ptr<const ClientCertificate> parse(const std::string& pem);

  // Of the subject; empty where it has none.
  const std::string& common_name() const { return common_name_; }
  const std::vector<std::string>& organizations() const { return organizations_; }

  // Whether one of these, or whom they have authorised, has signed it for clients, and it is valid now.
  bool is_signed_by(const CertificateAuthorities& authorities) const;

 private:
  static std::shared_ptr<const ClientCertificate> make(CertificateHandle shown,
                                                       std::vector<CertificateHandle> chain);

  CertificateHandle certificate_;
  std::vector<CertificateHandle> chain_;  // what the client sent besides
  std::string common_name_;
  std::vector<std::string> organizations_;
};

}  // namespace kubevitals::net
