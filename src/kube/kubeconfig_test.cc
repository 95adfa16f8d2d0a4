#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace kubevitals::kube {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kConfig = R"(
apiVersion: v1
kind: Config
current-context: one
unknown-key: is left alone
preferences: {}
contexts:
- name: one
  context: {cluster: c1, user: u1, namespace: ignored}
- name: two
  context: {cluster: c2, user: u2}
- name: userless
  context: {cluster: c1}
clusters:
- name: c1
  cluster: {server: "https://one.example:6443/", certificate-authority: pki/ca.crt, tls-server-name: inner,
            proxy-url: "socks5://proxy:1080"}
- name: c2
  cluster: {server: "https://two.example/k8s/clusters/c-1/", insecure-skip-tls-verify: true,
            disable-compression: true, unknown: [1, 2]}
users:
- name: u1
  user: {token: s3cret, client-certificate-data: Y2VydA==, client-key-data: a2V5}
- name: u2
  user: {username: admin, password: s3cret}
)";

Result<ApiServerConfig> read(const std::string& text, const KubeconfigChoice& choice = {}) {
  return read_kubeconfig({{"/home/me/.kube/config", text}}, choice);
}

// The cause alone.
std::string error_of(const std::string& text, const KubeconfigChoice& choice = {}) {
  const auto config = read(text, choice);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kInvalid);
  const std::string what = "cannot load kubeconfig /home/me/.kube/config: ";
  EXPECT_THAT(config.error().message, StartsWith(what));
  EXPECT_THAT(config.error().message, Each(testing::Ge(' '))) << "one line";
  return config.error().message.substr(std::min(what.size(), config.error().message.size()));
}

// A kubeconfig with this as its only cluster and user; both begin on line 4.
std::string with(const std::string& cluster, const std::string& user) {
  return "current-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"
         "clusters:\n- {name: x, cluster: {" +
         cluster + "}}\nusers:\n- {name: x, user: {" + user + "}}\n";
}
std::string with_user(const std::string& user) {
  return with("server: 'https://x'", user);
}

TEST(Kubeconfig, TheCurrentContextDecides) {
  const auto config = read(kConfig);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://one.example:6443");
  EXPECT_EQ(config->transport.ca_file, "/home/me/.kube/pki/ca.crt");
  EXPECT_EQ(config->transport.tls_server_name, "inner");
  EXPECT_EQ(config->transport.certificate_data, "cert");
  EXPECT_EQ(config->transport.key_data, "key");
  EXPECT_EQ(config->credentials.token, "s3cret");
  EXPECT_TRUE(config->compression);
}

TEST(Kubeconfig, ASocksProxyLooksUpNamesItself) {
  EXPECT_EQ(read(kConfig)->transport.proxy_url, "socks5h://proxy:1080");
  const auto config = read(with("server: 'https://x', proxy-url: 'http://user:pw@proxy:3128'", ""));
  EXPECT_EQ(config->transport.proxy_url, "http://user:pw@proxy:3128");
}

TEST(Kubeconfig, AnotherContextCanBeChosen) {
  const auto config = read(kConfig, {.context = "two", .server = ""});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://two.example/k8s/clusters/c-1");
  EXPECT_TRUE(config->transport.insecure_skip_verify);
  EXPECT_EQ(config->credentials.username, "admin");
  EXPECT_EQ(config->credentials.password, "s3cret");
  EXPECT_FALSE(config->compression);
}

TEST(Kubeconfig, AContextWithoutUserIsAnonymous) {
  const auto config = read(kConfig, {.context = "userless", .server = ""});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->credentials.token, "");
  EXPECT_EQ(config->transport.certificate_data, "");
}

TEST(Kubeconfig, AnotherServerKeepsTheCredentialsButNotTheServersName) {
  const auto config = read(kConfig, {.context = "", .server = "https://localhost:7443"});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://localhost:7443");
  EXPECT_EQ(config->credentials.token, "s3cret");
  EXPECT_EQ(config->transport.ca_file, "/home/me/.kube/pki/ca.crt");
  EXPECT_EQ(config->transport.tls_server_name, "");
}

TEST(Kubeconfig, AnotherServerNeedsNoCluster) {
  EXPECT_EQ(read("apiVersion: v1", {.context = "", .server = "https://a"})->url, "https://a");
  EXPECT_EQ(read(with("insecure-skip-tls-verify: true", "token: t"), {.context = "", .server = "https://a"})
                ->credentials.token,
            "t");
  EXPECT_EQ(error_of(kConfig, {.context = "", .server = "ftp://a"}),
            "cannot use --apiserver \"ftp://a/\": expected http:// or https://");
  EXPECT_THAT(error_of(kConfig, {.context = "none", .server = "https://a"}), HasSubstr("does not exist"));
}

