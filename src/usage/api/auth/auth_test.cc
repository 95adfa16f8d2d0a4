#include <gtest/gtest.h>

#include "base/virtual_clock.h"
#include "kube/api_transport.h"
#include "net/self_signed.h"
#include "usage/api/auth/allowed_users.h"
#include "usage/api/auth/delegated.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

using net::CertificateAuthorities;
using net::ClientCertificate;
using net::KeyPair;

std::shared_ptr<const CertificateAuthorities> authorities_of(const KeyPair& pair) {
  return CertificateAuthorities::create(pair.certificate).value();
}

class AuthTest : public testing::Test {
 protected:
  // A request with a certificate of this name, signed by `authority`; without one when the name is empty.
  net::ServerRequest request(const std::string& path, const std::string& name, const KeyPair& authority,
                             net::Headers headers = {}) const {
    net::ServerRequest request = get_request(path, std::move(headers));
    if (name.empty()) return request;
    request.client_certificate =
        ClientCertificate::parse(net::make_signed_certificate(authority, {}, name)->certificate);
    return request;
  }

  // "yes", or status and body.
  std::string outcome(Gate& gate, const net::ServerRequest& request) {
    auto ask = [&]() -> asio::awaitable<net::ServerResponse> {
      auto asking = gate.refuse(request);
      std::optional<net::ServerResponse> refused = co_await std::move(asking);
      co_return refused ? std::move(*refused) : net::ServerResponse::text(200, "yes");
    };
    net::ServerResponse response = run_to_end(ask());
    const std::string status = response.status == 200 ? "" : std::to_string(response.status) + " ";
    return status + body_of(std::move(response));
  }

  const KeyPair ca_ = net::make_self_signed_certificate({}, "ca").value();
  const KeyPair proxy_ca_ = net::make_self_signed_certificate({}, "proxy-ca").value();
};

TEST_F(AuthTest, AllowedUsers) {
  AllowedUsers gate(authorities_of(ca_), "alice,bob");
  EXPECT_EQ(outcome(gate, request("/api/v1/model", "alice", ca_)), "yes");
  EXPECT_EQ(outcome(gate, request("/metrics", "bob", ca_)), "yes");
  EXPECT_EQ(outcome(gate, request("/metrics", "eve", ca_)), "403 Forbidden\n");
  EXPECT_EQ(outcome(gate, request("/metrics", "alice", proxy_ca_)), "401 Unauthorized\n");
  EXPECT_EQ(outcome(gate, request("/metrics", "", ca_)), "401 Unauthorized\n");
  EXPECT_EQ(outcome(gate, request("/healthz", "", ca_)), "yes");
  AllowedUsers all(authorities_of(ca_), "");
  EXPECT_EQ(outcome(all, request("/metrics", "eve", ca_)), "yes");
  EXPECT_EQ(outcome(all, request("/metrics", "eve", proxy_ca_)), "401 Unauthorized\n");
}

TEST_F(AuthTest, WhomTheFrontProxyNames) {
  AuthenticationConfig config;
  config.proxy_authorities = authorities_of(proxy_ca_);
  config.proxy_names = {"front-proxy"};
  config.client_authorities = authorities_of(ca_);
  const net::Headers headers{{"x-remote-user", "alice"},
                             {"X-Remote-Group", "a"},
                             {"X-Remote-Group", "b"},
                             {"X-Remote-Uid", "7"},
                             {"X-Remote-Extra-Example.com%2Fkey", "v"}};
  const auto named = user_of(request("/", "front-proxy", proxy_ca_, headers), config);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->name, "alice");
  EXPECT_EQ(named->groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(named->uid, "7");
  EXPECT_EQ(named->extra.at("example.com/key"), std::vector<std::string>{"v"});
  EXPECT_FALSE(user_of(request("/", "other", proxy_ca_, headers), config)) << "not one of the names";
  EXPECT_FALSE(user_of(request("/", "front-proxy", proxy_ca_), config)) << "says nobody";
  EXPECT_FALSE(user_of(request("/", "", proxy_ca_, headers), config)) << "anybody can send headers";
  const auto client = user_of(request("/", "front-proxy", ca_, headers), config);
  ASSERT_TRUE(client);
  EXPECT_EQ(client->name, "front-proxy") << "a client is no proxy, whatever it is called";
  EXPECT_TRUE(client->groups.empty());
}

