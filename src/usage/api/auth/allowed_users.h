// Heapster's gate: --tls-client-ca with --allowed-users.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "net/client_certificate.h"
#include "usage/api/auth/gate.h"

namespace kubevitals::usage {

// Lets those in whose certificate is signed by one of the authorities, and whose common name is listed.
// /healthz, /livez and /readyz are open. Thread-safe.
class AllowedUsers final : public Gate {
 public:
  // `users` is as --allowed-users has it, "a,b"; empty: everybody with a good certificate.
  AllowedUsers(std::shared_ptr<const net::CertificateAuthorities> authorities, std::string_view users);

  asio::awaitable<std::optional<net::ServerResponse>> refuse(const net::ServerRequest& request) override;

 private:
  const std::shared_ptr<const net::CertificateAuthorities> authorities_;
  std::set<std::string, std::less<>> users_;  // constant after construction
};

}  // namespace kubevitals::usage
