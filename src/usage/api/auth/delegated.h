// The aggregation layer's gate: who asks is what the front proxy or a certificate says, or what the API
// server thinks of a token; whether that one may is for the API server to say.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "kube/api_transport.h"
#include "usage/api/auth/authentication_config.h"
#include "usage/api/auth/expiring_map.h"
#include "usage/api/auth/gate.h"
#include "usage/api/auth/reviews.h"

namespace kubevitals::usage {

// As k8s.io/apiserver does with delegated authentication and authorization: request headers, client
// certificates, bearer tokens, in this order; without any of them the user is system:anonymous, a bad token
// is a 401. The group system:masters may do everything, and /healthz, /livez and /readyz are open. What the
// API server has said holds for 10 s, whether it allowed or not; what it could not say is a 401 or a 500, and
// is asked again. Thread-safe.
class DelegatedGate final : public Gate {
 public:
  // `api` and `clock` outlive this.
  DelegatedGate(kube::ApiTransport& api, const Clock& clock) : api_(api), clock_(clock) {}

  // From now on; before that no header and no certificate is believed.
  void configure(AuthenticationConfig config);
  // Reads the configuration from the ConfigMap kube-system/extension-apiserver-authentication. When that
  // fails the one before stays.
  asio::awaitable<Result<void>> load();

  asio::awaitable<std::optional<net::ServerResponse>> refuse(const net::ServerRequest& request) override;

 private:
  std::shared_ptr<const AuthenticationConfig> config() const;
  asio::awaitable<Result<TokenVerdict>> review_token(std::string token);
  asio::awaitable<Result<AccessVerdict>> review_access(std::string review);
  asio::awaitable<Result<std::string>> post(std::string path, std::string body);

  static constexpr std::chrono::seconds kLifetime{10};
  static constexpr std::size_t kMostVerdicts = 10'000;

  kube::ApiTransport& api_;
  const Clock& clock_;
  ExpiringMap<TokenVerdict> tokens_{kLifetime, kMostVerdicts};
  ExpiringMap<AccessVerdict> accesses_{kLifetime, kMostVerdicts};
  mutable Mutex mutex_;
  std::shared_ptr<const AuthenticationConfig> config_ GUARDED_BY(mutex_) =
      std::make_shared<AuthenticationConfig>();
};

// Whom request headers or a certificate name; nothing when there is nobody to believe. Pure but for the time
// at which certificates are valid.
std::optional<User> user_of(const net::ServerRequest& request, const AuthenticationConfig& config);

}  // namespace kubevitals::usage
