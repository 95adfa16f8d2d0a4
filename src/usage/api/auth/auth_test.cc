#include <gtest/gtest.h>

#include "base/utf8.h"
#include "base/virtual_clock.h"
#include "kube/api_transport.h"
#include "net/self_signed.h"
#include "net/test_web_config.h"
#include "usage/api/auth/allowed_users.h"
#include "usage/api/auth/delegated.h"
#include "usage/api/auth/open_paths.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

using net::CertificateAuthorities;
using net::ClientCertificate;
using net::KeyPair;

std::shared_ptr<const CertificateAuthorities> authorities_of(const KeyPair& pair) {
  return CertificateAuthorities::create(pair.certificate).value();
}

std::string in_json(std::string pem) {
  for (std::size_t at = 0; (at = pem.find('\n', at)) != pem.npos; at += 2) pem.replace(at, 1, "\\n");
  return pem;
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

  // Who is named, "nobody", or why not.
  static std::string named(const net::ServerRequest& request, const AuthenticationConfig& config) {
    const Result<std::optional<User>> user = user_of(request, config);
    if (!user) return "refused: " + user.error().message;
    return *user ? (*user)->name : "nobody";
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
  config.proxy = {authorities_of(proxy_ca_), {"front-proxy"},    {"X-Other-User", "X-Remote-User"},
                  {"X-Remote-Uid"},          {"X-Remote-Group"}, {"X-Remote-Extra-"}};
  const net::Headers headers{{"x-remote-user", "alice"}, {"X-Remote-Group", "a"},
                             {"X-Remote-Group", ""},     {"X-Remote-Group", "b"},
                             {"X-Remote-Uid", "7"},      {"X-Remote-Extra-Example.com%2Fkey", "v"}};
  EXPECT_EQ(named(request("/", "front-proxy", proxy_ca_, headers), config), "alice");
  const auto user = user_of(request("/", "front-proxy", proxy_ca_, headers), config).value();
  ASSERT_TRUE(user);
  EXPECT_EQ(user->groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(user->uid, "7");
  EXPECT_EQ(user->extra.at("example.com/key"), std::vector<std::string>{"v"});
  EXPECT_EQ(named(request("/", "front-proxy", proxy_ca_), config), "nobody") << "says nobody";
  EXPECT_EQ(named(request("/", "", proxy_ca_, headers), config), "nobody") << "anybody can send headers";
  EXPECT_EQ(named(request("/", "other", proxy_ca_, headers), config),
            "refused: the certificate's name is not one of the front proxy's");
  EXPECT_EQ(named(request("/", "front-proxy", ca_, headers), config),
            "refused: the certificate is not the front proxy's");
  config.proxy.names.clear();
  EXPECT_EQ(named(request("/", "other", proxy_ca_, headers), config), "alice") << "all names are allowed";
  config.proxy.user_headers = {"X-User"};
  EXPECT_EQ(named(request("/", "other", proxy_ca_, headers), config), "nobody");
  config.proxy.authorities = nullptr;
  EXPECT_EQ(named(request("/", "other", proxy_ca_, headers), config), "nobody") << "nothing is known";
}

// Each that can judge the certificate is asked: one that names a user is enough, otherwise one that does not
// vouch for it is one too many.
TEST_F(AuthTest, WhomACertificateNames) {
  AuthenticationConfig config;
  config.client_authorities = authorities_of(ca_);
  const net::Headers headers{{"X-Remote-User", "alice"}, {"X-Remote-Group", "a"}};
  EXPECT_EQ(named(request("/", "bob", ca_, headers), config), "bob");
  EXPECT_EQ(named(request("/", "bob", proxy_ca_), config), "refused: the certificate is no client's");
  EXPECT_EQ(named(request("/", "", ca_), config), "nobody");
  config.proxy = {authorities_of(proxy_ca_), {"front-proxy"}, {"X-Remote-User"}, {}, {}, {}};
  EXPECT_EQ(named(request("/", "front-proxy", ca_, headers), config), "front-proxy")
      << "a client is no proxy, whatever it is called";
  EXPECT_EQ(named(request("/", "front-proxy", proxy_ca_, headers), config), "alice");
  EXPECT_EQ(named(request("/", "front-proxy", proxy_ca_), config), "refused: the certificate is no client's");
  const KeyPair stranger = net::make_self_signed_certificate({}, "stranger").value();
  EXPECT_EQ(named(request("/", "front-proxy", stranger, headers), config),
            "refused: the certificate is no client's");
}

TEST_F(AuthTest, TheConfigMap) {
  const auto config = read_authentication_config(
      R"({"kind":"ConfigMap","data":{"client-ca-file":")" + in_json(ca_.certificate) +
      R"(","requestheader-client-ca-file":")" + in_json(ca_.certificate) +
      R"(","requestheader-allowed-names":"[\"front-proxy\"]","requestheader-group-headers":"[\"X-G\",\"Y-G\"]",)"
      R"("requestheader-username-headers":"[\"X-U\"]","requestheader-extra-headers-prefix":"[\"X-E-\"]","other":"x"}})");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->proxy.names, std::vector<std::string>{"front-proxy"});
  EXPECT_EQ(config->proxy.group_headers, (std::vector<std::string>{"X-G", "Y-G"}));
  EXPECT_EQ(config->proxy.user_headers, std::vector<std::string>{"X-U"});
  EXPECT_EQ(config->proxy.extra_prefixes, std::vector<std::string>{"X-E-"});
  EXPECT_TRUE(config->proxy.uid_headers.empty()) << "API servers that do not name it pass it on from clients";
  EXPECT_TRUE(config->client_authorities && config->proxy.authorities);
  EXPECT_TRUE(
      read_authentication_config(R"({"data":{"client-ca-file":"","requestheader-allowed-names":""}})"));
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

