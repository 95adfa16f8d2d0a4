#include "net/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <map>

#include "net/self_signed.h"

namespace kubevitals::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

const KeyPair& own() {
  static const KeyPair kPair = make_self_signed_certificate().value();
  return kPair;
}

const KeyPair& other() {
  static const KeyPair kPair = make_self_signed_certificate().value();
  return kPair;
}

// A disk with a few files in /etc/web.
Result<std::string> read_file(const std::string& path) {
  static const std::map<std::string, std::string> kFiles = {
      {"/etc/web/cert", own().certificate},
      {"/etc/web/key", own().key},
      {"/etc/web/other.key", other().key},
      {"/etc/web/both", own().key + own().certificate},
      {"/etc/web/sub/ca", "comment\n" + own().certificate + other().certificate},
      {"/etc/web/torn", own().certificate + own().certificate.substr(0, 200)},
      {"/etc/web/empty", ""},
      {"/elsewhere/cert", own().certificate},
  };
  const auto found = kFiles.find(path);
  if (found == kFiles.end()) return Error{ErrorCode::kInvalid, "cannot read " + path + ": no such file"};
  return found->second;
}

Result<WebConfig> parse(const std::string& text) {
  return parse_web_config(text, "/etc/web/web.yml", &read_file);
}

// What is wrong with it; empty: nothing.
std::string problems_of(const std::string& text) {
  const Result<WebConfig> config = parse(text);
  return config ? "" : config.error().message;
}

// The same for lines under tls_server_config, after a certificate and a key.
std::string tls_problems_of(const std::string& lines) {
  return problems_of("tls_server_config:\n  cert_file: cert\n  key_file: key\n" + lines);
}

ServerTlsOptions tls_of(const std::string& lines) {
  const auto config = parse("tls_server_config:\n  cert_file: cert\n  key_file: key\n" + lines);
  EXPECT_TRUE(config) << config.error().message;
  return config && config->tls ? *config->tls : ServerTlsOptions();
}

std::string indented(const std::string& text) {
  std::string out = "|\n    ";
  for (const char c : text) out.append(c == '\n' ? "\n    " : std::string(1, c));
  return out + "\n";
}

TEST(WebConfig, MayBeEmpty) {
  for (const std::string text :
       {"", "# nothing\n", "{}", "tls_server_config:\nbasic_auth_users:\nrate_limit:\n",
        "tls_server_config: {min_version: TLS13}"}) {
    const auto config = parse(text);
    ASSERT_TRUE(config) << text << config.error().message;
    EXPECT_FALSE(config->tls);
    EXPECT_TRUE(config->users.empty() && config->headers.empty() && config->http2);
    EXPECT_EQ(config->rate_limit, RateLimit());
  }
}

TEST(WebConfig, EverythingElseIsRefused) {
  EXPECT_EQ(problems_of("junk"), "/etc/web/web.yml:1: expected a mapping");
  EXPECT_EQ(problems_of("tls_server_config:\n  cert_filse: x\nmore: 1\n"),
            "/etc/web/web.yml:2: tls_server_config.cert_filse: unknown key\n"
            "/etc/web/web.yml:3: more: unknown key");
  EXPECT_THAT(problems_of("a: [\n"), HasSubstr("/etc/web/web.yml:2: no YAML: "));
  EXPECT_EQ(problems_of("http_server_config:\n  http2: maybe\n"),
            "/etc/web/web.yml:2: http_server_config.http2: expected true or false");
}

TEST(WebConfig, CertificatesComeFromFilesOrStandThere) {
  const ServerTlsOptions files = tls_of("");
  EXPECT_EQ(files.certificate, own().certificate);
  EXPECT_EQ(files.key, own().key);
  EXPECT_EQ(files.client_auth, ClientAuth::kNone);
  EXPECT_EQ(files.min_version, TLS1_2_VERSION);
  EXPECT_EQ(files.max_version, TLS1_3_VERSION);
  EXPECT_EQ(
      problems_of("tls_server_config: {cert_file: /elsewhere/cert, key_file: ./sub/../key}"),
      "/etc/web/web.yml:1: tls_server_config.key_file: cannot read /etc/web/./sub/../key: no such file");
  EXPECT_EQ(problems_of("tls_server_config: {cert_file: both, key_file: both}"), "");
  EXPECT_EQ(problems_of("tls_server_config:\n  cert: " + indented(own().certificate) +
                        "  key: " + indented(own().key)),
            "");
}

