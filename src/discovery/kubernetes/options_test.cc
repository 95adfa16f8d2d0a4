#include "discovery/kubernetes/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery/kubernetes/connection.h"
#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void expect_good(const std::string& yaml) {
  EXPECT_EQ(complaints_about<Options>(yaml), "") << yaml;
}
void expect_bad(const std::string& yaml, const std::string& complaint) {
  EXPECT_THAT(complaints_about<Options>(yaml), HasSubstr(complaint)) << yaml;
}

TEST(KubernetesOptions, Everything) {
  Options options;
  const std::string yaml = R"(
role: endpointslice
api_server: https://k.example:6443/prefix
namespaces: {names: [a, b]}
selectors:
- {role: pod, label: 'app in (x,y)'}
- {role: endpointslice, field: metadata.name=z}
attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}
basic_auth: {username: u, password: p}
)";
  EXPECT_EQ(complaints_about(yaml, options), "");
  EXPECT_EQ(options.role, Role::kEndpointSlice);
  EXPECT_EQ(options.api_server, "https://k.example:6443/prefix");
  EXPECT_THAT(options.namespaces, ElementsAre("a", "b"));
  ASSERT_EQ(options.selectors.size(), 2u);
  EXPECT_EQ(options.selectors[0].label, "app in (x,y)");
  EXPECT_EQ(options.selectors[1].role, Role::kEndpointSlice);
  EXPECT_EQ(options.attach, (AttachOptions{true, true, true, true, true}));
  EXPECT_TRUE(options.http.basic_auth);
}

TEST(KubernetesOptions, Defaults) {
  Options options;
  EXPECT_EQ(complaints_about("role: node\nkubeconfig_file: k\nnamespaces:\nattach_metadata:\n", options), "");
  EXPECT_EQ(options.kubeconfig_file, "/etc/k");
  EXPECT_EQ(options.attach, AttachOptions());
  EXPECT_FALSE(options.api_server);
}

TEST(KubernetesOptions, Roles) {
  for (const char* role : {"pod", "service", "endpoints", "endpointslice", "node", "ingress"}) {
    expect_good(std::string("role: ") + role);
  }
  expect_bad("{}", "role is missing");
  expect_bad("role:", "role is missing");
  expect_bad("role: Pod", "unknown role");
  expect_bad("role: [pod]", "role");
}

TEST(KubernetesOptions, ConnectionsThatContradictThemselves) {
  expect_bad("{role: pod, api_server: 'http://a', kubeconfig_file: k}", "together with api_server");
  expect_bad("{role: pod, kubeconfig_file: k, enable_http2: false}", "together with HTTP client options");
  expect_good("{role: pod, api_server: null, kubeconfig_file: k}");
  expect_bad("{role: pod, follow_redirects: false}", "need api_server");
  expect_good("{role: pod, follow_redirects: true}");
  expect_good("{role: pod, api_server: 'http://a', follow_redirects: false}");
  expect_good("{role: pod, namespaces: {own_namespace: true}}");
  expect_bad("{role: pod, api_server: 'http://a', namespaces: {own_namespace: true}}", "own_namespace");
  expect_bad("{role: pod, kubeconfig_file: k, namespaces: {own_namespace: true}}", "own_namespace");
}

TEST(KubernetesOptions, Selectors) {
  const auto with = [](const std::string& role, const std::string& selectors) {
    return "{role: " + role + ", selectors: [" + selectors + "]}";
  };
  expect_good(with("pod", "{role: pod, label: a=b}, {role: node, label: c}"));
  expect_good(with("endpoints", "{role: endpoints}, {role: pod}, {role: service}"));
  expect_bad(with("pod", "{role: pod}, {role: pod}"), "another selector of this role");
  expect_bad(with("pod", "{role: service}"), "role pod takes only selectors of the roles pod, node");
  expect_bad(with("endpoints", "{role: endpointslice}"), "pod, service, endpoints");
  expect_bad(with("node", "{label: a}"), "role is missing");
  expect_bad(with("node", "{role: nodes}"), "unknown role");
  expect_bad(with("node", "{role: node, label: 'a=b=c'}"), "bad label selector");
  expect_bad(with("node", "{role: node, field: a}"), "bad field selector");
  expect_bad(with("node", "{role: node, labels: a}"), "labels");
}

TEST(KubernetesOptions, UnknownKeys) {
  expect_bad("{role: pod, roles: pod}", "roles");
  expect_bad("{role: pod, namespaces: {name: [a]}}", "name");
  expect_bad("{role: pod, attach_metadata: {nodes: true}}", "nodes");
}

Result<Connection> connect(const std::string& yaml) {
  Options options;
  EXPECT_EQ(complaints_about("role: pod\napi_server: https://k.example/p/\n" + yaml, options), "") << yaml;
  return make_connection(options, {});
}

TEST(KubernetesConnection, ByAddress) {
  const auto connection = connect("oauth2: {client_id: a, token_url: 'http://t'}\nenable_http2: false\n");
  ASSERT_TRUE(connection) << connection.error().message;
  EXPECT_EQ(connection->address(), "https://k.example/p");
  EXPECT_FALSE(connection->http.enable_http2);
  EXPECT_FALSE(connection->config);
  EXPECT_EQ(*connection, *connect("oauth2: {client_id: a, token_url: 'http://t'}\nenable_http2: false\n"));
  EXPECT_NE(*connection, *connect("enable_http2: false\n"));
}

TEST(KubernetesConnection, WhatIsOfNoUseIsRefused) {
  const auto refusal = [](const std::string& yaml) {
    const auto connection = connect(yaml);
    return connection ? std::string() : connection.error().message;
  };
  EXPECT_THAT(refusal("tls_config: {ca_file: /nowhere/ca}\n"), HasSubstr("/nowhere/ca"));
  EXPECT_THAT(refusal("tls_config: {min_version: TLS13, max_version: TLS12}\n"), HasSubstr("max_version"));
  Options options;
  options.api_server = "ftp://a";
  EXPECT_THAT(make_connection(options, {}).error().message, HasSubstr("cannot use api_server"));
}

TEST(KubernetesConnection, WithoutAPodThereIsNoOwnCluster) {
  Options options;
  EXPECT_THAT(make_connection(options, {}).error().message, HasSubstr("KUBERNETES_SERVICE_HOST"));
  kube::Surroundings nowhere;
  nowhere.service_account = "/nowhere";
  EXPECT_THAT(own_namespace(nowhere).error().message, HasSubstr("own namespace"));
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
