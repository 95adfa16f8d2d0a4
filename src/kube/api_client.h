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

// Adds the server's address and the credentials to every request. After a 401 the credentials are fetched
// anew and the request is made once more; files of certificates are read again by new connections.
// Thread-safe.
class ApiClient final : public ApiTransport {
 public:
  // `clock` outlives the client. Nothing is connected before the first request.
  ApiClient(asio::any_io_executor io, ApiServerConfig config, Clock& clock);
  ~ApiClient() override;

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(ApiRequest request) override;
  asio::awaitable<Result<net::HttpResponse>> send(ApiRequest request) override;

  const std::string& url() const { return config_.url; }

 private:
  struct Prepared {
    std::shared_ptr<net::HttpClient> client;
    net::HttpRequest request;
  };
  asio::awaitable<Result<Prepared>> prepare(ApiRequest request);
  std::shared_ptr<net::HttpClient> client_for(const Authorization& authorization);

  const asio::any_io_executor io_;
  const ApiServerConfig config_;
  const std::unique_ptr<CredentialSource> credentials_;

  std::mutex mutex_;
  std::shared_ptr<net::HttpClient> client_;  // guarded by mutex_
  std::string certificate_;                  // guarded by mutex_: the plugin's that client_ was made with
};

}  // namespace kubevitals::kube