TEST_F(AuthTest, TheConfigMap) {
  std::string pem = ca_.certificate;
  for (std::size_t at = 0; (at = pem.find('\n', at)) != pem.npos; at += 2) pem.replace(at, 1, "\\n");
  const auto config = read_authentication_config(
      R"({"kind":"ConfigMap","data":{"client-ca-file":")" + pem + R"(","requestheader-client-ca-file":")" +
      pem +
      R"(","requestheader-allowed-names":"[\"front-proxy\"]","requestheader-group-headers":"[\"X-G\",\"Y-G\"]",)"
      R"("requestheader-username-headers":"[\"X-U\"]","requestheader-extra-headers-prefix":"[\"X-E-\"]","other":"x"}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->proxy_names, std::vector<std::string>{"front-proxy"});
  EXPECT_EQ(config->group_headers, (std::vector<std::string>{"X-G", "Y-G"}));
  EXPECT_EQ(config->user_headers, std::vector<std::string>{"X-U"});
  EXPECT_EQ(config->extra_prefixes, std::vector<std::string>{"X-E-"});
  EXPECT_TRUE(config->client_authorities && config->proxy_authorities);
  EXPECT_TRUE(read_authentication_config(R"({"kind":"ConfigMap"})"));
  EXPECT_EQ(read_authentication_config(R"({"data":{"client-ca-file":"x"}})").error().message,
            "cannot read client-ca-file: there is no certificate in PEM format in it");
  EXPECT_FALSE(read_authentication_config(R"({"data":{"requestheader-allowed-names":"x"}})"));
  EXPECT_FALSE(read_authentication_config("x"));
}

TEST_F(AuthTest, Reviews) {
  User user{"al\"ice", "7", {"a"}, {{"k", {"v"}}}};
  Attributes attributes = attributes_of(get_request("/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods/p"));
  EXPECT_EQ(
      access_review(user, attributes),
      R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{)"
      R"("resourceAttributes":{"namespace":"ns","group":"metrics.k8s.io","version":"v1beta1","resource":"pods",)"
      R"("name":"p","verb":"get"},"user":"al\"ice","uid":"7","groups":["a"],"extra":{"k":["v"]}}})");
  EXPECT_EQ(forbidden_text(user, attributes, "no"),
            R"(pods.metrics.k8s.io "p" is forbidden: User "al\"ice" cannot get resource "pods" in API group )"
            R"("metrics.k8s.io" in the namespace "ns": no)");
  attributes = attributes_of(get_request("/apis/metrics.k8s.io/v1beta1/nodes"));
  EXPECT_EQ(forbidden_text(user, attributes, ""),
            R"(nodes.metrics.k8s.io is forbidden: User "al\"ice" cannot list resource "nodes" in API group )"
            R"("metrics.k8s.io" at the cluster scope)");
  attributes = attributes_of(get_request("/metrics"));
  EXPECT_EQ(access_review({"u", "", {}, {}}, attributes),
            R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{)"
            R"("nonResourceAttributes":{"path":"/metrics","verb":"get"},"user":"u"}})");
  EXPECT_EQ(forbidden_text({"u", "", {}, {}}, attributes, ""),
            R"(forbidden: User "u" cannot get path "/metrics")");
}

// An API server: token "good" is alice's; alice, and nobody else, may list nodes.
class ApiServer final : public kube::ApiTransport {
 public:
  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(kube::ApiRequest) override {
    co_return Error{ErrorCode::kUnsupported, "nothing is streamed"};
  }

  asio::awaitable<Result<net::HttpResponse>> send(kube::ApiRequest asked) override {
    log.append(log.empty() ? "" : " ").append(asked.path.substr(asked.path.rfind('/') + 1));
    const auto has = [&](std::string_view text) { return asked.body.find(text) != std::string::npos; };
    net::HttpResponse response;
    response.status = status;
    response.body = R"({"status":{"authenticated":false}})";
    if (has(R"("token":"good")")) {
      response.body = R"({"status":{"authenticated":true,"user":{"username":"alice","groups":["dev"]}}})";
    }
    if (asked.path.ends_with("subjectaccessreviews")) {
      last_review = asked.body;
      const bool allowed = has(R"("user":"alice")") && has(R"("resource":"nodes")");
      response.body =
          allowed ? R"({"status":{"allowed":true}})" : R"({"status":{"allowed":false,"reason":"RBAC"}})";
    }
    if (asked.path.ends_with("authentication")) response.body = config_map;
    co_return response;
  }

  std::string log;
  std::string last_review;
  std::string config_map;
  int status = 201;
};

class DelegatedGateTest : public AuthTest {
 protected:
  std::string ask(const net::ServerRequest& request) { return outcome(gate_, request); }
  static net::Headers token(const std::string& text) { return {{"Authorization", "Bearer " + text}}; }

  VirtualClock clock_;
  ApiServer api_;
  DelegatedGate gate_{api_, clock_};
};

const std::string kNodes = "/apis/metrics.k8s.io/v1beta1/nodes";

