#include "discovery/config/http_client_options.h"

#include <algorithm>
#include <initializer_list>

#include "base/go_text.h"
#include "discovery/config/url.h"

namespace kubevitals::discovery {
namespace {

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// In lower case. They change the connection, or the client sets them itself.
constexpr std::string_view kReservedHeaders[] = {
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "user-agent",
    "www-authenticate",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-prometheus-remote-read-version",
    "x-prometheus-remote-write-version",
    "x-prometheus-scrape-timeout-seconds",
};

bool at_most_one(std::initializer_list<bool> set) {
  return std::count(set.begin(), set.end(), true) <= 1;
}

void read_path(YamlMapping& mapping, const ReadContext& context, std::string_view key, std::string& out) {
  if (mapping.read(key, out)) out = context.path(out);
}

// The name of a secret in a secret manager: the incumbent knows the keys, too, and has no such manager. True
// when there is one.
bool refuse_reference(YamlMapping& mapping, std::string_view key) {
  std::string name;
  if (!mapping.read(key, name) || name.empty()) return false;
  mapping.complain(key, "there is no secret manager; name a file or give the value itself");
  return true;
}

void read_secrets(const YamlValue& list, std::vector<Secret>& out) {
  for (const YamlValue& item : list.items()) {
    Secret secret;
    if (item.read(secret.text)) out.push_back(std::move(secret));
  }
}

void read_basic_auth(YamlMapping mapping, const ReadContext& context, BasicAuthOptions& out) {
  mapping.read("username", out.username);
  read_path(mapping, context, "username_file", out.username_file);
  const bool user_reference = refuse_reference(mapping, "username_ref");
  read_secret(mapping, "password", out.password);
  read_path(mapping, context, "password_file", out.password_file);
  const bool password_reference = refuse_reference(mapping, "password_ref");
  mapping.finish();
  if (!at_most_one({!out.username.empty(), !out.username_file.empty(), user_reference})) {
    mapping.complain("at most one of basic_auth username, username_file & username_ref must be configured");
  }
  if (!at_most_one({!out.password.empty(), !out.password_file.empty(), password_reference})) {
    mapping.complain("at most one of basic_auth password, password_file & password_ref must be configured");
  }
}

void read_authorization(YamlMapping mapping, const ReadContext& context, AuthorizationOptions& out) {
  std::string type;
  mapping.read("type", type);
  read_secret(mapping, "credentials", out.credentials);
  read_path(mapping, context, "credentials_file", out.credentials_file);
  const bool reference = refuse_reference(mapping, "credentials_ref");
  mapping.finish();
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t begin = std::min(type.find_first_not_of(kSpace), type.size());
  type = type.substr(begin, type.find_last_not_of(kSpace) + 1 - begin);
  if (!type.empty()) out.type = type;
  if (to_lower(type) == "basic") {
    mapping.complain("type", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
  }
  if (!at_most_one({!out.credentials.empty(), !out.credentials_file.empty(), reference})) {
    mapping.complain("at most one of authorization credentials & credentials_file must be configured");
  }
}

void read_proxy(YamlMapping& mapping, ProxyOptions& out) {
  const bool has_url = read_url(mapping, "proxy_url", out.proxy_url) && !mapping.get("proxy_url").is_null();
  mapping.read("no_proxy", out.no_proxy);
  mapping.read("proxy_from_environment", out.proxy_from_environment);
  for (const auto& [name, values] : mapping.get("proxy_connect_header").members()) {
    read_secrets(values, out.proxy_connect_header[name]);
  }
  if (!out.proxy_connect_header.empty() && !out.proxy_from_environment && out.proxy_url.empty()) {
    mapping.complain("proxy_connect_header", "proxy_url or proxy_from_environment must also be configured");
  }
  if (out.proxy_from_environment && !out.proxy_url.empty()) {
    mapping.complain("proxy_url", "must not be configured beside proxy_from_environment");
  }
  if (out.no_proxy.empty()) return;
  if (out.proxy_from_environment) {
    mapping.complain("no_proxy", "must not be configured beside proxy_from_environment");
  } else if (!has_url) {
    mapping.complain("no_proxy", "proxy_url must also be configured");
  }
}

// The keys of a signed token instead of a client's secret. Their values do not matter: what they are for is
// refused.
void pass_over_jwt_keys(YamlMapping& mapping) {
  for (const std::string_view key :
       {"client_certificate_key_id", "client_certificate_key", "client_certificate_key_file",
        "client_certificate_key_ref", "signature_algorithm", "iss", "audience"}) {
    std::string ignored;
    mapping.read(key, ignored);
  }
  static_cast<void>(mapping.get("claims").members());
}

void read_oauth2(YamlMapping mapping, const ReadContext& context, OAuth2Options& out) {
  mapping.read("client_id", out.client_id);
  read_secret(mapping, "client_secret", out.client_secret);
  read_path(mapping, context, "client_secret_file", out.client_secret_file);
  const bool reference = refuse_reference(mapping, "client_secret_ref");
  mapping.read("scopes", out.scopes);
  mapping.read("token_url", out.token_url);
  mapping.read("endpoint_params", out.endpoint_params);
  read_tls_options(mapping.get("tls_config"), context, out.tls);
  read_proxy(mapping, out.proxy);
  std::string grant_type;
  mapping.read("grant_type", grant_type);
  pass_over_jwt_keys(mapping);
  mapping.finish();

  if (out.client_id.empty()) mapping.complain("client_id", "oauth2 client_id must be configured");
  if (out.token_url.empty()) {
    mapping.complain("token_url", "oauth2 token_url must be configured");
  } else if (const auto parts = parse_url(out.token_url); !parts) {
    mapping.complain("token_url", parts.error().message);
  }
  if (grant_type == kJwtBearer) {
    mapping.complain("grant_type", "jwt-bearer is not yet supported");
  } else if (!grant_type.empty() && grant_type != out.grant_type) {
    mapping.complain("grant_type", "unknown grant type, must be \"client_credentials\"");
  } else if (!at_most_one({!out.client_secret.empty(), !out.client_secret_file.empty(), reference})) {
    mapping.complain(
        "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured");
  }
}

void read_headers(const YamlValue& value, const ReadContext& context,
                  std::map<std::string, HeaderOptions>& out) {
  for (const auto& [name, member] : value.members()) {
    if (std::binary_search(std::begin(kReservedHeaders), std::end(kReservedHeaders), to_lower(name))) {
      member.complain("setting this header is not allowed");
    }
    HeaderOptions& header = out[name];
    YamlMapping mapping(member);
    mapping.read("values", header.values);
    read_secrets(mapping.get("secrets"), header.secrets);
    mapping.read("files", header.files);
    for (std::string& file : header.files) file = context.path(file);
    mapping.finish();
  }
}

// The old keys for what `authorization` does.
void read_bearer_token(YamlMapping& mapping, const ReadContext& context, HttpClientOptions& out) {
  AuthorizationOptions bearer;
  read_secret(mapping, "bearer_token", bearer.credentials);
  read_path(mapping, context, "bearer_token_file", bearer.credentials_file);
  if (bearer.credentials.empty() && bearer.credentials_file.empty()) return;
  if (!bearer.credentials.empty() && !bearer.credentials_file.empty()) {
    mapping.complain("at most one of bearer_token & bearer_token_file must be configured");
  }
  if (out.basic_auth || out.oauth2) {
    mapping.complain(
        "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
  }
  if (out.authorization) {
    mapping.complain("authorization is not compatible with bearer_token & bearer_token_file");
  } else {
    out.authorization = std::move(bearer);
  }
}

}  // namespace

bool read_secret(YamlMapping& mapping, std::string_view key, Secret& out) {
  return mapping.read(key, out.text);
}

bool read_url(YamlMapping& mapping, std::string_view key, std::string& out) {
  if (!mapping.read(key, out)) return false;
  if (const auto parts = parse_url(out); !parts) mapping.complain(key, parts.error().message);
  return true;
}

void read_tls_options(const YamlValue& value, const ReadContext& context, TlsOptions& out) {
  YamlMapping mapping(value);
  mapping.read("ca", out.ca);
  read_path(mapping, context, "ca_file", out.ca_file);
  const bool ca_reference = refuse_reference(mapping, "ca_ref");
  mapping.read("cert", out.cert);
  read_path(mapping, context, "cert_file", out.cert_file);
  const bool cert_reference = refuse_reference(mapping, "cert_ref");
  read_secret(mapping, "key", out.key);
  read_path(mapping, context, "key_file", out.key_file);
  const bool key_reference = refuse_reference(mapping, "key_ref");
  mapping.read("server_name", out.server_name);
  mapping.read("insecure_skip_verify", out.insecure_skip_verify);
  for (const auto& [key, version] :
       {std::pair("min_version", &out.min_version), std::pair("max_version", &out.max_version)}) {
    if (!mapping.read(key, *version) || mapping.get(key).is_null()) continue;
    constexpr std::string_view kVersions[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
    if (std::find(std::begin(kVersions), std::end(kVersions), *version) == std::end(kVersions)) {
      mapping.complain(key, "unknown TLS version: " + *version);
    }
  }
  mapping.finish();

  const bool has_cert = !out.cert.empty() || !out.cert_file.empty() || cert_reference;
  const bool has_key = !out.key.empty() || !out.key_file.empty() || key_reference;
  if (!at_most_one({!out.ca.empty(), !out.ca_file.empty(), ca_reference})) {
    mapping.complain("at most one of ca, ca_file & ca_ref must be configured");
  }
  if (!at_most_one({!out.cert.empty(), !out.cert_file.empty(), cert_reference})) {
    mapping.complain("at most one of cert, cert_file & cert_ref must be configured");
  }
  if (!at_most_one({!out.key.empty(), !out.key_file.empty(), key_reference})) {
    mapping.complain("at most one of key and key_file must be configured");
  }
  if (has_cert && !has_key) {
    mapping.complain(
        "exactly one of key or key_file must be configured when a client certificate is configured");
  } else if (has_key && !has_cert) {
    mapping.complain("exactly one of cert or cert_file must be configured when a client key is configured");
  }
}

void read_http_client_options(YamlMapping& mapping, const ReadContext& context, HttpClientOptions& out) {
  // Even an empty mapping is a way of authorisation.
  const auto given = [&](std::string_view key) {
    const YamlValue value = mapping.get(key);
    return !value.is_missing() && !value.is_null();
  };
  if (given("basic_auth")) {
    read_basic_auth(YamlMapping(mapping.get("basic_auth")), context, out.basic_auth.emplace());
  }
  if (given("authorization")) {
    read_authorization(YamlMapping(mapping.get("authorization")), context, out.authorization.emplace());
  }
  if (given("oauth2")) read_oauth2(YamlMapping(mapping.get("oauth2")), context, out.oauth2.emplace());
  if (!at_most_one({out.basic_auth.has_value(), out.authorization.has_value(), out.oauth2.has_value()})) {
    mapping.complain("at most one of basic_auth, oauth2 & authorization must be configured");
  }
  read_bearer_token(mapping, context, out);
  read_tls_options(mapping.get("tls_config"), context, out.tls);
  mapping.read("follow_redirects", out.follow_redirects);
  mapping.read("enable_http2", out.enable_http2);
  read_proxy(mapping, out.proxy);
  read_headers(mapping.get("http_headers"), context, out.http_headers);
}

}  // namespace kubevitals::discovery
