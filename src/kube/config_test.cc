#include "kube/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace kubevitals::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kConfig = R"(
apiVersion: v1
kind: Config
current-context: one
unknown-key: is left alone
contexts:
- name: one
  context: {cluster: c1, user: u1, namespace: ignored}
- name: two
  context: {cluster: c2, user: u2}
- name: nameless
  context: {cluster: c1}
clusters:
- name: c1
  cluster: {server: "https://one.example:6443/", certificate-authority: pki/ca.crt, tls-server-name: inner,
            proxy-url: "socks5://proxy:1080"}
- name: c2
  cluster: {server: "https://two.example", insecure-skip-tls-verify: true, disable-compression: true}
users:
- name: u1
  user: {token: s3cret, client-certificate-data: Y2VydA==, client-key-data: a2V5}
- name: u2
  user: {username: admin, password: s3cret}
)";

std::string error_of(const std::string& text, const std::string& context = "") {
  const auto config = parse_kubeconfig(text, "/home/me/.kube/config", context);
  return config ? "" : config.error().message;
}

TEST(Kubeconfig, TheCurrentContextDecides) {
  const auto config = parse_kubeconfig(kConfig, "/home/me/.kube/config", "");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://one.example:6443");
  EXPECT_EQ(config->transport.ca_file, "/home/me/.kube/pki/ca.crt");
  EXPECT_EQ(config->transport.tls_server_name, "inner");
  EXPECT_EQ(config->transport.proxy_url, "socks5://proxy:1080");
  EXPECT_EQ(config->transport.certificate_data, "cert");
  EXPECT_EQ(config->transport.key_data, "key");
  EXPECT_EQ(config->credentials.token, "s3cret");
  EXPECT_TRUE(config->compression);
}

TEST(Kubeconfig, AnotherContextCanBeChosen) {
  const auto config = parse_kubeconfig(kConfig, "config", "two");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://two.example");
  EXPECT_TRUE(config->transport.insecure_skip_verify);
  EXPECT_EQ(config->credentials.username, "admin");
  EXPECT_FALSE(config->compression);
}

TEST(Kubeconfig, AContextWithoutUserIsAnonymous) {
  const auto config = parse_kubeconfig(kConfig, "config", "nameless");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->credentials.token, "");
}

TEST(Kubeconfig, ExecPlugins) {
  const auto config = parse_kubeconfig(R"(
current-context: x
contexts: [{name: x, context: {cluster: x, user: x}}]
clusters: [{name: x, cluster: {server: "https://x"}}]
users:
- name: x
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./get-token
      args: [--cluster, x]
      env: [{name: A, value: b}]
      installHint: get it at example.org
      provideClusterInfo: true
)",
                                       "/home/me/config", "");
  ASSERT_TRUE(config) << config.error().message;
  const ExecPlugin& plugin = *config->credentials.exec;
  EXPECT_EQ(plugin.command, "/home/me/get-token");
  EXPECT_EQ(plugin.arguments, (std::vector<std::string>{"--cluster", "x"}));
  EXPECT_EQ(plugin.environment.front().first, "A");
  EXPECT_TRUE(plugin.provide_cluster_info);
}

TEST(Kubeconfig, WhatIsWrongIsOneClearLine) {
  EXPECT_EQ(
      error_of(kConfig, "three"),
      "cannot load kubeconfig /home/me/.kube/config: context \"three\" does not exist (contexts: one, two, "
      "nameless)");
  EXPECT_THAT(error_of("contexts: []"), HasSubstr("no current-context (contexts: none)"));
  EXPECT_THAT(error_of("a: [1"), HasSubstr("line "));
  EXPECT_THAT(error_of("just text"), HasSubstr("not a mapping"));
  EXPECT_THAT(error_of("current-context: x\ncontexts: [{name: x, context: {cluster: y}}]"),
              HasSubstr("cluster \"y\" does not exist"));
  EXPECT_THAT(
      error_of("current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\nclusters: [{name: y}]"),
      HasSubstr("has no server"));
  const std::string base =
      "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
      "clusters: [{name: x, cluster: {server: 'https://x'}}]\nusers: [{name: x, user: ";
  EXPECT_THAT(error_of(base + "{client-certificate: a}}]"), HasSubstr("certificate without a key"));
  EXPECT_THAT(error_of(base + "{client-key-data: '%%%'}}]"), HasSubstr("client-key-data is not base64"));
  EXPECT_THAT(error_of(base + "{token: {a: b}}}]"), HasSubstr("token is not a text"));
  EXPECT_THAT(error_of(base + "{exec: {apiVersion: v7, command: x}}}]"), HasSubstr("v7"));
  EXPECT_THAT(error_of(base + "{exec: {apiVersion: client.authentication.k8s.io/v1}}}]"),
              HasSubstr("no command"));
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("config-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(directory_);
    surroundings_.service_account = directory_.string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return (directory_ / name).string();
  }
  std::filesystem::path directory_;
  Surroundings surroundings_;
};

TEST_F(Files, InAPodTheServiceAccountIsUsed) {
  surroundings_.environment = {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  EXPECT_THAT(load_config({}, surroundings_).error().message, HasSubstr("/token"));
  write("token", "t");
  EXPECT_THAT(load_config({}, surroundings_).error().message, HasSubstr("/ca.crt"));
  write("ca.crt", "c");
  const auto config = load_config({}, surroundings_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://[fd00::1]:443");
  EXPECT_EQ(config->credentials.token_file, (directory_ / "token").string());
}

TEST_F(Files, FlagsComeFirst) {
  const std::string path = write("config", kConfig);
  surroundings_.environment = {{"KUBECONFIG", "/nonexistent:" + path}};
  EXPECT_EQ(load_config({}, surroundings_)->url, "https://one.example:6443");
  EXPECT_EQ(load_config({.apiserver = "", .kubeconfig = path, .context = "two"}, surroundings_)->url,
            "https://two.example");
  const auto replaced =
      load_config({.apiserver = "http://localhost:8001/", .kubeconfig = path, .context = ""}, surroundings_);
  EXPECT_EQ(replaced->url, "http://localhost:8001");
  EXPECT_EQ(replaced->credentials.token, "s3cret");
  const auto anonymous =
      load_config({.apiserver = "http://localhost:8001", .kubeconfig = "", .context = ""}, surroundings_);
  EXPECT_EQ(anonymous->credentials.token, "");
}

TEST_F(Files, NothingToConnectToIsSaid) {
  EXPECT_THAT(load_config({}, surroundings_).error().message, HasSubstr("--kubeconfig or --apiserver"));
  const auto missing =
      load_config({.apiserver = "", .kubeconfig = "/nonexistent/config", .context = ""}, surroundings_);
  EXPECT_THAT(missing.error().message, HasSubstr("/nonexistent/config"));
  const auto context =
      load_config({.apiserver = "http://x", .kubeconfig = "", .context = "a"}, surroundings_);
  EXPECT_THAT(context.error().message, HasSubstr("--context a"));
  const auto scheme = load_config({.apiserver = "ftp://x", .kubeconfig = "", .context = ""}, surroundings_);
  EXPECT_THAT(scheme.error().message, HasSubstr("expected http:// or https://"));
}

TEST_F(Files, SecretsStayOutOfMessages) {
  const std::string text =
      "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
      "clusters: [{name: x, cluster: {server: 'https://x'}}]\n"
      "users: [{name: x, user: {token: s3cret, client-key-data: s3cret, client-certificate: a}}]";
  EXPECT_THAT(error_of(text), Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace kubevitals::kube