TEST(Kubeconfig, NothingSecretGoesOverPlainHttp) {
  for (const char* server : {"http://localhost:8001", "localhost:8001"}) {
    const auto config = read(kConfig, {.context = "", .server = server});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->url, "http://localhost:8001");
    EXPECT_EQ(config->credentials.token, "");
    EXPECT_EQ(config->transport.key_data, "");
    EXPECT_EQ(config->transport.proxy_url, "socks5h://proxy:1080");
  }
}

TEST(Kubeconfig, TokenAndTokenFile) {
  const auto config = read(with_user("token: a, tokenFile: secrets/token"));
  EXPECT_EQ(config->credentials.token, "a");
  EXPECT_EQ(config->credentials.token_file, "/home/me/.kube/secrets/token");
  EXPECT_EQ(read(with_user("tokenFile: /abs/token"))->credentials.token_file, "/abs/token");
}

TEST(Kubeconfig, Impersonation) {
  const auto config =
      read(with_user("as: jane, as-uid: '7', as-groups: [a, b], as-user-extra: {scope/x: [c]}"));
  ASSERT_TRUE(config) << config.error().message;
  const net::Headers& headers = config->headers;
  EXPECT_EQ(headers.find("Impersonate-User"), "jane");
  EXPECT_EQ(headers.find("Impersonate-Uid"), "7");
  EXPECT_EQ(headers.joined("Impersonate-Group"), "a, b");
  EXPECT_EQ(headers.find("Impersonate-Extra-scope%2Fx"), "c");
  EXPECT_THAT(error_of(with_user("as-groups: [a]")), HasSubstr("need an as"));
}

TEST(Kubeconfig, ExecPlugins) {
  const std::string exec =
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./get-token, args: [--cluster, x], "
      "env: [{name: A, value: b=c}, {name: EMPTY}], installHint: get it at example.org, provideClusterInfo: "
      "true, "
      "interactiveMode: IfAvailable}";
  const auto config =
      read(with("server: 'https://x', extensions: [{name: client.authentication.k8s.io/exec, "
                "extension: {audience: a, port: 0x10, list: [null, true, '1']}}]",
                exec));
  ASSERT_TRUE(config) << config.error().message;
  const ExecPlugin& plugin = *config->credentials.exec;
  EXPECT_EQ(plugin.api_version, "client.authentication.k8s.io/v1");
  EXPECT_EQ(plugin.command, "/home/me/.kube/get-token");
  EXPECT_EQ(plugin.arguments, (std::vector<std::string>{"--cluster", "x"}));
  EXPECT_EQ(plugin.environment,
            (std::vector<std::pair<std::string, std::string>>{{"A", "b=c"}, {"EMPTY", ""}}));
  EXPECT_EQ(plugin.install_hint, "get it at example.org");
  EXPECT_TRUE(plugin.provide_cluster_info);
  EXPECT_THAT(plugin.cluster_config, AllOf(HasSubstr("\"audience\""), HasSubstr("16"), HasSubstr("\"1\"")));
}

