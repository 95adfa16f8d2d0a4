#include "discovery/kubernetes/client_transport.h"

#include <gmock/gmock.h>

#include "discovery/http_client/server_fixture.h"
#include "discovery/kubernetes/counted_transport.h"
#include "discovery/kubernetes/metrics.h"

namespace kubevitals::discovery::kubernetes {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using testing::HasSubstr;

class ClientTransportTest : public ServerFixture {
 protected:
  ClientTransportTest() : ServerFixture(metric_families()) {}

  // The status of a request, or the error.
  std::string ask(kube::ApiRequest request) {
    const DiscovererContext with = context();
    auto made =
        make_client_transport(url("/prefix"), options_, with.io, with.workers, with.clock, with.metrics);
    if (!made) return made.error().message;
    const auto transport = count_requests(*std::move(made), with.clock, with.metrics);
    std::string outcome;
    run([&]() -> asio::awaitable<void> {
      auto opening = transport->open(std::move(request));
      const auto stream = co_await std::move(opening);
      outcome = stream ? std::to_string((*stream)->status()) : stream.error().message;
    });
    return outcome;
  }

  HttpClientOptions options_;
};

TEST_F(ClientTransportTest, AddsAddressCredentialsAndHeaders) {
  serve([](const ServerRequest& request) { return ServerResponse::text(200, request.path); });
  options_.authorization = AuthorizationOptions{"Custom", Secret{"secret"}, {}};
  options_.http_headers["X-A"].values = {"v"};
  kube::ApiRequest request;
  request.path = "/api/v1/pods";
  request.query.emplace_back("labelSelector", "a in (b)");
  request.accept = "application/json";
  EXPECT_EQ(ask(request), "200");
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].path, "/prefix/api/v1/pods");
  EXPECT_EQ(requests_[0].query, net::QueryParameters({{"labelSelector", "a in (b)"}}));
  EXPECT_EQ(requests_[0].headers.joined("Authorization"), "Custom secret");
  EXPECT_EQ(requests_[0].headers.joined("X-A"), "v");
  EXPECT_EQ(requests_[0].headers.joined("Accept"), "application/json");
  EXPECT_THAT(requests_[0].headers.joined("User-Agent"), HasSubstr("kubevitals/"));
}

TEST_F(ClientTransportTest, RequestsAreCounted) {
  serve([](const ServerRequest& request) {
    return ServerResponse::text(request.path == "/prefix/a" ? 200 : 403, "");
  });
  kube::ApiRequest request;
  request.path = "/a";
  ask(request);
  ask(request);
  request.path = "/b";
  ask(request);
  options_.basic_auth = BasicAuthOptions{"user", {}, {}, "/nowhere/password"};
  ask(request);
  const auto answered = [&](const char* status) {
    return metrics_.metric(kRequestsMetric, {status})->value();
  };
  EXPECT_EQ(answered("200"), 2);
  EXPECT_EQ(answered("403"), 1);
  EXPECT_EQ(answered("<error>"), 1);
  EXPECT_EQ(metrics_.histogram(kRequestDurationMetric, {"/a"})->count(), 2u);
  EXPECT_EQ(metrics_.histogram(kRequestDurationMetric, {"/b"})->count(), 2u);
}

TEST_F(ClientTransportTest, CredentialsThatCannotBeReadAreAnError) {
  serve([](const ServerRequest&) { return ServerResponse::text(200, ""); });
  options_.basic_auth = BasicAuthOptions{"user", {}, {}, "/nowhere/password"};
  EXPECT_THAT(ask({}), HasSubstr("/nowhere/password"));
  EXPECT_TRUE(requests_.empty());
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