// "verb group version namespace resource subresource name", "-" for what is empty; or "verb path".
std::string asked(const std::string& target, const std::string& method = "GET") {
  net::ServerRequest request = get_request(target);
  request.method = method;
  const Attributes found = attributes_of(request);
  if (!found.is_resource) return found.verb + " " + found.path;
  std::string text = found.verb;
  for (const std::string* part :
       {&found.group, &found.version, &found.namespace_, &found.resource, &found.subresource, &found.name}) {
    text.append(" ").append(part->empty() ? "-" : *part);
  }
  return text;
}

TEST(Attributes, OfResources) {
  const std::string root = "/apis/metrics.k8s.io/v1beta1";
  const std::string kind = " metrics.k8s.io v1beta1 ";
  EXPECT_EQ(asked(root + "/nodes"), "list" + kind + "- nodes - -");
  EXPECT_EQ(asked(root + "/nodes/n1"), "get" + kind + "- nodes - n1");
  EXPECT_EQ(asked(root + "/nodes/", "HEAD"), "list" + kind + "- nodes - -");
  EXPECT_EQ(asked(root + "/namespaces/ns/pods"), "list" + kind + "ns pods - -");
  EXPECT_EQ(asked(root + "/namespaces/ns/pods/p"), "get" + kind + "ns pods - p");
  EXPECT_EQ(asked(root + "/namespaces/ns/pods/p/log"), "get" + kind + "ns pods log p");
  EXPECT_EQ(asked(root + "/namespaces/ns/status"), "get" + kind + "ns namespaces status ns");
  EXPECT_EQ(asked(root + "/namespaces"), "list" + kind + "- namespaces - -");
  EXPECT_EQ(asked(root + "/florps/f", "PUT"), "update" + kind + "- florps - f");
  EXPECT_EQ(asked(root + "/pods", "POST"), "create" + kind + "- pods - -");
  EXPECT_EQ(asked(root + "/pods/p", "PATCH"), "patch" + kind + "- pods - p");
  EXPECT_EQ(asked(root + "/pods/p", "DELETE"), "delete" + kind + "- pods - p");
  EXPECT_EQ(asked(root + "/pods", "DELETE"), "deletecollection" + kind + "- pods - -");
  EXPECT_EQ(asked(root + "/pods", "OPTIONS"), kind + "- pods - -");
  EXPECT_EQ(asked(root + "/watch/namespaces/ns/pods"), "watch" + kind + "ns pods - -");
  EXPECT_EQ(asked("/apis/other/v1/x"), "list other v1 - x - -");
}

