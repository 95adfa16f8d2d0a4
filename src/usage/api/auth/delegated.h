// The aggregation layer's gate: who asks is what the front proxy or a certificate says, or what the API
// server thinks of a token; whether that one may is for the API server to say.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "kube/api_transport.h"
#include "usage/api/auth/authentication_config.h"
#include "usage/api/auth/expiring_map.h"
#include "usage/api/auth/gate.h"
#include "usage/api/auth/reviews.h"

namespace kubevitals::usage {

// Where what is believed comes from, and what needs no permission.
struct DelegatedOptions {
  std::string client_ca_file;  // empty: what the ConfigMap says
  // Empty: the front proxy is what the ConfigMap says, in all its parts. Otherwise it is `proxy`, with the
  // authorities in this file.
  std::string proxy_ca_file;
  FrontProxy proxy{nullptr, {}, {"X-Remote-User"}, {}, {"X-Remote-Group"}, {"X-Remote-Extra-"}};
  bool skip_config_map = false;
  std::vector<std::string> open_paths{"/healthz", "/readyz", "/livez"};  // see check_path_patterns()

  bool reads_config_map() const {
    return !skip_config_map && (client_ca_file.empty() || proxy_ca_file.empty());
  }
};

// As k8s.io/apiserver does with delegated authentication and authorization: request headers, client
// certificates, bearer tokens, in this order, are asked until one names a user. When none does, a certificate
// or token that is not good is a 401; without any the user is system:anonymous. The group system:masters may
// do everything; /healthz, /livez and /readyz are open even to who is nobody. What the API server has said
// holds for 10 s, whether it allowed or not; what it could not say is a 401 or a 500, and is asked again.
// Thread-safe.
class DelegatedGate final : public Gate {
 public:
  // `api` and `clock` outlive this. No header and no certificate is believed yet.
  DelegatedGate(kube::ApiTransport& api, const Clock& clock, DelegatedOptions options = {});

  // Takes the authorities from the files that the options name. Those of a file that is not good stay as they
  // are.
  Result<void> read_files();
  // The same, and reads the ConfigMap kube-system/extension-apiserver-authentication if that is needed. When
  // it fails what it said before stays; where there is none it says nothing.
  asio::awaitable<Result<void>> load();
  // Why the ConfigMap could not be read so far; empty once it could, and when it is not needed.
  std::string trouble() const;

  asio::awaitable<std::optional<net::ServerResponse>> refuse(const net::ServerRequest& request) override;

 private:
  std::shared_ptr<const AuthenticationConfig> config() const;
  void configure(AuthenticationConfig config);
  asio::awaitable<Result<AuthenticationConfig>> read_config_map();
  // `request` outlives the call.
  asio::awaitable<Result<User>> authenticate(const net::ServerRequest& request);
  asio::awaitable<Result<TokenVerdict>> review_token(std::string token);
  asio::awaitable<Result<AccessVerdict>> review_access(std::string review);
  asio::awaitable<Result<std::string>> post(std::string path, std::string body);

  static constexpr std::chrono::seconds kLifetime{10};
  static constexpr std::size_t kMostVerdicts = 10'000;
  // About what is longer verdicts are not kept: anybody can send that much.
  static constexpr std::size_t kLongestQuestion = 10'000;

  kube::ApiTransport& api_;
  const Clock& clock_;
  const DelegatedOptions options_;
  ExpiringMap<TokenVerdict> tokens_{kLifetime, kMostVerdicts};
  ExpiringMap<AccessVerdict> accesses_{kLifetime, kMostVerdicts};
  mutable Mutex mutex_;
  std::shared_ptr<const AuthenticationConfig> config_ GUARDED_BY(mutex_) =
      std::make_shared<AuthenticationConfig>();
  std::string trouble_ GUARDED_BY(mutex_);
};

// Whom the front proxy's headers or the certificate itself name; nobody when they name nobody, and an error
// when the certificate is not good for one of the two and nobody is named. Pure but for the time at which
// certificates are valid.
Result<std::optional<User>> user_of(const net::ServerRequest& request, const AuthenticationConfig& config);

}  // namespace kubevitals::usage
