// The kubelets on real sockets.
#include "sim/kubelet/kubelets.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "net/http_client.h"
#include "sim/sim_server.h"

namespace kubevitals::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class KubeletsTest : public testing::Test {
 protected:
  static SimOptions options() {
    SimOptions result;
    result.cluster.pods = 90;
    result.cluster.nodes = 3;
    result.kubelets.enabled = true;
    result.kubelets.network = "127.129.0.0";
    result.kubelets.port = 0;
    return result;
  }

  // Runs `body` with the server started.
  template <typename Body>
  void with(const SimOptions& options, Body body) {
    SimServer server(context_.get_executor(), system_clock(), options);
    net::TransportOptions transport;
    const auto main = [&]() -> asio::awaitable<void> {
      const Result<void> started = server.start();
      EXPECT_TRUE(started) << started.error().message;
      if (!started) co_return;
      transport.ca_data = server.kubelet_authority();
      client_ = std::make_unique<net::HttpClient>(context_.get_executor(), transport);
      server_ = &server;
      co_await body();
      co_await server.stop();
      client_.reset();
    };
    std::future<void> done = asio::co_spawn(context_, main(), asio::use_future);
    context_.run();
    done.get();
  }

  net::HttpRequest request(std::uint32_t node, const std::string& path, const std::string& token = {}) {
    net::HttpRequest result;
    const std::string scheme = server_->kubelet_authority().empty() ? "http" : "https";
    result.url = scheme + "://" + server_->cluster().layout().node_address(node) + ":" +
                 std::to_string(server_->kubelet_port()) + path;
    if (!token.empty()) result.headers.set("Authorization", "Bearer " + token);
    result.timeout = 5s;
    return result;
  }

  asio::awaitable<std::string> fault(std::string text) {
    net::HttpRequest post;
    post.method = "POST";
    post.url = server_->url() + "/sim/faults";
    post.body = std::move(text);
    const Result<net::HttpResponse> response = co_await client_->send(post);
    co_return response ? response->body : response.error().message;
  }

  asio::awaitable<void> end_faults() {
    net::HttpRequest remove;
    remove.method = "DELETE";
    remove.url = server_->url() + "/sim/faults";
    const Result<net::HttpResponse> response = co_await client_->send(remove);
    EXPECT_TRUE(response);
  }

  asio::io_context context_;
  std::unique_ptr<net::HttpClient> client_;
  SimServer* server_ = nullptr;
};

TEST_F(KubeletsTest, EachNodeHasItsOwnAndTheTokenIsAskedFor) {
  SimOptions given = options();
  given.kubelets.token = "good";
  with(given, [&]() -> asio::awaitable<void> {
    for (std::uint32_t node = 0; node < 3; ++node) {
      net::HttpRequest summary = request(node, "/stats/summary", "good");
      const Result<net::HttpResponse> response = co_await client_->send(summary);
      EXPECT_TRUE(response);
      if (!response) continue;
      EXPECT_THAT(response->body,
                  HasSubstr("\"nodeName\": \"" + server_->cluster().layout().node_name(node) + "\""));
    }
    net::HttpRequest without = request(1, "/metrics/resource");
    const Result<net::HttpResponse> unknown = co_await client_->send(without);
    EXPECT_TRUE(unknown && unknown->status == 401);
    net::HttpRequest wrong = request(1, "/metrics/resource", "bad");
    const Result<net::HttpResponse> forbidden = co_await client_->send(wrong);
    EXPECT_TRUE(forbidden && forbidden->status == 403);
  });
}

TEST_F(KubeletsTest, FaultsStrikeTheNodesTheyAreAbout) {
  with(options(), [&]() -> asio::awaitable<void> {
    net::HttpRequest first = request(0, "/healthz");
    net::HttpRequest second = request(1, "/healthz");
    const std::string name = server_->cluster().layout().node_name(1);
    std::string refused = co_await fault(R"({"kind": "dead"})");
    EXPECT_THAT(refused, HasSubstr("kubelet"));
    const std::string one = R"({"kind": "dead", "resource": "kubelet", "node": ")" + name + "\"}";
    co_await fault(one);
    Result<net::HttpResponse> well = co_await client_->send(first);
    EXPECT_TRUE(well);
    Result<net::HttpResponse> dead = co_await client_->send(second);
    EXPECT_TRUE(!dead && dead.error().code == ErrorCode::kUnavailable);
    co_await end_faults();
    well = co_await client_->send(second);
    EXPECT_TRUE(well);
    co_await fault(R"({"kind": "hang", "resource": "kubelet", "percent": 30})");
    first.timeout = 300ms;
    dead = co_await client_->send(first);
    EXPECT_TRUE(!dead && dead.error().code == ErrorCode::kTimeout);
    well = co_await client_->send(second);
    EXPECT_TRUE(well);
    co_await end_faults();
    co_await fault(R"({"kind": "garbage", "resource": "kubelet", "verb": "summary", "after_bytes": 100})");
    net::HttpRequest summary = request(2, "/stats/summary");
    well = co_await client_->send(summary);
    EXPECT_TRUE(well && well->body.size() == 116);
    const std::string reset = co_await fault(R"({"kind": "reset", "resource": "kubelet"})");
    EXPECT_THAT(reset, HasSubstr(R"("nodes":3)"));
  });
}

TEST_F(KubeletsTest, ServeTlsWithAndWithoutTheirAddressesInTheCertificate) {
  SimOptions given = options();
  given.kubelets.tls = true;
  with(given, [&]() -> asio::awaitable<void> {
    net::HttpRequest healthz = request(2, "/healthz");
    Result<net::HttpResponse> response = co_await client_->send(healthz);
    EXPECT_TRUE(response) << response.error().message;
    co_await fault(R"({"kind": "no_ip_sans", "resource": "kubelet"})");
    response = co_await client_->send(healthz);
    EXPECT_FALSE(response);
    co_await end_faults();
    response = co_await client_->send(healthz);
    EXPECT_TRUE(response);
  });
}

TEST_F(KubeletsTest, RefuseAddressesThatAreNotLoopback) {
  ClusterOptions cluster;
  for (const char* network : {"10.0.0.0", "127.0.0.0", "127.255.255.253", "::1", "", "128.0.0.0"}) {
    KubeletOptions bad;
    bad.network = network;
    EXPECT_FALSE(plan_kubelets(bad, cluster)) << network;
  }
  EXPECT_EQ(cluster.kubelet_network, 0u);
  KubeletOptions good;
  EXPECT_TRUE(plan_kubelets(good, cluster));
  EXPECT_EQ(cluster.kubelet_network, 0x7f800000u);
}

}  // namespace
}  // namespace kubevitals::sim
