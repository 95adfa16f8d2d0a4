#include "net/client_tls.h"

#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <vector>

#include "base/yaml_fields.h"
#include "net/pem.h"

namespace kubevitals::net {
namespace {

// "http/1.1" with its length.
constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// Where OpenSSL's own would have the process killed by SIGPIPE when the server has gone.
int write_to_socket(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t written =
      ::send(static_cast<int>(BIO_get_fd(bio, nullptr)), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (written < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(written);
}

// Null without memory.
const BIO_METHOD* quiet_socket() {
  static const BIO_METHOD* const method = [] {
    const BIO_METHOD* const base = BIO_s_socket();
    BIO_METHOD* const made = BIO_meth_new(BIO_TYPE_SOCKET, "socket without signals");
    if (made == nullptr) return made;
    BIO_meth_set_write(made, &write_to_socket);
    BIO_meth_set_read(made, BIO_meth_get_read(base));
    BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(base));
    BIO_meth_set_create(made, BIO_meth_get_create(base));
    BIO_meth_set_destroy(made, BIO_meth_get_destroy(base));
    return made;
  }();
  return method;
}

int number_of(TlsVersion version) {
  switch (version) {
    case TlsVersion::kDefault:
      return 0;
    case TlsVersion::k10:
      return TLS1_VERSION;
    case TlsVersion::k11:
      return TLS1_1_VERSION;
    case TlsVersion::k12:
      return TLS1_2_VERSION;
    case TlsVersion::k13:
      return TLS1_3_VERSION;
  }
  return 0;
}

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// The text itself, or else what the file has.
Result<std::string> text_or_file(const std::string& text, const std::string& file) {
  if (!text.empty() || file.empty()) return text;
  return read_text_file(file);
}

Result<void> trust(SSL_CTX* context, const std::string& authorities) {
  const Result<std::vector<CertificateHandle>> read = read_certificates(authorities);
  if (!read) return read.error().wrap("authorities");
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  // Each of them is trusted by itself, as in Go, whether or not the one that signed it is there.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const CertificateHandle& authority : *read) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) {
      return Error{ErrorCode::kInvalid, "cannot use the authorities: " + openssl_failure()};
    }
  }
  return {};
}

}  // namespace

ClientTls::ClientTls(const TransportOptions& options)
    : verifies_(!options.insecure_skip_verify),
      server_name_(options.tls_server_name),
      context_(SSL_CTX_new(TLS_client_method())) {}

Result<std::shared_ptr<const ClientTls>> ClientTls::create(const TransportOptions& options) {
  const std::shared_ptr<ClientTls> tls(new ClientTls(options));
  if (!tls->context_) return Error{ErrorCode::kInternal, "out of memory"};
  if (Result<void> done = tls->set_up(options); !done) return done.error();
  return std::shared_ptr<const ClientTls>(tls);
}

Result<void> ClientTls::set_up(const TransportOptions& options) {
  SSL_CTX* const tls = context_.get();
  const TlsVersion least = options.min_tls_version;
  SSL_CTX_set_min_proto_version(tls, least == TlsVersion::kDefault ? TLS1_2_VERSION : number_of(least));
  SSL_CTX_set_max_proto_version(tls, number_of(options.max_tls_version));
  // OpenSSL 3 has the digests of the old versions only at the lowest level.
  if (least == TlsVersion::k10 || least == TlsVersion::k11) SSL_CTX_set_security_level(tls, 0);
  SSL_CTX_set_mode(
      tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(tls, 1);
  SSL_CTX_set_alpn_protos(tls, kProtocols, sizeof kProtocols);
  if (verifies_) {
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
    const Result<std::string> authorities = text_or_file(options.ca_data, options.ca_file);
    if (!authorities) return authorities.error();
    if (authorities->empty()) {
      SSL_CTX_set_default_verify_paths(tls);
    } else if (Result<void> done = trust(tls, *authorities); !done) {
      return done;
    }
  }
  const Result<std::string> certificate = text_or_file(options.certificate_data, options.certificate_file);
  if (!certificate) return certificate.error();
  if (certificate->empty()) return {};
  const Result<std::string> key = text_or_file(options.key_data, options.key_file);
  if (!key) return key.error();
  return use_certificate(tls, *certificate, *key);
}

SslHandle ClientTls::connect(int socket, const std::string& host) const {
  SslHandle connection(SSL_new(context_.get()));
  const BIO_METHOD* const method = quiet_socket();
  BIO* const bio = method == nullptr ? nullptr : BIO_new(method);
  if (!connection || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_fd(bio, socket, BIO_NOCLOSE);
  SSL_set_bio(connection.get(), bio, bio);
  const std::string& name = server_name_.empty() ? host : server_name_;
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection.get()), name.c_str());
  } else {
    SSL_set_tlsext_host_name(connection.get(), name.c_str());
    SSL_set_hostflags(connection.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(connection.get(), name.c_str());
  }
  SSL_set_connect_state(connection.get());
  return connection;
}

std::string explain_tls_failure(const SSL& connection, const std::string& host) {
  const long verdict = SSL_get_verify_result(&connection);
  if (SSL_get_verify_mode(&connection) == SSL_VERIFY_NONE || verdict == X509_V_OK) {
    return "TLS: " + openssl_failure();
  }
  ERR_clear_error();
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return "the server's certificate has no alternative name for " + host;
  }
  return std::string("the server's certificate is not trusted: ") + X509_verify_cert_error_string(verdict);
}

}  // namespace kubevitals::net