TEST(WebConfig, CertificatesAreChecked) {
  const auto with = [](const std::string& fields) { return problems_of("tls_server_config:\n" + fields); };
  const std::string where = "/etc/web/web.yml:2: tls_server_config.";
  EXPECT_EQ(with("  cert_file: none\n  key_file: key\n"),
            where + "cert_file: cannot read /etc/web/none: no such file");
  EXPECT_EQ(with("  cert_file: empty\n  key_file: key\n"),
            where + "cert_file: there is no certificate in PEM format in it");
  EXPECT_THAT(with("  cert_file: torn\n  key_file: key\n"),
              HasSubstr(where + "cert_file: bad certificate: "));
  EXPECT_EQ(with("  key_file: other.key\n  cert_file: cert\n"),
            where + "key_file: the private key does not belong to the certificate");
  EXPECT_EQ(with("  key_file: cert\n  cert_file: cert\n"),
            where + "key_file: there is no private key in PEM format in it");
  EXPECT_EQ(with("  cert_file: cert\n"),
            "/etc/web/web.yml:2: tls_server_config: one of key_file and key is needed");
  EXPECT_EQ(with("  cert_file: ''\n  key_file: key\n"),
            "/etc/web/web.yml:2: tls_server_config: one of cert_file and cert is needed");
  EXPECT_EQ(with("  client_auth_type: RequireAnyClientCert\n"),
            "/etc/web/web.yml:2: tls_server_config: one of cert_file and cert is needed\n"
            "/etc/web/web.yml:2: tls_server_config: one of key_file and key is needed");
  EXPECT_EQ(with("  cert: x\n  cert_file: cert\n  key_file: key\n"),
            where + "cert: there is cert_file as well; one of the two");
}

TEST(WebConfig, KeysThatAreEncryptedAreRefusedAndNotAskedFor) {
  const std::string key =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi3nYvj9yJxAgICCAAw\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  const std::string problems = problems_of("tls_server_config:\n  cert_file: cert\n  key: " + indented(key));
  EXPECT_THAT(problems, HasSubstr("/etc/web/web.yml:3: tls_server_config.key: "));
  EXPECT_THAT(problems, Not(HasSubstr("MIHs")));
}

TEST(WebConfig, ClientAuthTypes) {
  const auto type_of = [](const std::string& name) {
    return tls_of("  client_auth_type: " + name).client_auth;
  };
  EXPECT_EQ(type_of("NoClientCert"), ClientAuth::kNone);
  EXPECT_EQ(type_of("''"), ClientAuth::kNone);
  EXPECT_EQ(type_of("RequestClientCert"), ClientAuth::kRequest);
  EXPECT_EQ(type_of("RequireAnyClientCert"), ClientAuth::kRequireAny);
  EXPECT_EQ(type_of("RequireClientCert"), ClientAuth::kRequireAny);
  EXPECT_EQ(type_of("VerifyClientCertIfGiven"), ClientAuth::kVerifyIfGiven);
  EXPECT_EQ(type_of("RequireAndVerifyClientCert"), ClientAuth::kRequireAndVerify);
  EXPECT_EQ(tls_problems_of("  client_auth_type: x\n  client_ca_file: sub/ca\n"),
            "/etc/web/web.yml:4: tls_server_config.client_auth_type: expected one of NoClientCert, "
            "RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert, "
            "RequireClientCert");
}

TEST(WebConfig, WhatWouldNotProtectIsRefused) {
  const std::string why = "has no effect without a client_auth_type that asks for certificates";
  EXPECT_EQ(tls_problems_of("  client_ca_file: sub/ca\n"),
            "/etc/web/web.yml:4: tls_server_config.client_ca_file: " + why);
  EXPECT_EQ(tls_problems_of("  client_allowed_sans: [a]\n"),
            "/etc/web/web.yml:4: tls_server_config.client_allowed_sans: " + why);
  EXPECT_EQ(
      tls_problems_of("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: empty\n"),
      "/etc/web/web.yml:5: tls_server_config.client_ca_file: there is no certificate in PEM format in it");
  EXPECT_THAT(problems_of("tls_server_config: {client_allowed_sans: [a]}"),
              HasSubstr("cert_file and cert is needed"));
}

