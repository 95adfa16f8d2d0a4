#include "net/client_certificate.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <utility>

namespace kubevitals::net {
namespace {

std::vector<std::string> subject_texts(const X509* certificate, int field) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  std::vector<std::string> texts;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, field, at)) >= 0;) {
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size >= 0) texts.emplace_back(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
  }
  ERR_clear_error();
  return texts;
}

}  // namespace

Result<std::shared_ptr<const CertificateAuthorities>> CertificateAuthorities::create(const std::string& pem) {
  ERR_clear_error();
  auto authorities = std::make_shared<const CertificateAuthorities>(X509_STORE_new());
  X509_STORE* const store = authorities->store_.get();
  // Each of them is trusted by itself, as in Go, whether or not the one that signed it is there.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  const BioHandle bio = read_from(pem);
  int count = 0;
  while (bio) {
    const CertificateHandle next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    if (X509_STORE_add_cert(store, next.get()) != 1) return Error{ErrorCode::kInvalid, openssl_failure()};
    ++count;
  }
  const bool complete = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string failure = openssl_failure();
  if (!complete) return Error{ErrorCode::kInvalid, "bad certificate: " + failure};
  if (count == 0) return Error{ErrorCode::kInvalid, "there is no certificate in PEM format in it"};
  return authorities;
}

std::shared_ptr<const ClientCertificate> ClientCertificate::make(CertificateHandle shown,
                                                                 std::vector<CertificateHandle> chain) {
  auto certificate = std::make_shared<ClientCertificate>();
  std::vector<std::string> names = subject_texts(shown.get(), NID_commonName);
  if (!names.empty()) certificate->common_name_ = std::move(names.back());  // Go's choice
  certificate->organizations_ = subject_texts(shown.get(), NID_organizationName);
  certificate->certificate_ = std::move(shown);
  certificate->chain_ = std::move(chain);
  return certificate;
}

std::shared_ptr<const ClientCertificate> ClientCertificate::of(const SSL* connection) {
  CertificateHandle shown(SSL_get1_peer_certificate(connection));
  if (!shown) return nullptr;
  std::vector<CertificateHandle> others;
  const STACK_OF(X509)* const chain = SSL_get_peer_cert_chain(connection);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    X509* const one = sk_X509_value(chain, i);
    X509_up_ref(one);
    others.emplace_back(one);
  }
  return make(std::move(shown), std::move(others));
}

std::shared_ptr<const ClientCertificate> ClientCertificate::parse(const std::string& pem) {
  const BioHandle bio = read_from(pem);
  std::vector<CertificateHandle> all;
  while (bio) {
    CertificateHandle next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    all.push_back(std::move(next));
  }
  ERR_clear_error();
  if (all.empty()) return nullptr;
  CertificateHandle shown = std::move(all.front());
  all.erase(all.begin());
  return make(std::move(shown), std::move(all));
}

bool ClientCertificate::is_signed_by(const CertificateAuthorities& authorities) const {
  using Context = std::unique_ptr<X509_STORE_CTX, OpensslFree<&X509_STORE_CTX_free>>;
  const Context context(X509_STORE_CTX_new());
  STACK_OF(X509)* const untrusted = sk_X509_new_null();
  for (const CertificateHandle& one : chain_) sk_X509_push(untrusted, one.get());
  bool valid =
      X509_STORE_CTX_init(context.get(), authorities.store_.get(), certificate_.get(), untrusted) == 1;
  if (valid) X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT);
  valid = valid && X509_verify_cert(context.get()) == 1;
  X509_STORE_CTX_cleanup(context.get());
  sk_X509_free(untrusted);
  ERR_clear_error();
  return valid;
}

}  // namespace kubevitals::net
