// The aggregation layer and the node proxy on real sockets.
#include "sim/api/aggregator.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>

#include "sim/sim_server.h"
#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class AggregatorTest : public testing::Test {
 protected:
  AggregatorTest() {
    options_.cluster.pods = 30;
    options_.cluster.nodes = 2;
  }

  // Runs `body` with the simulator started.
  template <typename Body>
  void with(Body body) {
    SimServer server(context_.get_executor(), system_clock(), options_);
    client_ = std::make_unique<net::HttpClient>(context_.get_executor(), net::TransportOptions{});
    const auto main = [&]() -> asio::awaitable<void> {
      const Result<void> started = server.start();
      EXPECT_TRUE(started) << started.error().message;
      if (!started) co_return;
      sim_ = &server;
      co_await body();
      if (backend_) co_await backend_->stop(100ms);
      co_await server.stop();
      client_.reset();
    };
    std::future<void> done = asio::co_spawn(context_, main(), asio::use_future);
    context_.run();
    done.get();
  }

  // A metrics API that answers with what it was asked.
  void serve_metrics(net::ServerOptions options) {
    options.address = "127.0.0.1";
    const auto handler = [this](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
      asked_ = std::move(request);
      net::ServerResponse response = net::ServerResponse::text(201, "answer of the metrics API", "x/y");
      co_return response;
    };
    backend_ = std::make_unique<net::HttpServer>(context_.get_executor(), std::move(options), handler);
    ASSERT_TRUE(backend_->start());
  }

  asio::awaitable<net::HttpResponse> ask(std::string method, std::string path, std::string body = {},
                                         std::string token = {}) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.url = sim_->url() + path;
    request.body = std::move(body);
    request.headers.set("X-Remote-User", "somebody else");
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    Result<net::HttpResponse> response = co_await client_->send(std::move(request));
    EXPECT_TRUE(response) << response.error().message;
    co_return response ? std::move(*response) : net::HttpResponse{};
  }

  SimOptions options_;
  asio::io_context context_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<net::HttpServer> backend_;
  net::ServerRequest asked_;
  SimServer* sim_ = nullptr;
};

TEST_F(AggregatorTest, ForwardsWithTheUserInHeadersAndTheFrontProxysCertificate) {
  options_.aggregation.enabled = true;
  with([&]() -> asio::awaitable<void> {
    net::HttpResponse groups = co_await ask("GET", "/apis");
    EXPECT_THAT(groups.body, testing::Not(HasSubstr("metrics.k8s.io")));
    const Result<net::KeyPair> pair = net::make_self_signed_certificate();
    net::ServerOptions backend;
    backend.tls_certificate = pair->certificate;
    backend.tls_key = pair->key;
    backend.client_ca = sim_->requestheader_authority();
    serve_metrics(backend);
    const std::string access = R"({"users": [{"token": "t", "name": "alice", "groups": ["dev"],
                                              "extra": {"scope/a": ["x"]}}]})";
    co_await ask("POST", "/sim/access", access);
    const std::string registration =
        "/sim/metrics-api?url=https%3A%2F%2F127.0.0.1%3A" + std::to_string(backend_->port());
    co_await ask("POST", registration);

    const net::HttpResponse answer =
        co_await ask("GET", "/apis/metrics.k8s.io/v1beta1/pods?labelSelector=a%3Db", "", "t");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "answer of the metrics API");
    EXPECT_EQ(answer.headers.joined("Content-Type"), "x/y");
    EXPECT_EQ(asked_.target, "/apis/metrics.k8s.io/v1beta1/pods?labelSelector=a%3Db");
    EXPECT_EQ(asked_.headers.joined("X-Remote-User"), "alice");
    EXPECT_EQ(asked_.headers.joined("X-Remote-Group"), "dev, system:authenticated");
    EXPECT_EQ(asked_.headers.joined("X-Remote-Extra-scope%2Fa"), "x");
    EXPECT_FALSE(asked_.headers.find("Authorization"));

    groups = co_await ask("GET", "/apis");
    EXPECT_THAT(groups.body, HasSubstr("metrics.k8s.io/v1beta1"));
    const net::HttpResponse group = co_await ask("GET", "/apis/metrics.k8s.io");
    EXPECT_THAT(group.body, HasSubstr("\"APIGroup\""));
    const std::string service_path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io";
    net::HttpResponse service = co_await ask("GET", service_path);
    EXPECT_THAT(service.body, HasSubstr("all checks passed"));

    co_await backend_->stop(100ms);
    backend_.reset();
    const net::HttpResponse away = co_await ask("GET", "/apis/metrics.k8s.io/v1beta1/nodes");
    EXPECT_EQ(away.status, 503);
    EXPECT_THAT(away.body, HasSubstr("ServiceUnavailable"));
    service = co_await ask("GET", service_path);
    EXPECT_THAT(service.body, HasSubstr("FailedDiscoveryCheck"));
    co_await ask("POST", "/sim/metrics-api?url=");
    const net::HttpResponse none = co_await ask("GET", "/apis/metrics.k8s.io/v1beta1/nodes");
    EXPECT_EQ(none.status, 404);
  });
}

