// TLS as a server offers it: certificate, versions, ciphers, and what clients have to show.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace kubevitals::net {

// What is asked of clients; the names are those of Go's crypto/tls.
enum class ClientAuth { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

struct ServerTlsOptions {
  std::string certificate;  // PEM: the server's, then those that signed it
  std::string key;          // PEM, not encrypted
  std::string client_ca;    // PEM; empty: the system's authorities, for what is verified at all
  ClientAuth client_auth = ClientAuth::kNone;
  // When set, each client must show a certificate with one of these names exactly (DNS names, e-mail
  // addresses, IP addresses, URIs), whatever else `client_auth` says; it has no meaning with kNone.
  std::optional<std::vector<std::string>> allowed_sans;
  int min_version = 0x0303;          // as OpenSSL numbers them; TLS 1.2
  int max_version = 0x0304;          // TLS 1.3
  std::vector<std::string> ciphers;  // for TLS up to 1.2, OpenSSL's names, best first; empty: our defaults
  std::vector<std::string> groups;   // OpenSSL's names; empty: its defaults
};

// A certificate's text: kInvalid when there is none in it, or one that cannot be read.
Result<void> check_certificates(const std::string& pem);
// A private key's text: kInvalid when it cannot be read, is encrypted, or does not belong to the first of
// these certificates (which is only looked at when it can be read).
Result<void> check_key(const std::string& pem, const std::string& certificates);

// What connections are made with. Constant; connections hold it as long as they live. Offers http/1.1 by
// ALPN. Where clients show certificates no session is resumed, so that each connection is checked.
class ServerTls {
  struct Private {};

 public:
  ServerTls(Private, const ServerTlsOptions& options);

  // kInvalid with the cause alone.
  static Result<std::shared_ptr<ServerTls>> create(const ServerTlsOptions& options);

  asio::ssl::context& context() { return context_; }

 private:
  Result<void> set_up(const ServerTlsOptions& options);
  Result<void> set_protocol(const ServerTlsOptions& options);
  Result<void> set_client_auth(const ServerTlsOptions& options);
  static int verify_client(X509_STORE_CTX* store, void* self);

  asio::ssl::context context_{asio::ssl::context::tls_server};
  const ClientAuth client_auth_;
  const std::optional<std::vector<std::string>> allowed_sans_;
};

}  // namespace kubevitals::net
