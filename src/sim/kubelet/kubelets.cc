#include "sim/kubelet/kubelets.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "net/self_signed.h"
#include "sim/api/fault_body.h"
#include "sim/api/requests.h"
#include "sim/kubelet/answers.h"
#include "sim/kubelet/requests.h"

namespace kubevitals::sim {
namespace {

constexpr std::chrono::milliseconds kFaultTick{100};

enum class Condition : std::uint8_t { kDown, kUp, kUpWithoutIpSans };

std::uint16_t free_port(const asio::ip::address_v4& address) {
  asio::io_context context;
  boost::system::error_code error;
  asio::ip::tcp::acceptor probe(context);
  probe.open(asio::ip::tcp::v4(), error);
  if (!error) probe.bind({address, 0}, error);
  return error ? std::uint16_t{0} : probe.local_endpoint(error).port();
}

}  // namespace

Result<void> plan_kubelets(KubeletOptions& options, ClusterOptions& cluster) {
  const auto refused = [&](std::string_view why) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("cannot have kubelets on addresses from {} on: {}", options.network, why)};
  };
  boost::system::error_code error;
  const asio::ip::address_v4 network = asio::ip::make_address_v4(options.network, error);
  if (error) return refused("it is not an IPv4 address");
  const std::uint32_t nodes = Layout(cluster).node_count();
  const std::uint32_t first = network.to_uint() + 1;
  const std::uint64_t last = std::uint64_t{network.to_uint()} + nodes;
  constexpr std::uint32_t kFirst = 0x7f000002, kLast = 0x7ffffffe;  // 127.0.0.2 to 127.255.255.254
  if (first < kFirst || last > kLast) {
    return refused(fmt::format("{} of them must lie within 127.0.0.2 to 127.255.255.254", nodes));
  }
  if (options.port == 0) options.port = free_port(asio::ip::address_v4(first));
  if (options.port == 0) return refused("there is no free port");
  cluster.kubelet_network = network.to_uint();
  cluster.kubelet_port = options.port;
  return {};
}

struct Kubelets::Impl : std::enable_shared_from_this<Kubelets::Impl> {
  Impl(asio::any_io_executor any, std::shared_ptr<Cluster> the_cluster, Clock& the_clock, Faults& the_faults,
       KubeletOptions the_options)
      : executor(std::move(any)),
        strand(asio::make_strand(executor)),
        changed(strand, asio::steady_timer::time_point::max()),
        clock(the_clock),
        faults(the_faults),
        options(std::move(the_options)),
        cluster(std::move(the_cluster)),
        meter(cluster),
        kubelets(cluster->layout().node_count()) {}

  struct Kubelet {
    std::unique_ptr<net::HttpServer> http;
    Condition condition = Condition::kDown;
  };

  Result<void> start(std::uint32_t node, Condition condition);
  asio::awaitable<net::ServerResponse> handle(std::uint32_t node, net::ServerRequest request, bool trusted);
  std::optional<net::ServerResponse> refusal(const net::ServerRequest& request) const;
  std::vector<Condition> wanted_conditions() const;
  static asio::awaitable<void> apply_faults(std::shared_ptr<Impl> self);
  static asio::awaitable<void> follow_faults(std::shared_ptr<Impl> self);
  static asio::awaitable<void> stop(std::shared_ptr<Impl> self);

  const asio::any_io_executor executor;
  const asio::strand<asio::any_io_executor> strand;
  asio::cancellation_signal cancel;
  asio::steady_timer changed;  // cancelled when one of these two changes
  bool following = false;
  bool applying = false;

  Clock& clock;
  Faults& faults;
  const KubeletOptions options;
  const std::shared_ptr<Cluster> cluster;
  NodeMeter meter;
  net::KeyPair authority;
  std::vector<Kubelet> kubelets;  // used on the strand once started
};