TEST_F(AggregatorTest, TheConfigMapHasTheFrontProxysAuthority) {
  options_.aggregation.enabled = true;
  with([&]() -> asio::awaitable<void> {
    const std::string path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
    const net::HttpResponse map = co_await ask("GET", path);
    EXPECT_EQ(map.status, 200);
    if (map.status != 200) co_return;
    const json::object object = json::parse(map.body).as_object();
    EXPECT_EQ(text_member(object, {"data", "requestheader-client-ca-file"}), sim_->requestheader_authority());
    EXPECT_EQ(text_member(object, {"data", "requestheader-username-headers"}), "[\"X-Remote-User\"]");
  });
}

TEST_F(AggregatorTest, AnswersReviewsByTheToken) {
  options_.api.token = "root";
  with([&]() -> asio::awaitable<void> {
    const std::string review = R"({"spec": {"token": "root"}})";
    const net::HttpResponse token =
        co_await ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review, "root");
    EXPECT_EQ(token.status, 201);
    EXPECT_THAT(token.body, HasSubstr(R"("username":"kubernetes-admin")"));
    const std::string access =
        R"({"spec": {"user": "a", "nonResourceAttributes": {"verb": "get", "path": "/"}}})";
    const net::HttpResponse subject =
        co_await ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", access, "root");
    EXPECT_THAT(subject.body, HasSubstr(R"("allowed":true)"));
    const net::HttpResponse unknown =
        co_await ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", access, "other");
    EXPECT_EQ(unknown.status, 401);
  });
}

TEST_F(AggregatorTest, TheNodeProxyReachesTheKubelet) {
  options_.kubelets.enabled = true;
  options_.kubelets.network = "127.130.0.0";
  options_.kubelets.port = 0;
  options_.kubelets.token = "kubelets only";
  with([&]() -> asio::awaitable<void> {
    const std::string name = sim_->cluster().layout().node_name(1);
    for (const std::string& shown : {name, name + ":10250", "https:" + name + ":10250"}) {
      const net::HttpResponse summary =
          co_await ask("GET", "/api/v1/nodes/" + shown + "/proxy/stats/summary");
      EXPECT_EQ(summary.status, 200);
      EXPECT_THAT(summary.body, HasSubstr("\"nodeName\": \"" + name + "\""));
    }
    const net::HttpResponse missing = co_await ask("GET", "/api/v1/nodes/nobody/proxy/healthz");
    EXPECT_EQ(missing.status, 404);
    const std::string dead = R"({"kind": "dead", "resource": "kubelet"})";
    co_await ask("POST", "/sim/faults", dead);
    const net::HttpResponse away = co_await ask("GET", "/api/v1/nodes/" + name + "/proxy/healthz");
    EXPECT_EQ(away.status, 503);
  });
}

}  // namespace
}  // namespace kubevitals::sim
