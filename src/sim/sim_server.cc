#include "sim/sim_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "net/self_signed.h"

namespace kubevitals::sim {
namespace {

constexpr std::chrono::milliseconds kTick{100};

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=');
    }
  }
  return out;
}

}  // namespace

struct SimServer::Impl {
  Impl(asio::any_io_executor any, Clock& the_clock, SimOptions the_options)
      : executor(std::move(any)),
        strand(asio::make_strand(executor)),
        done(strand, asio::steady_timer::time_point::max()),
        clock(the_clock),
        options(planned(std::move(the_options), plan_error)),
        cluster(std::make_shared<Cluster>(options.cluster)),
        api(cluster, clock, options.api, options.cluster.seed),
        aggregator(executor, cluster, options.aggregation) {
    api.set_aggregator(&aggregator);
    cluster->set_churn_rate(options.churn_per_second);
    if (!options.kubelets.enabled) return;
    kubelets = std::make_unique<Kubelets>(executor, cluster, clock, api.faults(), options.kubelets);
    api.set_kubelets(kubelets.get());
  }

  static SimOptions planned(SimOptions wanted, std::optional<Error>& error) {
    if (!wanted.kubelets.enabled) return wanted;
    const Result<void> planned = plan_kubelets(wanted.kubelets, wanted.cluster);
    if (!planned) error = planned.error();
    return wanted;
  }

  const asio::any_io_executor executor;
  asio::strand<asio::any_io_executor> strand;  // of the loop; what stands below belongs to it
  asio::cancellation_signal cancel;
  asio::steady_timer done;
  bool running = false;

  Clock& clock;
  std::optional<Error> plan_error;  // what start() fails with
  const SimOptions options;
  std::shared_ptr<Cluster> cluster;
  ApiServer api;
  Aggregator aggregator;
  std::unique_ptr<Kubelets> kubelets;  // null: there are none
  std::unique_ptr<net::HttpServer> http;
  std::string certificate;
};

namespace {

// Life goes on: every tick time passes and the churn that is due is made.
template <typename State>
asio::awaitable<void> live(std::shared_ptr<State> state) {
  co_await asio::this_coro::throw_if_cancelled(false);
  SteadyTime last = state->clock.now();
  double owed = 0;
  for (;;) {
    const bool slept = co_await state->clock.sleep_for(kTick);
    if (!slept) co_return;
    const SteadyTime now = state->clock.now();
    const double seconds = std::chrono::duration<double>(now - last).count();
    last = now;
    const std::uint64_t before = state->cluster->rv();
    state->cluster->advance(seconds);
    // What kubelets did counts; after a pause at most a second's worth is made up for.
    const double rate = state->cluster->churn_rate();
    if (rate <= 0) {
      owed = 0;
      continue;
    }
    owed = std::min(owed + seconds * rate, std::max(rate, 1.0));
    owed -= static_cast<double>(state->cluster->rv() - before);
    if (owed >= 1) owed -= static_cast<double>(state->cluster->churn(static_cast<std::size_t>(owed)));
  }
}

template <typename State>
asio::awaitable<void> end_life(std::shared_ptr<State> state) {
  state->cancel.emit(asio::cancellation_type::terminal);
  while (state->running) {
    boost::system::error_code ignored;
    co_await state->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace

SimServer::SimServer(asio::any_io_executor executor, Clock& clock, SimOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), clock, std::move(options))) {}

SimServer::~SimServer() = default;

Result<void> SimServer::start() {
  if (impl_->plan_error) return *impl_->plan_error;
  if (Result<void> prepared = impl_->aggregator.start(); !prepared) return prepared;
  net::ServerOptions server;
  server.address = impl_->options.address;
  server.port = impl_->options.port;
  if (impl_->options.tls) {
    Result<net::KeyPair> pair = net::make_self_signed_certificate({impl_->options.address}, "kubevitals sim");
    if (!pair) return std::move(pair).error();
    server.tls_certificate = impl_->certificate = pair->certificate;
    server.tls_key = pair->key;
  }
  const auto handler = [impl = impl_.get()](net::ServerRequest request) {
    return impl->api.handle(std::move(request));
  };
  impl_->http = std::make_unique<net::HttpServer>(impl_->executor, std::move(server), handler);
  if (impl_->kubelets) {
    Result<void> started = impl_->kubelets->start();
    if (!started) return started;
  }
  Result<void> started = impl_->http->start();
  if (!started) return started;
  impl_->running = true;
  const std::shared_ptr<Impl> impl = impl_;
  asio::co_spawn(impl->strand, live(impl),
                 asio::bind_cancellation_slot(impl->cancel.slot(), [impl](std::exception_ptr) {
                   impl->running = false;
                   impl->done.cancel();
                 }));
  return {};
}

asio::awaitable<void> SimServer::stop() {
  const std::shared_ptr<Impl> impl = impl_;
  if (!impl->http) co_return;
  co_await asio::co_spawn(impl->strand, end_life(impl), asio::use_awaitable);
  impl->api.drop_watches();
  const std::chrono::milliseconds grace{500};
  co_await impl->http->stop(grace);
  if (impl->kubelets) co_await impl->kubelets->stop();
}

std::uint16_t SimServer::port() const {
  return impl_->http ? impl_->http->port() : 0;
}

std::string SimServer::url() const {
  const std::string& address = impl_->options.address;
  const bool any = address == "0.0.0.0" || address == "::";
  const std::string host = any                                      ? "127.0.0.1"
                           : address.find(':') != std::string::npos ? "[" + address + "]"
                                                                    : address;
  return fmt::format("{}://{}:{}", impl_->options.tls ? "https" : "http", host, port());
}

const std::string& SimServer::certificate() const {
  return impl_->certificate;
}

const std::string& SimServer::kubelet_authority() const {
  static const std::string kNoAuthority;
  return impl_->kubelets ? impl_->kubelets->authority() : kNoAuthority;
}

std::uint16_t SimServer::kubelet_port() const {
  return impl_->options.kubelets.port;
}

const std::string& SimServer::requestheader_authority() const {
  return impl_->aggregator.authority();
}

std::string SimServer::kubeconfig() const {
  std::string text =
      "apiVersion: v1\nkind: Config\ncurrent-context: sim\nclusters:\n- name: sim\n  cluster:\n";
  text += fmt::format("    server: {}\n", url());
  if (!impl_->certificate.empty()) {
    text += fmt::format("    certificate-authority-data: {}\n", base64(impl_->certificate));
  }
  text += "contexts:\n- name: sim\n  context:\n    cluster: sim\n    user: sim\nusers:\n- name: sim\n";
  const std::string& token = impl_->options.api.token;
  text += token.empty() ? "  user: {}\n" : fmt::format("  user:\n    token: {}\n", token);
  return text;
}

Cluster& SimServer::cluster() {
  return *impl_->cluster;
}
ApiServer& SimServer::api() {
  return impl_->api;
}

}  // namespace kubevitals::sim
