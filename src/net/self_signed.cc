#include "net/self_signed.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <boost/asio/ip/address.hpp>
#include <cstdint>

#include "net/openssl_handles.h"

namespace kubevitals::net {
namespace {

bool add_extension(X509* certificate, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// How OpenSSL writes a name of an unknown kind.
std::string alternative_name(const std::string& name) {
  boost::system::error_code no_address;
  boost::asio::ip::make_address(name, no_address);
  if (!no_address) return "IP:" + name;
  if (name.find("://") != std::string::npos) return "URI:" + name;
  return (name.find('@') != std::string::npos ? "email:" : "DNS:") + name;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ",").append(alternative_name(name));
  return text;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

struct Issuer {
  CertificateHandle certificate;
  KeyHandle key;
};

Issuer read_issuer(const KeyPair& pair) {
  Issuer issuer;
  const BioHandle certificate = read_from(pair.certificate);
  const BioHandle key = read_from(pair.key);
  issuer.certificate.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  issuer.key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  return issuer;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& common_name,
          const std::vector<std::string>& names) {
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), std::uint64_t{serial} + 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3650L * 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return (names.empty() || add_extension(certificate, NID_subject_alt_name, alternative_names(names))) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth");
}

// Without an authority it signs itself.
Result<KeyPair> make_certificate(const Issuer* authority, const std::vector<std::string>& names,
                                 const std::string& common_name) {
  const auto fail = [] { return Error{ErrorCode::kInternal, "cannot make a certificate"}; };
  const KeyHandle key(EVP_EC_gen("P-256"));
  const CertificateHandle certificate(X509_new());
  if (!key || !certificate || !fill(certificate.get(), key.get(), common_name, names)) return fail();
  X509* const issuer = authority == nullptr ? certificate.get() : authority->certificate.get();
  EVP_PKEY* const signer = authority == nullptr ? key.get() : authority->key.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  if (X509_sign(certificate.get(), signer, EVP_sha256()) == 0) return fail();
  const BioHandle certificate_text(BIO_new(BIO_s_mem()));
  const BioHandle key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return fail();
  }
  return KeyPair{text_of(certificate_text.get()), text_of(key_text.get())};
}

}  // namespace

Result<KeyPair> make_self_signed_certificate(const std::vector<std::string>& names,
                                             const std::string& common_name) {
  std::vector<std::string> all = {"localhost", "127.0.0.1", "::1"};
  all.insert(all.end(), names.begin(), names.end());
  return make_certificate(nullptr, all, common_name);
}

Result<KeyPair> make_signed_certificate(const KeyPair& authority, const std::vector<std::string>& names,
                                        const std::string& common_name) {
  const Issuer issuer = read_issuer(authority);
  if (!issuer.certificate || !issuer.key) {
    return Error{ErrorCode::kInvalid, "cannot sign a certificate: bad authority"};
  }
  return make_certificate(&issuer, names, common_name);
}

}  // namespace kubevitals::net