TEST(Kubeconfig, AnExecPluginInThePathKeepsItsName) {
  const auto config =
      read(with_user("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->credentials.exec->command, "aws");
  EXPECT_FALSE(config->credentials.exec->provide_cluster_info);
}

TEST(Kubeconfig, AnExecPluginIsForUsersWithNothingElse) {
  const std::string exec = "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}";
  for (const char* other :
       {"token: t", "tokenFile: f", "username: u", "client-certificate: a, client-key: b"}) {
    const auto config = read(with_user(exec + ", " + other));
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_FALSE(config->credentials.exec) << other;
  }
}

TEST(Kubeconfig, OfSeveralFilesTheFirstCounts) {
  const std::vector<KubeconfigFile> files{
      {"/a/config",
       "contexts: [{name: ctx, context: {cluster: near, user: shared}}]\n"
       "users: [{name: shared, user: {tokenFile: token}}]"},
      {"/b/config",
       "current-context: ctx\n"
       "contexts: [{name: ctx, context: {cluster: other}}]\n"
       "clusters: [{name: near, cluster: {server: 'https://b', certificate-authority: ca}}]\n"
       "users: [{name: shared, user: {token: unused}}]"},
      {"/c/config", "current-context: unused"}};
  const auto config = read_kubeconfig(files, {});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://b");
  EXPECT_EQ(config->transport.ca_file, "/b/ca");
  EXPECT_EQ(config->credentials.token_file, "/a/token");
  EXPECT_EQ(config->credentials.token, "") << "entries are not mixed";
}

TEST(Kubeconfig, AnErrorNamesTheFileItIsIn) {
  const std::vector<KubeconfigFile> files{
      {"/a/config", "current-context: x\ncontexts: [{name: x, context: {cluster: x}}]"},
      {"/b/config",
       "clusters:\n- name: x\n  cluster:\n    server: https://x\n    insecure-skip-tls-verify: perhaps"}};
  EXPECT_EQ(read_kubeconfig(files, {}).error().message,
            "cannot load kubeconfig /b/config: line 5: insecure-skip-tls-verify is neither true nor false");
  const std::vector<KubeconfigFile> broken{{"/a/config", "a: b"}, {"/b/config", "a: b\nc: [d\n"}};
  EXPECT_THAT(read_kubeconfig(broken, {}).error().message,
              StartsWith("cannot load kubeconfig /b/config: line 3: "));
}

TEST(Kubeconfig, JsonIsYaml) {
  const auto config = read(
      "{\n\t\"current-context\": \"x\",\n\t\"contexts\": [{\"name\": \"x\", \"context\": "
      "{\"cluster\": \"x\"}}],\n\t\"clusters\": [\n\t\t{\"name\": \"x\", \"cluster\": "
      "{\"server\": \"https:\\/\\/x\"}}\n\t]\n}\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->url, "https://x");
}

TEST(Kubeconfig, WhatIsChosenHasToExist) {
  EXPECT_EQ(error_of(kConfig, {.context = "three", .server = ""}),
            "context \"three\" does not exist (contexts: one, two, userless)");
  EXPECT_EQ(error_of("contexts: []"), "no context is chosen: there is no current-context (contexts: none)");
  const std::string context = "current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]\n";
  EXPECT_EQ(error_of(context), "cluster \"y\" does not exist (clusters: none)");
  EXPECT_EQ(error_of(context + "clusters: [{name: y, cluster: {server: 'https://x'}}]\nusers: [{name: a}]"),
            "user \"z\" does not exist (users: a)");
  EXPECT_EQ(error_of("current-context: x\ncontexts: [{name: x, context: {user: z}}]"),
            "line 2: the context names no cluster");
}

TEST(Kubeconfig, WhatIsNoKubeconfig) {
  EXPECT_EQ(error_of(""), "it is empty");
  EXPECT_EQ(error_of("# only a comment"), "it is empty");
  EXPECT_EQ(error_of("just text"), "not a kubeconfig: the document is not a mapping");
  EXPECT_THAT(error_of("a: 1\nb: [1"), StartsWith("line "));
  EXPECT_EQ(error_of("contexts: {}\ncurrent-context: x"), "line 1: contexts is not a list of mappings");
  EXPECT_EQ(error_of("current-context: [x]"), "line 1: current-context is not a text");
  EXPECT_EQ(error_of("current-context: x\ncontexts:\n- name: x\n- name: x"),
            "line 4: there is another context \"x\" in this file");
}

TEST(Kubeconfig, WhatIsWrongWithAClusterHasItsLine) {
  EXPECT_EQ(error_of(with("", "")), "line 4: cluster \"x\" has no server");
  EXPECT_EQ(error_of(with("server: 'ftp://x'", "")),
            "line 4: server \"ftp://x/\": expected http:// or https://");
  EXPECT_THAT(error_of(with("server: 'https://x', certificate-authority-data: '%%'", "")),
              HasSubstr("certificate-authority-data is not base64"));
  EXPECT_THAT(
      error_of(with("server: 'https://x', certificate-authority-data: Y2E=, certificate-authority: a", "")),
      HasSubstr("certificate-authority and certificate-authority-data are both given"));
  EXPECT_THAT(
      error_of(with("server: 'https://x', certificate-authority: a, insecure-skip-tls-verify: true", "")),
      HasSubstr("both a certificate authority and insecure-skip-tls-verify"));
  EXPECT_THAT(error_of(with("server: 'https://x', proxy-url: 'ftp://user:pw@proxy'", "")),
              AllOf(HasSubstr("proxy-url \"ftp://proxy"), Not(HasSubstr("pw"))));
}

TEST(Kubeconfig, WhatIsWrongWithAUserHasItsLine) {
  EXPECT_EQ(error_of(with_user("client-certificate: a")),
            "line 6: the user has a client certificate without a key");
  EXPECT_EQ(error_of(with_user("client-key-data: a2V5")),
            "line 6: the user has a client key without a certificate");
  EXPECT_THAT(error_of(with_user("client-key: a, client-key-data: a2V5")), HasSubstr("are both given"));
  EXPECT_EQ(error_of(with_user("token: {a: b}")), "line 6: token is not a text");
  EXPECT_EQ(error_of(with_user("token: \"a\\nb\"")), "line 6: token has control characters");
  EXPECT_EQ(error_of(with_user("token: a, username: b")),
            "line 6: the user has both a token and a username or password");
  EXPECT_THAT(error_of(with_user("auth-provider: {name: gcp}")), HasSubstr("use an exec plugin"));
}

TEST(Kubeconfig, WhatIsWrongWithAnExecPlugin) {
  const auto exec = [](const std::string& rest) { return error_of(with_user("exec: {" + rest + "}")); };
  const std::string v1 = "apiVersion: client.authentication.k8s.io/v1, ";
  EXPECT_THAT(exec("apiVersion: v7, command: x"), HasSubstr("apiVersion is \"v7\"; supported are"));
  EXPECT_THAT(exec("command: x"), HasSubstr("apiVersion is \"\""));
  EXPECT_THAT(exec(v1 + "interactiveMode: Never"), HasSubstr("no command"));
  EXPECT_THAT(exec(v1 + "command: x"), HasSubstr("no interactiveMode"));
  EXPECT_THAT(exec(v1 + "command: x, interactiveMode: Always"), HasSubstr("wants a terminal"));
  EXPECT_THAT(exec(v1 + "command: x, interactiveMode: never"),
              HasSubstr("none of Never, IfAvailable and Always"));
  EXPECT_THAT(exec(v1 + "command: x, interactiveMode: Never, args: x"),
              HasSubstr("args is not a list of texts"));
  EXPECT_THAT(exec(v1 + "command: x, interactiveMode: Never, env: [{value: x}]"),
              HasSubstr("no proper name"));
  EXPECT_EQ(error_of(with_user("exec: x")), "line 6: exec is not a mapping");
}

TEST(Kubeconfig, SecretsStayOutOfMessages) {
  for (const char* user :
       {"token: [s3cret]", "token: s3cret, username: s3cret", "client-key-data: s3cret,", "token: *s3cret",
        "password: 's3cret", "token: \"s3cret\\q\"", "password: {s3cret", "token: !<s3cret", "token: @s3cret",
        "token: \"s3cret\\n\"", "client-key-data: s3cret!, client-certificate: a",
        "token: s3cret: s3cret: s3cret"}) {
    const std::string message = error_of(with_user(user));
    EXPECT_NE(message, "") << user;
    EXPECT_THAT(message, Not(HasSubstr("s3cret"))) << user;
  }
  EXPECT_THAT(error_of(with("server: 'https://admin:s3cret@x'", "")),
              AllOf(Not(""), Not(HasSubstr("s3cret"))));
}

TEST(Kubeconfig, HostileTextsEndInAnError) {
  EXPECT_NE(error_of(std::string(100'000, '[')), "");
  EXPECT_NE(error_of(std::string(100'000, '{')), "");
  std::string indented;
  for (std::size_t i = 0; i < 3000; ++i) indented += std::string(i, ' ') + "a:\n";
  EXPECT_NE(error_of(indented), "");
  EXPECT_NE(error_of(std::string("a: \0b", 5)), "");
  EXPECT_NE(error_of("a: &a [*a]\ncurrent-context: *a"), "");
  EXPECT_NE(error_of("current-context: x\ncontexts: &c [{name: x, context: *c}]"), "");
}

TEST(Kubeconfig, AliasesDoNotMultiply) {
  std::string bomb =
      "current-context: x\nusers: [{name: x, user: {exec: {apiVersion: "
      "client.authentication.k8s.io/v1beta1, command: x}}}]\n"
      "contexts: [{name: x, context: {cluster: x, user: x}}]\nl0: &l0 [a, a, a, a, a, a, a, a]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string inner = "*l" + std::to_string(i - 1);
    bomb += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + inner + ", " + inner + ", " +
            inner + "]\n";
  }
  bomb +=
      "clusters: [{name: x, cluster: {server: 'https://x', extensions: [{name: "
      "client.authentication.k8s.io/exec, "
      "extension: *l29}]}}]\n";
  EXPECT_THAT(error_of(bomb), HasSubstr("cannot be handed on as JSON"));
}

}  // namespace
}  // namespace kubevitals::kube
