// TLS to servers: whom to trust and what to show, one context for any number of connections.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "net/http_client.h"
#include "net/openssl_handles.h"

namespace kubevitals::net {

using SslHandle = std::unique_ptr<SSL, OpensslFree<&SSL_free>>;

// Constant and thread-safe. Offers http/1.1 by ALPN.
class ClientTls {
 public:
  // Reads what the options name: authorities (the system's when there are none), certificate, key, versions,
  // the server's name. kInvalid with the cause alone.
  static Result<std::shared_ptr<const ClientTls>> create(const TransportOptions& options);

  // A connection over a non-blocking socket, which stays the caller's, to a host: a name or an IP address,
  // which the server's certificate has to be for; it may outlive this. Null without memory.
  SslHandle connect(int socket, const std::string& host) const;

 private:
  explicit ClientTls(const TransportOptions& options);
  Result<void> set_up(const TransportOptions& options);

  const bool verifies_;
  const std::string server_name_;  // instead of the host; empty: the host
  std::unique_ptr<SSL_CTX, OpensslFree<&SSL_CTX_free>> context_;
};

// Why the last call on this connection and thread failed, in words; forgets it. `host` as in connect().
std::string explain_tls_failure(const SSL& connection, const std::string& host);

}  // namespace kubevitals::net
