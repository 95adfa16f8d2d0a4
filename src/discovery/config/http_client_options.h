// The options of Prometheus' HTTP clients (prometheus/common, config.HTTPClientConfig).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_fields.h"
#include "discovery/mechanisms.h"

namespace kubevitals::discovery {

// A text that is never shown: where a configuration is printed it reads "<secret>".
struct Secret {
  std::string text;
  bool empty() const { return text.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;
};

struct TlsOptions {
  std::string ca;  // PEM
  std::string ca_file;
  std::string cert;
  std::string cert_file;
  Secret key;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  std::string min_version;  // "", "TLS10" to "TLS13"
  std::string max_version;
  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

struct BasicAuthOptions {
  std::string username;
  std::string username_file;
  Secret password;
  std::string password_file;
  friend bool operator==(const BasicAuthOptions&, const BasicAuthOptions&) = default;
};

struct AuthorizationOptions {
  std::string type = "Bearer";
  Secret credentials;
  std::string credentials_file;
  friend bool operator==(const AuthorizationOptions&, const AuthorizationOptions&) = default;
};

struct ProxyOptions {
  std::string proxy_url;
  std::string no_proxy;
  bool proxy_from_environment = false;
  std::map<std::string, std::vector<Secret>> proxy_connect_header;
  friend bool operator==(const ProxyOptions&, const ProxyOptions&) = default;
};

struct OAuth2Options {
  std::string client_id;
  Secret client_secret;
  std::string client_secret_file;
  std::vector<std::string> scopes;
  std::string token_url;
  std::map<std::string, std::string> endpoint_params;
  TlsOptions tls;
  ProxyOptions proxy;
  // Only client_credentials is supported; jwt-bearer is refused as not yet supported.
  std::string grant_type = "client_credentials";
  friend bool operator==(const OAuth2Options&, const OAuth2Options&) = default;
};

struct HeaderOptions {
  std::vector<std::string> values;
  std::vector<Secret> secrets;
  std::vector<std::string> files;
  friend bool operator==(const HeaderOptions&, const HeaderOptions&) = default;
};

struct HttpClientOptions {
  std::optional<BasicAuthOptions> basic_auth;
  std::optional<AuthorizationOptions> authorization;  // bearer_token and bearer_token_file become this
  std::optional<OAuth2Options> oauth2;
  TlsOptions tls;
  ProxyOptions proxy;
  bool follow_redirects = true;
  bool enable_http2 = true;
  std::map<std::string, HeaderOptions> http_headers;
  friend bool operator==(const HttpClientOptions&, const HttpClientOptions&) = default;
};

// Reads the options' keys, which stand among those of a mechanism, and checks them as Validate() does. Paths
// are joined to the configuration's directory. `out` has the defaults before.
void read_http_client_options(YamlMapping& mapping, const ReadContext& context, HttpClientOptions& out);

// Sets `out` when the key is there.
bool read_secret(YamlMapping& mapping, std::string_view key, Secret& out);

// A URL that Go's url.Parse takes; sets `out` when the key is there.
bool read_url(YamlMapping& mapping, std::string_view key, std::string& out);

// A tls_config alone, where a mechanism has nothing else of these.
void read_tls_options(const YamlValue& value, const ReadContext& context, TlsOptions& out);

}  // namespace kubevitals::discovery