Result<void> Kubelets::Impl::start(std::uint32_t node, Condition condition) {
  const Layout& layout = cluster->layout();
  net::ServerOptions server;
  server.address = layout.node_address(node);
  server.port = options.port;
  if (options.tls) {
    const std::string name = layout.node_name(node);
    std::vector<std::string> names{name};
    if (condition == Condition::kUp) names.push_back(server.address);
    Result<net::KeyPair> pair = net::make_signed_certificate(authority, names, "system:node:" + name);
    if (!pair) return std::move(pair).error();
    server.tls_certificate = pair->certificate;
    server.tls_key = pair->key;
  }
  auto http = std::make_unique<net::HttpServer>(
      executor, std::move(server),
      [this, node](net::ServerRequest request) { return handle(node, std::move(request), false); });
  if (Result<void> started = http->start(); !started) return started;
  kubelets[node] = {std::move(http), condition};
  return {};
}

std::optional<net::ServerResponse> Kubelets::Impl::refusal(const net::ServerRequest& request) const {
  if (options.token.empty()) return std::nullopt;
  const std::string shown = request.headers.joined("Authorization");
  if (shown.empty()) return net::ServerResponse::text(401, "Unauthorized");
  if (shown == "Bearer " + options.token) return std::nullopt;
  const std::string_view subresource = kubelet_verb(request.path) == "resource" ? "metrics" : "stats";
  const std::string_view verb = request.method == "POST" ? "create" : "get";
  return net::ServerResponse::text(
      403, fmt::format("Forbidden (user=system:serviceaccount:default:unknown, verb={}, resource=nodes, "
                       "subresource={})",
                       verb, subresource));
}

asio::awaitable<net::ServerResponse> Kubelets::Impl::handle(std::uint32_t node, net::ServerRequest request,
                                                            bool trusted) {
  const std::vector<Faults::Struck> struck =
      faults.strike_kubelet(node, cluster->layout().node_name(node), kubelet_verb(request.path));
  net::ServerResponse response;
  for (const auto& [id, fault] : struck) {
    if (fault.kind == FaultKind::kDelay) co_await clock.sleep_for(fault.delay);
    if (fault.kind == FaultKind::kHang) {
      bool waiting = true;
      while (waiting && faults.is_there(id)) waiting = co_await clock.sleep_for(kFaultTick);
      response.abort = true;
      co_return response;
    }
    if (fault.kind == FaultKind::kAbort) {
      response.abort = true;
      co_return response;
    }
    if (fault.kind == FaultKind::kStatus) {
      response = net::ServerResponse::text(fault.status, "the simulated kubelet fails as it was asked to\n");
      if (fault.retry_after != 0) response.headers.set("Retry-After", std::to_string(fault.retry_after));
      co_return response;
    }
  }
  std::optional<net::ServerResponse> refused;
  if (!trusted) refused = refusal(request);
  response = refused ? std::move(*refused) : answer_kubelet_request(meter, *cluster, node, request);
  if (struck.empty()) co_return response;
  for (const auto& [id, fault] : struck) {
    if (fault.kind == FaultKind::kWrongContentType) response.headers.set("Content-Type", "text/html");
  }
  auto body = make_text_body(std::move(*std::get_if<std::string>(&response.body)));
  response.body = disturb(std::move(body), struck, clock);
  co_return response;
}

std::vector<Condition> Kubelets::Impl::wanted_conditions() const {
  const std::vector<Fault> states = faults.kubelet_states();
  std::vector<Condition> wanted(kubelets.size(),
                                options.ip_sans ? Condition::kUp : Condition::kUpWithoutIpSans);
  for (const Fault& fault : states) {
    for (std::uint32_t node = 0; node < wanted.size(); ++node) {
      if (wanted[node] == Condition::kDown || !fault.selects(node, cluster->layout().node_name(node)))
        continue;
      wanted[node] = fault.kind == FaultKind::kDead ? Condition::kDown : Condition::kUpWithoutIpSans;
    }
  }
  return wanted;
}

// On the strand.
asio::awaitable<void> Kubelets::Impl::apply_faults(std::shared_ptr<Impl> self) {
  boost::system::error_code ignored;
  while (self->applying)
    co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  self->applying = true;
  const std::vector<Condition> wanted = self->wanted_conditions();
  for (std::uint32_t node = 0; node < wanted.size(); ++node) {
    Kubelet& kubelet = self->kubelets[node];
    if (kubelet.condition == wanted[node]) continue;
    if (kubelet.http) {
      const std::chrono::milliseconds no_grace{0};
      co_await kubelet.http->stop(no_grace);
      kubelet = {};
    }
    // One that cannot start is tried again at the next tick.
    if (wanted[node] != Condition::kDown) static_cast<void>(self->start(node, wanted[node]));
  }
  self->applying = false;
  self->changed.cancel();
}

