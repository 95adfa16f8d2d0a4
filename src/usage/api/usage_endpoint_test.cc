#include "usage/api/usage_endpoint.h"

#include <gtest/gtest.h>

#include <boost/asio/system_executor.hpp>

#include "base/virtual_clock.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;

class RefuseAll final : public Gate {
 public:
  asio::awaitable<std::optional<net::ServerResponse>> refuse(const net::ServerRequest& request) override {
    co_return net::ServerResponse::text(403, "not " + request.path);
  }
};

class UsageEndpointTest : public testing::Test {
 protected:
  UsageEndpointTest() {
    sources_.metrics.store = &store_;
    sources_.metrics.directory = &cluster_.directory();
    sources_.metrics.clock = &clock_;
    sources_.sink = &sink_;
    sources_.own_metrics = [] { return std::string("up 1\n"); };
    sources_.late = [this] { return late_; };
    clock_.jump_wall(WallTime{std::chrono::seconds(kDayOne)} - clock_.wall_now());
  }

  void cycle(std::int64_t time) {
    clock_.jump_wall(WallTime{std::chrono::seconds(kDayOne + time)} - clock_.wall_now());
    const auto cpu = static_cast<double>(time);
    store_.put(cluster_.scrape({"n1", time, {"", {}, cpu, 1}, {{"ns", "p", {{"a", {}, cpu, 1}}}}}));
    sink_.store(cluster_.batch((kDayOne + time) * kSecondNanos), (kDayOne + time) * kSecondNanos);
  }

  std::string ask(const std::string& target, const std::string& method = "GET") {
    const UsageEndpoint endpoint(sources_, asio::system_executor());
    net::ServerRequest request = get_request(target);
    request.method = method;
    net::ServerResponse response = run_to_end(endpoint.answer(std::move(request)));
    return std::to_string(response.status) + " " + body_of(std::move(response));
  }

  VirtualClock clock_;
  TestCluster cluster_;
  UsageStore store_{clock_, 60s};
  MetricSink sink_{cluster_.directory()};
  UsageEndpointSources sources_;
  std::string late_;
};

TEST_F(UsageEndpointTest, Routes) {
  cluster_.add_node("n1");
  cycle(60);
  EXPECT_EQ(ask("/api/v1/model/nodes"), "200 [\n  \"n1\"\n ]");
  EXPECT_EQ(ask("/api/v1/modelx"), "404 404 page not found\n");
  EXPECT_TRUE(ask("/api/v1/metric-export/").starts_with("200 [{\"metrics\":{"));
  EXPECT_TRUE(ask("/api/v1/metric-export-schema").starts_with("200 {\n  \"metrics\": ["));
  EXPECT_TRUE(ask("/apis/metrics.k8s.io").starts_with("200 {\"kind\":\"APIGroup\""));
  EXPECT_EQ(ask("/metrics"), "200 up 1\n");
  EXPECT_EQ(ask("/nothing"), "404 404 page not found\n");
  EXPECT_EQ(ask("/apis/metrics/v1alpha1"), "404 404 page not found\n");
  EXPECT_EQ(ask("/api/v1/model/nodes", "HEAD"), "200 [\n  \"n1\"\n ]") << "the server leaves the body away";
  EXPECT_EQ(ask("/api/v1/model/nodes", "POST"), "405 405: Method Not Allowed");
  const std::string refused =
      R"(405 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)"
      R"("the server does not allow this method on the requested resource","reason":"MethodNotAllowed",)"
      R"("details":{},"code":405})"
      "\n";
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(ask("/apis/metrics.k8s.io/v1beta1/nodes", method), refused) << method;
  }
  EXPECT_EQ(ask("/apis/metrics.k8s.io", "POST"), refused);
}

TEST_F(UsageEndpointTest, DisabledParts) {
  cluster_.add_node("n1");
  cycle(60);
  sources_.disable_export = true;
  EXPECT_EQ(ask("/api/v1/metric-export"), "200 []\n");
  sources_.sink = nullptr;
  EXPECT_EQ(ask("/api/v1/metric-export"), "404 404 page not found\n");
  EXPECT_EQ(ask("/api/v1/model/nodes"), "404 404 page not found\n");
}