TEST(Attributes, OfPaths) {
  EXPECT_EQ(asked("/"), "get /");
  EXPECT_EQ(asked("/metrics", "POST"), "post /metrics");
  EXPECT_EQ(asked("/apis/metrics.k8s.io/v1beta1"), "get /apis/metrics.k8s.io/v1beta1");
  EXPECT_EQ(asked("/api/v1/model/nodes"), "get /api/v1/model/nodes");
  EXPECT_EQ(asked("/x%ff"), "get /x\uFFFD");
}

TEST(Attributes, OfWatchesAndSelections) {
  const std::string nodes = "/apis/metrics.k8s.io/v1beta1/nodes";
  const std::string kind = " metrics.k8s.io v1beta1 - nodes - ";
  EXPECT_EQ(asked(nodes + "?watch=true"), "watch" + kind + "-");
  EXPECT_EQ(asked(nodes + "?watch="), "watch" + kind + "-");
  EXPECT_EQ(asked(nodes + "?watch=False"), "list" + kind + "-");
  EXPECT_EQ(asked(nodes + "?watch=0"), "list" + kind + "-");
  EXPECT_EQ(asked(nodes + "/n1?watch=true"), "get" + kind + "n1");
  EXPECT_EQ(asked(nodes + "?fieldSelector=metadata.name%3Dn1"), "list" + kind + "n1");
  EXPECT_EQ(asked(nodes + "?fieldSelector=metadata.name%3Dn1&watch=1"), "watch" + kind + "n1");
  EXPECT_EQ(asked(nodes + "?fieldSelector=metadata.name!%3Dn1"), "list" + kind + "-");
  EXPECT_EQ(asked(nodes + "?fieldSelector=metadata.name%3D.."), "list" + kind + "-");
  EXPECT_EQ(asked(nodes + "?fieldSelector=bad"), "list" + kind + "-");
  EXPECT_EQ(asked(nodes + "?fieldSelector=metadata.name%3Dn1", "DELETE"), "deletecollection" + kind + "-");
  const Attributes selected = attributes_of(
      get_request(nodes + "?fieldSelector=metadata.name!%3Dx&labelSelector=a%3Db,c+notin+(d),e,!f,g%3E1"));
  EXPECT_EQ(access_review({"u", "", {}, {}}, selected),
            R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{)"
            R"("resourceAttributes":{"group":"metrics.k8s.io","version":"v1beta1","resource":"nodes",)"
            R"("fieldSelector":{"requirements":[{"key":"metadata.name","operator":"NotIn","values":["x"]}]},)"
            R"("labelSelector":{"requirements":[{"key":"a","operator":"In","values":["b"]},)"
            R"({"key":"c","operator":"NotIn","values":["d"]},{"key":"e","operator":"Exists"},)"
            R"({"key":"f","operator":"DoesNotExist"}]},"verb":"list"},"user":"u"}})");
}