// Faults also end by themselves.
asio::awaitable<void> Kubelets::Impl::follow_faults(std::shared_ptr<Impl> self) {
  co_await asio::this_coro::throw_if_cancelled(false);
  bool any = false;
  for (;;) {
    const bool slept = co_await self->clock.sleep_for(kFaultTick);
    if (!slept) co_return;
    const bool now = !self->faults.kubelet_states().empty();
    if (now || any) co_await apply_faults(self);
    any = now;
  }
}

asio::awaitable<void> Kubelets::Impl::stop(std::shared_ptr<Impl> self) {
  boost::system::error_code ignored;
  self->cancel.emit(asio::cancellation_type::terminal);
  while (self->following || self->applying) {
    co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  for (Kubelet& kubelet : self->kubelets) {
    if (!kubelet.http) continue;
    const std::chrono::milliseconds no_grace{0};
    co_await kubelet.http->stop(no_grace);
    kubelet = {};
  }
}

Kubelets::Kubelets(asio::any_io_executor executor, std::shared_ptr<Cluster> cluster, Clock& clock,
                   Faults& faults, KubeletOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(cluster), clock, faults,
                                   std::move(options))) {}

Kubelets::~Kubelets() = default;

Result<void> Kubelets::start() {
  const std::shared_ptr<Impl> impl = impl_;
  if (impl->options.tls) {
    Result<net::KeyPair> authority = net::make_self_signed_certificate({}, "kubevitals sim kubelet CA");
    if (!authority) return std::move(authority).error();
    impl->authority = std::move(*authority);
  }
  const Condition condition = impl->options.ip_sans ? Condition::kUp : Condition::kUpWithoutIpSans;
  for (std::uint32_t node = 0; node < impl->kubelets.size(); ++node) {
    Result<void> started = impl->start(node, condition);
    if (started) continue;
    impl->kubelets.clear();
    return std::move(started).error().wrap("cannot start the kubelets");
  }
  impl->following = true;
  asio::co_spawn(impl->strand, Impl::follow_faults(impl),
                 asio::bind_cancellation_slot(impl->cancel.slot(), [impl](std::exception_ptr) {
                   impl->following = false;
                   impl->changed.cancel();
                 }));
  return {};
}

asio::awaitable<void> Kubelets::stop() {
  const std::shared_ptr<Impl> impl = impl_;
  co_await asio::co_spawn(impl->strand, Impl::stop(impl), asio::use_awaitable);
}

asio::awaitable<net::ServerResponse> Kubelets::proxy(std::uint32_t node, net::ServerRequest request) {
  const std::shared_ptr<Impl> impl = impl_;
  const std::string name = impl->cluster->layout().node_name(node);
  for (const Fault& fault : impl->faults.kubelet_states()) {
    if (fault.kind != FaultKind::kDead || !fault.selects(node, name)) continue;
    co_return error_response({503,
                              "ServiceUnavailable",
                              fmt::format("error trying to reach service: dial tcp {}:{}: connection refused",
                                          impl->cluster->layout().node_address(node), impl->options.port),
                              {}});
  }
  net::ServerResponse response = co_await impl->handle(node, std::move(request), true);
  co_return response;
}

asio::awaitable<void> Kubelets::apply_faults() {
  const std::shared_ptr<Impl> impl = impl_;
  co_await asio::co_spawn(impl->strand, Impl::apply_faults(impl), asio::use_awaitable);
}

std::uint32_t Kubelets::reset(const Fault& fault) {
  const Layout& layout = impl_->cluster->layout();
  std::uint32_t count = 0;
  for (std::uint32_t node = 0; node < layout.node_count(); ++node) {
    if (!fault.selects(node, layout.node_name(node))) continue;
    impl_->meter.reset(node);
    ++count;
  }
  return count;
}

const std::string& Kubelets::authority() const {
  return impl_->authority.certificate;
}

}  // namespace kubevitals::sim