TEST(WebConfig, SansAreAListOrAbsent) {
  const std::string type = "  client_auth_type: RequireAndVerifyClientCert\n";
  EXPECT_FALSE(tls_of(type).allowed_sans);
  EXPECT_FALSE(tls_of(type + "  client_allowed_sans:\n").allowed_sans);
  EXPECT_THAT(*tls_of(type + "  client_allowed_sans: []\n").allowed_sans, ElementsAre());
  EXPECT_THAT(*tls_of(type + "  client_allowed_sans: [a, 10.0.0.1]\n").allowed_sans,
              ElementsAre("a", "10.0.0.1"));
}

TEST(WebConfig, Versions) {
  EXPECT_EQ(tls_of("  min_version: TLS10\n").min_version, TLS1_VERSION);
  EXPECT_EQ(tls_of("  min_version: TLS13\n").min_version, TLS1_3_VERSION);
  EXPECT_EQ(tls_of("  max_version: TLS12\n").max_version, TLS1_2_VERSION);
  EXPECT_EQ(tls_problems_of("  min_version: TLS111\n"),
            "/etc/web/web.yml:4: tls_server_config.min_version: expected one of TLS10, TLS11, TLS12, TLS13");
  EXPECT_EQ(tls_problems_of("  min_version: TLS13\n  max_version: TLS12\n"),
            "/etc/web/web.yml:4: tls_server_config.min_version: min_version is above max_version");
  EXPECT_EQ(tls_problems_of("  max_version: TLS11\n"),
            "/etc/web/web.yml:4: tls_server_config.max_version: min_version is above max_version");
}

TEST(WebConfig, CipherSuitesAreOrderedAsGoDoes) {
  EXPECT_THAT(tls_of("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, "
                     "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  prefer_server_cipher_suites: false\n")
                  .ciphers,
              ElementsAre("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"));
  EXPECT_EQ(tls_of("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n").min_version, TLS1_3_VERSION);
  EXPECT_EQ(tls_problems_of("  cipher_suites:\n  - TLS_AES_128_GCM_SHA256\n  - TLS_RSA_WITH_RC4_128_SHA\n"),
            "/etc/web/web.yml:6: tls_server_config.cipher_suites[1]: unknown cipher suite "
            "\"TLS_RSA_WITH_RC4_128_SHA\"");
  EXPECT_EQ(tls_problems_of("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n  max_version: TLS12\n"),
            "/etc/web/web.yml:4: tls_server_config.cipher_suites: none of them is for TLS 1.2, which is "
            "max_version");
}

TEST(WebConfig, Curves) {
  EXPECT_THAT(tls_of("  curve_preferences: [X25519, CurveP256, CurveP384, CurveP521, X25519]\n").groups,
              ElementsAre("X25519", "P-256", "P-384", "P-521", "X25519"));
  EXPECT_EQ(tls_problems_of("  curve_preferences: [CurveP257]\n"),
            "/etc/web/web.yml:4: tls_server_config.curve_preferences[0]: unknown curve \"CurveP257\": "
            "expected one of "
            "CurveP256, CurveP384, CurveP521, X25519");
}

