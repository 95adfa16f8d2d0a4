#include "discovery/config/redacted_yaml.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

std::string shown(const std::string& text) {
  YamlProblems problems("f");
  const auto value = parse_yaml(text, problems);
  if (!value) return value.error().message;
  RedactedYaml yaml;
  yaml.add(*value);
  return yaml.text();
}

TEST(RedactedYaml, KeepsTheStructure) {
  const std::string text = R"(global:
  scrape_interval: 15s
  external_labels:
    a: b
alerting:
  alertmanagers:
  - scheme: http
    static_configs:
    - targets:
      - a:9093
      labels: {}
  - - nested
    - - x: y
      - null
scrape_configs: []
)";
  EXPECT_EQ(shown(text), text);
}

TEST(RedactedYaml, KeepsTypes) {
  EXPECT_EQ(shown("a: 8080\nb: '8080'\nc: yes\nd: \"yes\"\ne: ~\nf: ''\ng: -.inf\nh: 'a b'\ni: 0x1F\nj: -1"),
            "a: 8080\nb: \"8080\"\nc: yes\nd: \"yes\"\ne: null\nf: \"\"\ng: -.inf\nh: a b\ni: 0x1F\nj: -1\n");
  EXPECT_EQ(shown("a: !!binary aGk=\nb: !!str 5\nc: !!float 5"), "a: !!binary \"aGk=\"\nb: \"5\"\nc: 5\n");
  EXPECT_EQ(shown("a: (.*)\nb: ${1}:x\nc: 'x: y'\nd: '#x'\ne: '- x'\nf: 'x:'"),
            "a: (.*)\nb: ${1}:x\nc: \"x: y\"\nd: \"#x\"\ne: \"- x\"\nf: \"x:\"\n");
}

TEST(RedactedYaml, EscapesWhatYamlWouldNotRead) {
  EXPECT_EQ(shown(R"(a: "\x01\x7f\x85\u2028\n\"\\ü")"), "a: \"\\u0001\\u007f\\u0085\\u2028\\n\\\"\\\\ü\"\n");
}

TEST(RedactedYaml, ResolvesAliasesAndMerges) {
  EXPECT_EQ(shown("a: &a {x: 1}\nb: {<<: *a, z: *a}"), "a:\n  x: 1\nb:\n  z:\n    x: 1\n  x: 1\n");
}

// Nothing of this may be seen.
TEST(RedactedYaml, ShowsNoSecrets) {
  const std::string text = R"(
scrape_configs:
- job_name: j
  basic_auth: {username: u, password: hunter2}
  authorization: {credentials: "hunter2"}
  bearer_token: !!binary aHVudGVyMg==
  oauth2:
    client_secret: hunter2
    client_certificate_key: hunter2
    token_url: http://u:hunter2@h/
    tls_config: {key: "hunter2\nhunter2", cert: C}
  tls_config: {key: hunter2}
  proxy_url: http://u:hunter2@h
  proxy_connect_header: {X: [hunter2, {a: hunter2}]}
  http_headers: {X-A: {values: [v], secrets: [hunter2], files: [f]}}
  params: {token: [hunter2]}
  consul_sd_configs: [{server: s, token: hunter2, password: hunter2}]
  ec2_sd_configs: [{access_key: a, secret_key: hunter2}]
  azure_sd_configs: [{client_secret: hunter2}]
  marathon_sd_configs: [{auth_token: hunter2}]
  openstack_sd_configs: [{application_credential_secret: hunter2, password: hunter2}]
  ovhcloud_sd_configs: [{application_secret: hunter2, consumer_key: hunter2}]
  stackit_sd_configs: [{private_key: hunter2, service_account_key: hunter2}]
  http_sd_configs: [{url: !!str "http://u:hunter2@h"}, {url: "http://u:hunter2@h/%zz"}]
remote_write:
- url: https://u:hunter2@h
  headers: {Authorization2: hunter2}
  sigv4: {secret_key: hunter2}
  azuread: {oauth: {client_secret: hunter2}}
)";
  const std::string result = shown(text);
  EXPECT_EQ(result.find("hunter2"), std::string::npos) << result;
  EXPECT_EQ(result.find("aHVudGVyMg"), std::string::npos) << result;
  for (const char* const kept :
       {"username: u\n", "token_url: http://u:xxxxx@h/\n", "cert: C\n", "- v\n", "- f\n", "server: s\n",
        "access_key: a\n", "url: https://u:xxxxx@h\n", "password: <secret>\n"}) {
    EXPECT_NE(result.find(kept), std::string::npos) << kept << result;
  }
}

TEST(RedactedYaml, TakesNoLabelForASecret) {
  EXPECT_EQ(shown("labels: {token: t}\npassword_file: f\npassword: ''"),
            "labels:\n  token: t\npassword_file: f\npassword: \"\"\n");
}

}  // namespace
}  // namespace kubevitals::discovery
