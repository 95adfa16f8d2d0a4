// The connection to an API server: address, trust and credentials, kept fresh.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "kube/api_transport.h"
#include "kube/config.h"
#include "kube/credentials.h"

namespace kubevitals::kube {

// How this program names itself to API servers and kubelets.
std::string user_agent();

// Adds the server's address and the credentials to every request. After a 401 the credentials are fetched
// anew, and if there are others now the request is made once more. Certificates in files are followed by the
// HTTP client; when an exec plugin gives another one, new connections are made with it, and what is under way
// goes on.
//
// Fails as net::HttpClient does, and with kUnauthorized when there are no credentials to be had. Thread-safe.
class ApiClient final : public ApiTransport {
 public:
  // `clock` and what runs `io` outlive the client. Nothing is connected before the first request.
  ApiClient(asio::any_io_executor io, ApiServerConfig config, Clock& clock);
  ~ApiClient() override;

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(ApiRequest request) override;
  asio::awaitable<Result<net::HttpResponse>> send(ApiRequest request) override;

  const std::string& url() const { return config_.url; }

 private:
  std::shared_ptr<net::HttpClient> client_for(const Authorization& authorization);
  net::HttpRequest http_request(const ApiRequest& request, const Authorization& authorization) const;

  const asio::any_io_executor io_;
  const ApiServerConfig config_;
  const std::unique_ptr<CredentialSource> credentials_;

  std::mutex mutex_;
  std::shared_ptr<net::HttpClient> client_;  // guarded by mutex_
  std::string certificate_;                  // guarded by mutex_: the plugin's that client_ was made with
};

}  // namespace kubevitals::kube