TEST(PathPatterns, AreWholePathsOrBeginnings) {
  const std::vector<std::string> patterns{"/metrics", "debug/*", "/"};
  EXPECT_TRUE(check_path_patterns(patterns));
  EXPECT_TRUE(matches_path_pattern("/metrics", patterns));
  EXPECT_FALSE(matches_path_pattern("/metrics/x", patterns));
  EXPECT_TRUE(matches_path_pattern("/debug/pprof", patterns));
  EXPECT_FALSE(matches_path_pattern("/debug", patterns));
  EXPECT_TRUE(matches_path_pattern("/", patterns));
  EXPECT_FALSE(matches_path_pattern("/", {}));
  EXPECT_TRUE(matches_path_pattern("/x", {"*"}));
  EXPECT_EQ(check_path_patterns({"/*/x"}).error().message, "\"/*/x\": \"*\" can only be the last character");
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
  // Loads; why that failed.
  static std::string load(DelegatedGate& gate) {
    Result<void> loaded;
    auto loading = [&]() -> asio::awaitable<net::ServerResponse> {
      auto task = gate.load();
      loaded = co_await std::move(task);
      co_return net::ServerResponse::text(200, "");
    };
    run_to_end(loading());
    return loaded ? std::string() : loaded.error().message;
  }
  // As an API server has it.
  std::string config_map() const {
    return R"({"data":{"client-ca-file":")" + in_json(ca_.certificate) +
           R"(","requestheader-client-ca-file":")" + in_json(proxy_ca_.certificate) +
           R"(","requestheader-allowed-names":"[\"front-proxy\"]",)"
           R"("requestheader-username-headers":"[\"X-Remote-User\"]",)"
           R"("requestheader-group-headers":"[\"X-Remote-Group\"]"}})";
  }
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
  EXPECT_EQ(gate_.trouble(),
            "ConfigMap kube-system/extension-apiserver-authentication has not been read yet");
  api_.status = 403;
  const std::string failure =
      "cannot read ConfigMap kube-system/extension-apiserver-authentication: status 403";
  EXPECT_EQ(load(gate_), failure);
  EXPECT_EQ(gate_.trouble(), failure);
  api_.config_map = config_map();
  api_.status = 200;
  EXPECT_EQ(load(gate_), "");
  EXPECT_EQ(gate_.trouble(), "");
  EXPECT_EQ(ask(as_alice), "yes");
  EXPECT_EQ(ask(request("/metrics", "front-proxy", proxy_ca_,
                        {{"X-Remote-User", "root"}, {"X-Remote-Group", "system:masters"}})),
            "yes");
  EXPECT_EQ(ask(request(kNodes, "alice", ca_)), "yes");
  api_.config_map = "x";
  EXPECT_NE(load(gate_), "");
  EXPECT_EQ(gate_.trouble(), "");
  EXPECT_EQ(ask(as_alice), "yes") << "the configuration before stays";
  api_.status = 404;
  EXPECT_EQ(load(gate_), "");
  EXPECT_EQ(ask(as_alice), "yes") << "the configuration before stays";
}

TEST_F(DelegatedGateTest, ACertificateThatIsNotGoodIsRefusedUnlessThereIsAGoodToken) {
  api_.config_map = config_map();
  api_.status = 200;
  EXPECT_EQ(load(gate_), "");
  const KeyPair stranger = net::make_self_signed_certificate({}, "stranger").value();
  EXPECT_TRUE(ask(request(kNodes, "alice", stranger)).starts_with("401 "));
  EXPECT_TRUE(ask(request(kNodes, "front-proxy", proxy_ca_)).starts_with("401 ")) << "names nobody";
  EXPECT_TRUE(ask(request(kNodes, "other", proxy_ca_, {{"X-Remote-User", "alice"}})).starts_with("401 "));
  EXPECT_EQ(ask(request(kNodes, "alice", stranger, token("good"))), "yes");
  EXPECT_TRUE(ask(request(kNodes, "alice", stranger, token("bad"))).starts_with("401 "));
  EXPECT_TRUE(ask(request(kNodes, "", ca_)).starts_with("403 ")) << "anonymous";
  EXPECT_TRUE(ask(request(kNodes, "", ca_, {{"Authorization", "Bearer  bad"}})).starts_with("403 "))
      << "no token with a space in front";
  EXPECT_EQ(ask(request("/readyz", "alice", stranger, token("bad"))), "yes");
}

