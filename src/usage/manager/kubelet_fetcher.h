// Asks kubelets over HTTP, directly or through the API server.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "kube/api_transport.h"
#include "kube/credentials.h"
#include "net/polling_client.h"
#include "usage/manager/node_fetcher.h"
#include "usage/sources/source_options.h"

namespace kubevitals::usage {

// Kubelets are asked directly, whatever proxies the environment has: they are in the cluster, as this program
// is. After a 401 the credentials are fetched anew, and if there are others now the question is asked once
// more. Used from one strand.
class KubeletFetcher final : public NodeFetcher {
 public:
  // `clock`, what runs `io`, and `api` (asked instead of the kubelets themselves when not null) outlive it.
  KubeletFetcher(asio::any_io_executor io, Clock& clock, SourceOptions options, kube::ApiTransport* api);

  asio::awaitable<Result<std::string>> fetch(std::shared_ptr<const NodeRecord> node, Period period,
                                             std::chrono::milliseconds timeout) override;

 private:
  asio::awaitable<Result<net::PollAnswer>> ask_kubelet(net::PollRequest request);
  asio::awaitable<Result<net::PollAnswer>> ask_api_server(net::PollRequest request);
  std::shared_ptr<net::PollingClient> client_for(const kube::Authorization& authorization);

  Clock& clock_;
  const SourceOptions options_;
  kube::ApiTransport* const api_;
  const std::unique_ptr<kube::CredentialSource> credentials_;
  std::shared_ptr<net::PollingClient> client_;
  std::string certificate_;  // an exec plugin's that client_ was made with
};

// What an operator can do about it, for the failures that people ask about; the cause itself otherwise.
// `status` is that of the answer, 0 when there was none.
std::string explain_kubelet_failure(int status, std::string_view cause, std::string_view path);

}  // namespace kubevitals::usage