TEST(WebConfig, HeadersThatMayBeAdded) {
  const auto config = parse(
      "http_server_config:\n  http2: false\n  headers:\n    X-Frame-Options: deny\n"
      "    Strict-Transport-Security: max-age=31536000; includeSubDomains\n    X-Content-Type-Options: "
      "nosniff\n"
      "    X-XSS-Protection: 1\n    Content-Security-Policy: ''\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_FALSE(config->http2);
  EXPECT_EQ(config->headers.find("X-Frame-Options"), "deny");
  EXPECT_EQ(config->headers.find("X-XSS-Protection"), "1");
  EXPECT_EQ(config->headers.find("Strict-Transport-Security"), "max-age=31536000; includeSubDomains");
  EXPECT_FALSE(config->headers.find("Content-Security-Policy")) << "blank is unset";
  const auto refused = [](const std::string& field) {
    return problems_of("http_server_config:\n  headers:\n    " + field + "\n");
  };
  const std::string where = "/etc/web/web.yml:3: http_server_config.headers.";
  EXPECT_EQ(refused("X-Frame-Options: foo"), where + "X-Frame-Options: expected deny or sameorigin");
  EXPECT_EQ(refused("X-Content-Type-Options: sniff"), where + "X-Content-Type-Options: expected nosniff");
  EXPECT_EQ(refused("Content-Type: foo"), where + "Content-Type: unknown key");
  EXPECT_EQ(refused("x-frame-options: deny"), where + "x-frame-options: unknown key");
  EXPECT_EQ(refused("X-XSS-Protection: \"1\\nX-Forged: a\""),
            where + "X-XSS-Protection: a header cannot have line breaks");
}

TEST(WebConfig, UsersHaveBcryptHashes) {
  const auto config =
      parse(std::string("basic_auth_users:\n  alice: ") + kHash + "\n  bob: '" + kHash + "'\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->users, (Users{{"alice", kHash}, {"bob", kHash}}));
  EXPECT_EQ(problems_of("basic_auth_users:\n  john: doe\n  jane: ''\n  a:b: " + std::string(kHash) + "\n"),
            "/etc/web/web.yml:2: basic_auth_users.john: expected a bcrypt hash, which begins with $2a$, $2b$ "
            "or $2y$\n"
            "/etc/web/web.yml:3: basic_auth_users.jane: expected a bcrypt hash, which begins with $2a$, $2b$ "
            "or $2y$\n"
            "/etc/web/web.yml:4: basic_auth_users.a:b: a user's name cannot have a colon in it");
  EXPECT_THAT(problems_of("basic_auth_users:\n  john: [hunter2]\n"), Not(HasSubstr("hunter2")));
  EXPECT_EQ(problems_of("basic_auth_users: x"), "/etc/web/web.yml:1: basic_auth_users: expected a mapping");
}

TEST(WebConfig, RateLimits) {
  const auto limit_of = [](const std::string& fields) {
    const auto config = parse("rate_limit: {" + fields + "}");
    EXPECT_TRUE(config) << config.error().message;
    return config ? config->rate_limit : RateLimit();
  };
  EXPECT_EQ(limit_of("interval: 1s, burst: 20"), (RateLimit{std::chrono::seconds(1), 20}));
  EXPECT_EQ(limit_of("interval: '100us', burst: 1"), (RateLimit{std::chrono::microseconds(100), 1}));
  EXPECT_EQ(limit_of("interval: 5, burst: 1"), (RateLimit{std::chrono::nanoseconds(5), 1}));
  EXPECT_EQ(limit_of("interval: 0, burst: 0"), RateLimit());
  EXPECT_EQ(
      problems_of("rate_limit: {interval: 1s}"),
      "/etc/web/web.yml:1: rate_limit.burst: must be at least 1 with an interval, or every request would be "
      "refused");
  EXPECT_EQ(problems_of("rate_limit: {interval: -1s, burst: 1}"),
            "/etc/web/web.yml:1: rate_limit.interval: cannot be negative");
  EXPECT_THAT(problems_of("rate_limit: {interval: '1', burst: 1}"), HasSubstr("cannot read duration"));
}

TEST(WebConfig, AllProblemsAreTold) {
  EXPECT_EQ(problems_of("tls_server_config:\n  cert_file: none\n  min_version: x\n"
                        "http_server_config:\n  headers:\n    A: b\nrate_limit: []\n"),
            "/etc/web/web.yml:2: tls_server_config.cert_file: cannot read /etc/web/none: no such file\n"
            "/etc/web/web.yml:3: tls_server_config.min_version: expected one of TLS10, TLS11, TLS12, TLS13\n"
            "/etc/web/web.yml:2: tls_server_config: one of key_file and key is needed\n"
            "/etc/web/web.yml:6: http_server_config.headers.A: unknown key\n"
            "/etc/web/web.yml:7: rate_limit: expected a mapping, not a list");
}

TEST(WebConfig, TheFileMustBeThere) {
  const auto config = load_web_config("/nonexistent/web.yml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, "cannot read /nonexistent/web.yml: No such file or directory");
}

}  // namespace
}  // namespace kubevitals::net
