#include "discovery/config/http_client_options.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

struct Read {
  HttpClientOptions options;
  std::string complaints;
};

Read read(const std::string& yaml) {
  YamlProblems problems("f");
  const auto value = parse_yaml(yaml, problems);
  if (!value) return {{}, value.error().message};
  Read result;
  YamlMapping mapping(*value);
  read_http_client_options(mapping, ReadContext{.directory = "/etc/x"}, result.options);
  mapping.finish();
  if (const Result<void> checked = problems.result(); !checked) result.complaints = checked.error().message;
  return result;
}

HttpClientOptions good(const std::string& yaml) {
  Read result = read(yaml);
  EXPECT_EQ(result.complaints, "") << yaml;
  return std::move(result.options);
}

std::string bad(const std::string& yaml) {
  return read(yaml).complaints;
}

TEST(HttpClientOptions, HaveDefaults) {
  EXPECT_EQ(good(""), HttpClientOptions{});
  EXPECT_EQ(good("{tls_config: , basic_auth: ~, http_headers: }"), HttpClientOptions{});
  EXPECT_TRUE(good("").follow_redirects);
  EXPECT_TRUE(good("").enable_http2);
  EXPECT_FALSE(good("enable_http2: null").enable_http2);
}

TEST(HttpClientOptions, ReadBasicAuth) {
  const HttpClientOptions options = good("basic_auth: {username: u, password_file: p}");
  EXPECT_EQ(options.basic_auth->username, "u");
  EXPECT_EQ(options.basic_auth->password_file, "/etc/x/p");
  EXPECT_TRUE(good("basic_auth: {}").basic_auth.has_value());
  EXPECT_EQ(bad("basic_auth: {username: u, username_file: f}"),
            "f:1: basic_auth: at most one of basic_auth username, username_file & username_ref must be "
            "configured");
  EXPECT_EQ(bad("basic_auth: {password: u, password_file: f}"),
            "f:1: basic_auth: at most one of basic_auth password, password_file & password_ref must be "
            "configured");
  EXPECT_EQ(bad("basic_auth: {name: u}"), "f:1: basic_auth.name: unknown key");
}