TEST_F(UsageEndpointTest, HealthIsTheLatestBatch) {
  EXPECT_EQ(ask("/healthz"), "500 internal server error: there is no batch yet\n");
  sink_.store(std::make_shared<const Batch>(Batch{kDayOne * kSecondNanos, {}, {}, {}, {}}),
              kDayOne * kSecondNanos);
  EXPECT_EQ(ask("/healthz"), "500 internal server error: there is nothing in the latest batch\n");
  cluster_.add_node("n1");
  cycle(60);
  EXPECT_EQ(ask("/healthz"), "200 ok");
  clock_.jump_wall(180s);
  EXPECT_EQ(ask("/healthz"), "200 ok");
  clock_.jump_wall(1s);
  EXPECT_EQ(ask("/healthz"), "500 internal server error: the latest batch is of \"2026-01-01T00:01:00Z\"\n");
}

TEST_F(UsageEndpointTest, HealthWithoutASinkIsTheScrapes) {
  sources_.sink = nullptr;
  EXPECT_EQ(ask("/healthz"), "500 internal server error: no node was scraped lately\n");
  cluster_.add_node("n1");
  cycle(60);
  cycle(120);
  EXPECT_EQ(ask("/healthz"), "200 ok");
}

TEST_F(UsageEndpointTest, Probes) {
  EXPECT_NE(ask("/").find("href=\"/api/v1/model/nodes\""), std::string::npos);
  EXPECT_EQ(ask("//healthz"), "301 Moved Permanently\n");
  EXPECT_TRUE(ask("/debug/pprof/").starts_with("200 <!DOCTYPE html>"));
  EXPECT_EQ(ask("/livez"), "200 ok");
  EXPECT_EQ(ask("/livez?verbose"), "200 [+]ping ok\n[+]metric-collection-timely ok\nlivez check passed\n");
  late_ = "the cycle of 00:01 still runs";
  EXPECT_EQ(ask("/livez"),
            "500 [+]ping ok\n[-]metric-collection-timely failed: the cycle of 00:01 still runs\nlivez check "
            "failed\n");
  EXPECT_EQ(
      ask("/readyz"),
      "500 [+]ping ok\n[-]metric-storage-ready failed: no node has metrics yet\n[+]metric-informer-sync ok\n"
      "readyz check failed\n");
  cluster_.add_node("n1");
  cycle(60);
  cycle(120);
  EXPECT_EQ(ask("/readyz"), "200 ok");
  sources_.sinks = [] {
    SinkHealth down;
    down.name = "influxdb";
    down.last_error = Error{ErrorCode::kUnavailable, "connection refused"};
    down.queued_batches = 3;
    SinkHealth up;
    up.name = "log";
    return std::vector<SinkHealth>{down, up};
  };
  EXPECT_EQ(ask("/readyz"), "200 ok");
  EXPECT_EQ(
      ask("/readyz?verbose"),
      "200 [+]ping ok\n[+]metric-storage-ready ok\n[+]metric-informer-sync ok\n"
      "[-]sink influxdb failed, which does not count: connection refused (3 batches wait)\n[+]sink log ok\n"
      "readyz check passed\n");
}

TEST_F(UsageEndpointTest, IsNotReadyWhileNobodyCanBeBelieved) {
  cluster_.add_node("n1");
  cycle(60);
  cycle(120);
  std::string trouble = "the ConfigMap is forbidden";
  sources_.authentication = [&trouble] { return trouble; };
  EXPECT_EQ(ask("/readyz"),
            "500 [+]ping ok\n[+]metric-storage-ready ok\n[+]metric-informer-sync ok\n"
            "[-]authentication failed: the ConfigMap is forbidden\nreadyz check failed\n");
  EXPECT_EQ(ask("/livez"), "200 ok");
  trouble.clear();
  EXPECT_EQ(ask("/readyz"), "200 ok");
}

TEST_F(UsageEndpointTest, TheGateIsAskedFirst) {
  sources_.gate = std::make_shared<RefuseAll>();
  EXPECT_EQ(ask("/api/v1/model/nodes"), "403 not /api/v1/model/nodes");
  EXPECT_EQ(ask("/x", "POST"), "403 not /x");
}

}  // namespace
}  // namespace kubevitals::usage
