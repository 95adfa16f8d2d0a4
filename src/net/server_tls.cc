#include "net/server_tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "net/openssl_handles.h"
#include "net/pem.h"

namespace kubevitals::net {
namespace {

// Go's, in its order of preference: all of them have forward secrecy.
constexpr const char* kDefaultCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";

constexpr std::string_view kProtocol = "http/1.1";

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    // OpenSSL refuses to have one twice.
    if ((":" + text + ":").find(":" + name + ":") != std::string::npos) continue;
    text.append(text.empty() ? "" : ":").append(name);
  }
  return text;
}

std::string text_of(const ASN1_STRING* text) {
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  return std::string(bytes, static_cast<std::size_t>(ASN1_STRING_length(text)));
}

// As Go shows addresses: an IPv4 one within IPv6 is an IPv4 one.
std::string address_text(std::string bytes) {
  constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (bytes.size() == 16 && bytes.starts_with(mapped)) bytes.erase(0, mapped.size());
  char text[INET6_ADDRSTRLEN] = "";
  if (bytes.size() != 4 && bytes.size() != 16) return "";
  ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

std::string text_of(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
    case GEN_EMAIL:
    case GEN_URI:
      return text_of(name.d.ia5);
    case GEN_IPADD:
      return address_text(text_of(name.d.iPAddress));
    default:
      return "";
  }
}

bool has_name(const X509* certificate, const std::vector<std::string>& allowed) {
  using Names = std::unique_ptr<GENERAL_NAMES, OpensslFree<&GENERAL_NAMES_free>>;
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string text = text_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!text.empty() && std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return true;
  }
  return false;
}

int choose_protocol(SSL* /*connection*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*data*/) {
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != kProtocol) continue;
    *out = offered + at + 1;
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool verifies(ClientAuth client_auth) {
  return client_auth == ClientAuth::kVerifyIfGiven || client_auth == ClientAuth::kRequireAndVerify;
}

int verify_mode(const ServerTlsOptions& options) {
  if (options.client_auth == ClientAuth::kNone) return SSL_VERIFY_NONE;
  const bool required = options.client_auth == ClientAuth::kRequireAny ||
                        options.client_auth == ClientAuth::kRequireAndVerify || options.allowed_sans;
  return SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
}

}  // namespace

Result<void> check_certificates(const std::string& pem) {
  const Result<std::vector<CertificateHandle>> certificates = read_certificates(pem);
  if (!certificates) return certificates.error();
  return {};
}

Result<void> check_key(const std::string& pem, const std::string& certificates) {
  const Result<KeyHandle> key = read_key(pem);
  if (!key) return key.error();
  const Result<std::vector<CertificateHandle>> chain = read_certificates(certificates);
  if (!chain) return {};
  return check_pair(chain->front().get(), key->get());
}

Result<std::shared_ptr<ServerTls>> ServerTls::create(const ServerTlsOptions& options) {
  auto tls = std::make_shared<ServerTls>(Private(), options);
  if (Result<void> done = tls->set_up(options); !done) return done.error();
  return tls;
}

ServerTls::ServerTls(Private, const ServerTlsOptions& options)
    : client_auth_(options.client_auth), allowed_sans_(options.allowed_sans) {}

Result<void> ServerTls::set_up(const ServerTlsOptions& options) {
  if (Result<void> done = set_protocol(options); !done) return done;
  if (Result<void> done = use_certificate(context_.native_handle(), options.certificate, options.key);
      !done) {
    return done;
  }
  return set_client_auth(options);
}

Result<void> ServerTls::set_protocol(const ServerTlsOptions& options) {
  SSL_CTX* const tls = context_.native_handle();
  SSL_CTX_set_options(tls, SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // OpenSSL 3 has no hash for older versions' handshakes above that level.
  if (options.min_version < TLS1_2_VERSION) SSL_CTX_set_security_level(tls, 0);
  const std::string ciphers = options.ciphers.empty() ? kDefaultCiphers : join(options.ciphers);
  ERR_clear_error();
  if (SSL_CTX_set_min_proto_version(tls, options.min_version) != 1 ||
      SSL_CTX_set_max_proto_version(tls, options.max_version) != 1) {
    return invalid("cannot set the versions of TLS: " + openssl_failure());
  }
  if (SSL_CTX_set_cipher_list(tls, ciphers.c_str()) != 1) {
    return invalid("cannot set the cipher suites: " + openssl_failure());
  }
  if (!options.groups.empty() && SSL_CTX_set1_groups_list(tls, join(options.groups).c_str()) != 1) {
    return invalid("cannot set the curves: " + openssl_failure());
  }
  SSL_CTX_set_alpn_select_cb(tls, &choose_protocol, nullptr);
  return {};
}

Result<void> ServerTls::set_client_auth(const ServerTlsOptions& options) {
  SSL_CTX* const tls = context_.native_handle();
  if (options.client_auth == ClientAuth::kNone) return {};
  SSL_CTX_set_verify(tls, verify_mode(options), nullptr);
  SSL_CTX_set_cert_verify_callback(tls, &ServerTls::verify_client, this);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(tls, 0);
  if (options.client_ca.empty()) {
    if (verifies(options.client_auth)) SSL_CTX_set_default_verify_paths(tls);
    return {};
  }
  const Result<std::vector<CertificateHandle>> authorities = read_certificates(options.client_ca);
  if (!authorities) return authorities.error().wrap("client CA");
  X509_STORE* const store = SSL_CTX_get_cert_store(tls);
  // Each of them is trusted by itself, as in Go, whether or not the one that signed it is there.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const CertificateHandle& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(tls, authority.get()) != 1) {
      return invalid("cannot use the client CA: " + openssl_failure());
    }
  }
  return {};
}

// Called for clients that show a certificate, instead of OpenSSL's verification.
int ServerTls::verify_client(X509_STORE_CTX* store, void* self) {
  const auto& tls = *static_cast<const ServerTls*>(self);
  if (verifies(tls.client_auth_)) {
    if (X509_verify_cert(store) <= 0) return 0;
  } else {
    X509_STORE_CTX_set_error(store, X509_V_OK);
  }
  if (!tls.allowed_sans_ || has_name(X509_STORE_CTX_get0_cert(store), *tls.allowed_sans_)) return 1;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace kubevitals::net