TEST_F(DelegatedGateTest, WhatFlagsGiveCountsAndTheConfigMapTellsTheRest) {
  const net::TestFiles files;
  const KeyPair own_ca = net::make_self_signed_certificate({}, "own").value();
  api_.config_map = config_map();
  api_.status = 200;
  const net::Headers alice{{"X-User", "alice"}};

  DelegatedOptions options;
  options.proxy_ca_file = files.put("ca", own_ca.certificate);
  options.proxy.user_headers = {"X-User"};
  options.proxy.names = {"proxy"};
  DelegatedGate own_proxy(api_, clock_, options);
  ASSERT_TRUE(own_proxy.read_files());
  EXPECT_EQ(outcome(own_proxy, request(kNodes, "proxy", own_ca, alice)), "yes") << "without the ConfigMap";
  EXPECT_EQ(load(own_proxy), "");
  EXPECT_EQ(outcome(own_proxy, request(kNodes, "proxy", own_ca, alice)), "yes");
  EXPECT_EQ(outcome(own_proxy, request(kNodes, "alice", ca_)), "yes");
  EXPECT_TRUE(outcome(own_proxy, request(kNodes, "front-proxy", proxy_ca_, {{"X-Remote-User", "alice"}}))
                  .starts_with("401 "));
  files.put("ca", proxy_ca_.certificate);
  EXPECT_EQ(load(own_proxy), "");
  EXPECT_EQ(outcome(own_proxy, request(kNodes, "proxy", proxy_ca_, alice)), "yes") << "the file has changed";
  files.put("ca", "x");
  EXPECT_NE(load(own_proxy).find("--requestheader-client-ca-file: "), std::string::npos);
  EXPECT_EQ(outcome(own_proxy, request(kNodes, "proxy", proxy_ca_, alice)), "yes") << "what was good stays";

  options = {};
  options.client_ca_file = files.put("ca", own_ca.certificate);
  DelegatedGate own_clients(api_, clock_, options);
  EXPECT_EQ(load(own_clients), "");
  EXPECT_EQ(outcome(own_clients, request(kNodes, "alice", own_ca)), "yes");
  EXPECT_TRUE(outcome(own_clients, request(kNodes, "alice", ca_)).starts_with("401 "));
  EXPECT_EQ(outcome(own_clients, request(kNodes, "front-proxy", proxy_ca_, {{"X-Remote-User", "alice"}})),
            "yes");
}

TEST_F(DelegatedGateTest, TheConfigMapIsNotReadWhenItIsNotNeeded) {
  const net::TestFiles files;
  DelegatedOptions options;
  options.skip_config_map = true;
  DelegatedGate skipping(api_, clock_, options);
  EXPECT_EQ(load(skipping), "");
  EXPECT_EQ(skipping.trouble(), "");
  EXPECT_TRUE(outcome(skipping, request(kNodes, "alice", ca_)).starts_with("403 ")) << "anonymous";
  options.skip_config_map = false;
  options.client_ca_file = files.put("client-ca", ca_.certificate);
  EXPECT_TRUE(options.reads_config_map());
  options.proxy_ca_file = files.put("proxy-ca", proxy_ca_.certificate);
  DelegatedGate knowing(api_, clock_, options);
  EXPECT_EQ(load(knowing), "");
  EXPECT_EQ(knowing.trouble(), "");
  EXPECT_EQ(api_.log, "subjectaccessreviews");
}

TEST_F(DelegatedGateTest, PathsMayNeedNoPermissionButSomebodyWhoIsKnown) {
  DelegatedOptions options;
  options.open_paths = {"/metrics", "/apis/*"};
  DelegatedGate gate(api_, clock_, options);
  EXPECT_EQ(outcome(gate, request("/metrics", "", ca_)), "yes");
  EXPECT_TRUE(outcome(gate, request("/metrics", "", ca_, token("bad"))).starts_with("401 "));
  EXPECT_TRUE(outcome(gate, request("/debug/pprof/", "", ca_)).starts_with("403 "));
  EXPECT_TRUE(outcome(gate, request(kNodes, "", ca_)).starts_with("403 ")) << "no path but a resource";
  EXPECT_EQ(outcome(gate, request("/readyz", "", ca_)), "yes");
}

TEST_F(DelegatedGateTest, NamesThatAreNotUtf8AreAskedAboutAll) {
  api_.config_map = config_map();
  api_.status = 200;
  EXPECT_EQ(load(gate_), "");
  const std::string answer =
      ask(request("/m\xff", "front-proxy", proxy_ca_, {{"X-Remote-User", "al\xffice"}}));
  EXPECT_TRUE(answer.starts_with("403 ")) << answer;
  EXPECT_NE(api_.last_review.find("\"user\":\"al\uFFFDice\""), std::string::npos) << api_.last_review;
  EXPECT_TRUE(is_utf8(api_.last_review));
  EXPECT_TRUE(is_utf8(answer));
}

TEST_F(DelegatedGateTest, LongQuestionsAreNotRemembered) {
  const std::string path = "/" + std::string(20'000, 'a');
  EXPECT_TRUE(ask(request(path, "", ca_)).starts_with("403 "));
  EXPECT_TRUE(ask(request(path, "", ca_)).starts_with("403 "));
  EXPECT_EQ(api_.log, "subjectaccessreviews subjectaccessreviews");
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
