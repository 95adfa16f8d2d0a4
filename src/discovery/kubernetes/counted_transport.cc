#include "discovery/kubernetes/counted_transport.h"

#include <chrono>
#include <string>
#include <utility>

#include "discovery/kubernetes/metrics.h"

namespace kubevitals::discovery::kubernetes {
namespace {

class CountedTransport final : public kube::ApiTransport {
 public:
  CountedTransport(std::unique_ptr<kube::ApiTransport> transport, Clock& clock,
                   exposition::MetricRegistry& metrics)
      : transport_(std::move(transport)), clock_(clock), metrics_(metrics) {}

  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(kube::ApiRequest request) override {
    const std::string path = request.path;
    const SteadyTime begin = clock_.now();
    auto opening = transport_->open(std::move(request));
    Result<std::unique_ptr<net::HttpStream>> stream = co_await std::move(opening);
    count(path, begin, stream ? (*stream)->status() : 0);
    co_return stream;
  }

  asio::awaitable<Result<net::HttpResponse>> send(kube::ApiRequest request) override {
    const std::string path = request.path;
    const SteadyTime begin = clock_.now();
    auto sending = transport_->send(std::move(request));
    Result<net::HttpResponse> response = co_await std::move(sending);
    count(path, begin, response ? response->status : 0);
    co_return response;
  }

 private:
  // Status 0: there was no answer.
  void count(const std::string& path, SteadyTime begin, int status) {
    const std::chrono::duration<double> took = clock_.now() - begin;
    metrics_.metric(kRequestsMetric, {status == 0 ? "<error>" : std::to_string(status)})->add();
    metrics_.histogram(kRequestDurationMetric, {path})->observe(took.count());
  }

  const std::unique_ptr<kube::ApiTransport> transport_;
  Clock& clock_;
  exposition::MetricRegistry& metrics_;
};

}  // namespace

std::unique_ptr<kube::ApiTransport> count_requests(std::unique_ptr<kube::ApiTransport> transport,
                                                   Clock& clock, exposition::MetricRegistry& metrics) {
  return std::make_unique<CountedTransport>(std::move(transport), clock, metrics);
}

}  // namespace kubevitals::discovery::kubernetes