TEST(HttpClientOptions, ReadAuthorization) {
  EXPECT_EQ(good("authorization: {credentials: c}").authorization->type, "Bearer");
  EXPECT_EQ(good("authorization: {type: ' Token ', credentials_file: /c}").authorization->type, "Token");
  EXPECT_EQ(good("authorization: {credentials: c}").authorization->credentials, Secret{"c"});
  EXPECT_EQ(
      bad("authorization: {type: bAsic}"),
      "f:1: authorization.type: authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
  EXPECT_EQ(bad("authorization: {credentials: c, credentials_file: f}"),
            "f:1: authorization: at most one of authorization credentials & credentials_file must be "
            "configured");
}

TEST(HttpClientOptions, TurnTheOldTokenKeysIntoAuthorization) {
  const HttpClientOptions token = good("bearer_token: t");
  EXPECT_EQ(token.authorization->type, "Bearer");
  EXPECT_EQ(token.authorization->credentials.text, "t");
  EXPECT_EQ(good("bearer_token_file: t").authorization->credentials_file, "/etc/x/t");
  EXPECT_FALSE(good("bearer_token: ''").authorization.has_value());
  EXPECT_EQ(bad("{bearer_token: t, bearer_token_file: t}"),
            "f:1: at most one of bearer_token & bearer_token_file must be configured");
  EXPECT_EQ(bad("{bearer_token: t, basic_auth: {}}"),
            "f:1: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
  EXPECT_EQ(bad("{bearer_token_file: t, authorization: {}}"),
            "f:1: authorization is not compatible with bearer_token & bearer_token_file");
}

TEST(HttpClientOptions, AllowOneWayOfAuthorisation) {
  const std::string refused = "f:1: at most one of basic_auth, oauth2 & authorization must be configured";
  EXPECT_EQ(bad("{basic_auth: {}, authorization: {}}"), refused);
  EXPECT_EQ(bad("{basic_auth: {}, oauth2: {client_id: c, token_url: u}}"), refused);
  EXPECT_EQ(bad("{authorization: {}, oauth2: {client_id: c, token_url: u}}"), refused);
}

TEST(HttpClientOptions, ReadTls) {
  const TlsOptions tls = good(R"(
tls_config:
  ca_file: ca.pem
  cert: C
  key_file: /k.pem
  server_name: s
  insecure_skip_verify: true
  min_version: TLS12
)")
                             .tls;
  EXPECT_EQ(tls.ca_file, "/etc/x/ca.pem");
  EXPECT_EQ(tls.cert, "C");
  EXPECT_EQ(tls.key_file, "/k.pem");
  EXPECT_TRUE(tls.insecure_skip_verify);
  EXPECT_EQ(tls.min_version, "TLS12");
  EXPECT_EQ(bad("tls_config: {cert_file: c}"),
            "f:1: tls_config: exactly one of key or key_file must be configured when a client certificate is "
            "configured");
  EXPECT_EQ(bad("tls_config: {key: c}"),
            "f:1: tls_config: exactly one of cert or cert_file must be configured when a client key is "
            "configured");
  EXPECT_EQ(bad("tls_config: {ca: c, ca_file: c}"),
            "f:1: tls_config: at most one of ca, ca_file & ca_ref must be configured");
  EXPECT_EQ(bad("tls_config: {cert: c, cert_file: c, key: k}"),
            "f:1: tls_config: at most one of cert, cert_file & cert_ref must be configured");
  EXPECT_EQ(bad("tls_config: {cert: c, key: k, key_file: k}"),
            "f:1: tls_config: at most one of key and key_file must be configured");
  EXPECT_EQ(bad("tls_config: {max_version: TLS14}"),
            "f:1: tls_config.max_version: unknown TLS version: TLS14");
}

TEST(HttpClientOptions, HaveNoSecretManager) {
  EXPECT_EQ(bad("tls_config: {ca_ref: c}"),
            "f:1: tls_config.ca_ref: there is no secret manager; name a file or give the value itself");
  EXPECT_EQ(bad("authorization: {credentials_ref: c}"),
            "f:1: authorization.credentials_ref: there is no secret manager; name a file or give the value "
            "itself");
  EXPECT_EQ(bad("tls_config: {ca_ref: ''}"), "");
}

TEST(HttpClientOptions, ReadProxies) {
  const ProxyOptions proxy =
      good("{proxy_url: 'http://p:1', no_proxy: a, proxy_connect_header: {X: [s, t]}}").proxy;
  EXPECT_EQ(proxy.proxy_url, "http://p:1");
  EXPECT_EQ(proxy.no_proxy, "a");
  EXPECT_EQ(proxy.proxy_connect_header.at("X"), (std::vector<Secret>{{"s"}, {"t"}}));
  EXPECT_TRUE(
      good("{proxy_from_environment: true, proxy_connect_header: {X: [s]}}").proxy.proxy_from_environment);
  EXPECT_EQ(bad("no_proxy: a"), "f:1: no_proxy: proxy_url must also be configured");
  EXPECT_EQ(bad("{proxy_url: , no_proxy: a}"), "f:1: no_proxy: proxy_url must also be configured");
  EXPECT_EQ(bad("{proxy_from_environment: true, proxy_url: 'http://p'}"),
            "f:1: proxy_url: must not be configured beside proxy_from_environment");
  EXPECT_EQ(bad("{proxy_from_environment: true, no_proxy: a}"),
            "f:1: no_proxy: must not be configured beside proxy_from_environment");
  EXPECT_EQ(bad("proxy_connect_header: {X: [s]}"),
            "f:1: proxy_connect_header: proxy_url or proxy_from_environment must also be configured");
  EXPECT_EQ(bad("proxy_url: 'http://[p'"), "f:1: proxy_url: not a valid URL: missing ']' in host");
}

TEST(HttpClientOptions, ReadHeaders) {
  const auto headers =
      good("http_headers: {X-A: {values: [v], secrets: [s], files: [f]}, X-B: }").http_headers;
  EXPECT_EQ(headers.at("X-A"), (HeaderOptions{{"v"}, {Secret{"s"}}, {"/etc/x/f"}}));
  EXPECT_EQ(headers.at("X-B"), HeaderOptions{});
  EXPECT_EQ(bad("http_headers: {hOst: {values: [v]}}"),
            "f:1: http_headers.hOst: setting this header is not allowed");
  EXPECT_EQ(bad("http_headers: {x-amz-date: , User-agent: , X-Prometheus-Scrape-Timeout-Seconds: }"),
            "f:1: http_headers.x-amz-date: setting this header is not allowed\n"
            "f:1: http_headers.User-agent: setting this header is not allowed\n"
            "f:1: http_headers.X-Prometheus-Scrape-Timeout-Seconds: setting this header is not allowed");
  EXPECT_EQ(bad("http_headers: {X-A: {value: v}}"), "f:1: http_headers.X-A.value: unknown key");
}

TEST(HttpClientOptions, ReadOAuth2) {
  const OAuth2Options oauth2 = *good(R"(
oauth2:
  client_id: i
  client_secret: s
  scopes: [a, b]
  token_url: http://t
  endpoint_params: {p: q}
  tls_config: {ca_file: ca}
  proxy_url: http://p
)")
                                    .oauth2;
  EXPECT_EQ(oauth2.client_secret.text, "s");
  EXPECT_EQ(oauth2.scopes, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(oauth2.endpoint_params.at("p"), "q");
  EXPECT_EQ(oauth2.tls.ca_file, "/etc/x/ca");
  EXPECT_EQ(oauth2.proxy.proxy_url, "http://p");
  EXPECT_EQ(bad("oauth2: {}"),
            "f:1: oauth2.client_id: oauth2 client_id must be configured\n"
            "f:1: oauth2.token_url: oauth2 token_url must be configured");
  EXPECT_EQ(
      bad("oauth2: {client_id: c, token_url: u, client_secret: a, client_secret_file: b}"),
      "f:1: oauth2: at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be "
      "configured");
  EXPECT_EQ(
      bad("oauth2: {client_id: c, token_url: u, grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', "
          "client_certificate_key_file: k, claims: {a: [b]}}"),
      "f:1: oauth2.grant_type: jwt-bearer is not yet supported");
}

TEST(HttpClientOptions, NeverShowSecrets) {
  const std::string complaints =
      bad("{basic_auth: {password: [hunter2]}, authorization: {credentials: {hunter2: x}}, "
          "oauth2: {client_secret: !!int hunter2}, proxy_url: 'http://u:hunter2@ h', "
          "http_headers: {X: {secrets: {a: hunter2}}}, bearer_token: !!binary 'hunter2='}");
  EXPECT_NE(complaints, "");
  EXPECT_EQ(complaints.find("hunter2"), std::string::npos) << complaints;
}

}  // namespace
}  // namespace kubevitals::discovery