TEST_F(DelegatedGateTest, TokensAreReviewedAndVerdictsHoldForTenSeconds) {
  EXPECT_EQ(ask(request(kNodes, "", ca_, token("good"))), "yes");
  EXPECT_EQ(api_.log, "tokenreviews subjectaccessreviews");
  EXPECT_NE(api_.last_review.find(R"("groups":["dev","system:authenticated"])"), std::string::npos)
      << api_.last_review;
  clock_.advance_to(clock_.now() + std::chrono::milliseconds(9999));
  EXPECT_EQ(ask(request(kNodes, "", ca_, token("good"))), "yes");
  EXPECT_EQ(api_.log, "tokenreviews subjectaccessreviews");
  clock_.advance_to(clock_.now() + std::chrono::milliseconds(1));
  EXPECT_EQ(ask(request(kNodes, "", ca_, token("good"))), "yes");
  EXPECT_EQ(api_.log, "tokenreviews subjectaccessreviews tokenreviews subjectaccessreviews");
}

TEST_F(DelegatedGateTest, WhoMayNotIsToldSo) {
  EXPECT_EQ(
      ask(request("/metrics", "", ca_, token("good"))),
      R"(403 {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)"
      R"("forbidden: User \"alice\" cannot get path \"/metrics\": RBAC","reason":"Forbidden","code":403})"
      "\n");
  EXPECT_TRUE(ask(request(kNodes, "", ca_, token("bad"))).starts_with("401 "));
  EXPECT_NE(ask(request(kNodes, "", ca_)).find(R"(User \"system:anonymous\" cannot list resource \"nodes\")"),
            std::string::npos);
  EXPECT_NE(api_.last_review.find("system:unauthenticated"), std::string::npos);
}

TEST_F(DelegatedGateTest, TheFrontProxyAndClientsAfterTheConfigMapIsRead) {
  const auto as_alice = request(kNodes, "front-proxy", proxy_ca_, {{"X-Remote-User", "alice"}});
  EXPECT_TRUE(ask(as_alice).starts_with("403 "));
  std::string pem = proxy_ca_.certificate;
  for (std::size_t at = 0; (at = pem.find('\n', at)) != pem.npos; at += 2) pem.replace(at, 1, "\\n");
  api_.config_map = R"({"data":{"requestheader-client-ca-file":")" + pem + R"("}})";
  const auto load = [&] {
    Result<void> loaded;
    auto loading = [&]() -> asio::awaitable<net::ServerResponse> {
      auto task = gate_.load();
      loaded = co_await std::move(task);
      co_return net::ServerResponse::text(200, "");
    };
    run_to_end(loading());
    return loaded ? std::string() : loaded.error().message;
  };
  EXPECT_EQ(load(), "cannot read ConfigMap kube-system/extension-apiserver-authentication: status 201");
  api_.status = 200;
  EXPECT_EQ(load(), "");
  EXPECT_EQ(ask(as_alice), "yes");
  EXPECT_EQ(ask(request("/metrics", "front-proxy", proxy_ca_,
                        {{"X-Remote-User", "root"}, {"X-Remote-Group", "system:masters"}})),
            "yes");
  api_.config_map = "x";
  EXPECT_NE(load(), "");
  EXPECT_EQ(ask(as_alice), "yes") << "the configuration before stays";
}

TEST_F(DelegatedGateTest, ProbesAreOpenAndFailuresAreNotRemembered) {
  api_.status = 500;
  EXPECT_EQ(ask(request("/healthz", "", ca_)), "yes");
  EXPECT_EQ(ask(request("/readyz", "", ca_)), "yes");
  EXPECT_EQ(api_.log, "");
  EXPECT_TRUE(ask(request(kNodes, "", ca_, token("good"))).starts_with("401 "));
  EXPECT_TRUE(ask(request(kNodes, "", ca_)).starts_with("500 "));
  api_.status = 201;
  EXPECT_EQ(ask(request(kNodes, "", ca_, token("good"))), "yes");
}

TEST(ExpiringMap, HasABound) {
  ExpiringMap<int> map(std::chrono::seconds(10), 2);
  const SteadyTime start{};
  map.put("a", 1, start);
  map.put("b", 2, start + std::chrono::seconds(5));
  map.put("c", 3, start + std::chrono::seconds(10));
  EXPECT_EQ(map.find("a", start), std::nullopt);
  EXPECT_EQ(map.find("b", start), 2);
  map.put("d", 4, start + std::chrono::seconds(10));
  EXPECT_EQ(map.find("b", start), std::nullopt);
  EXPECT_EQ(map.find("d", start), 4);
}

}  // namespace
}  // namespace kubevitals::usage
