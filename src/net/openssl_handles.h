// OpenSSL's objects with an owner, and its failures in words.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <climits>
#include <memory>
#include <string>
#include <string_view>

namespace kubevitals::net {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, OpensslFree<&X509_free>>;
using BioHandle = std::unique_ptr<BIO, OpensslFree<&BIO_vfree>>;

// Reads from `text`, which must outlive it. Null when there is no memory, or the text is of no sane size.
inline BioHandle read_from(std::string_view text) {
  if (text.size() > INT_MAX) return nullptr;
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Why the last call on this thread failed; forgets it.
inline std::string openssl_failure() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown failure" : reason;
}

}  // namespace kubevitals::net
