#include <boost/json.hpp>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "kube/config_files.h"
#include "kube/exec_credentials.h"

namespace kubevitals::kube {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// As v1 and v1beta1 have it; the certificate authority always as data.
json::object cluster_info(const ApiServerConfig& config) {
  const net::TransportOptions& transport = config.transport;
  json::object cluster{{"server", config.url}};
  if (!transport.tls_server_name.empty()) cluster["tls-server-name"] = transport.tls_server_name;
  if (transport.insecure_skip_verify) cluster["insecure-skip-tls-verify"] = true;
  if (!transport.proxy_url.empty()) cluster["proxy-url"] = transport.proxy_url;
  if (!config.compression) cluster["disable-compression"] = true;
  std::string authority = transport.ca_data;
  if (authority.empty() && !transport.ca_file.empty()) {
    authority = read_file(transport.ca_file).value_or(std::string());
  }
  if (!authority.empty()) cluster["certificate-authority-data"] = encode_base64(authority);
  boost::system::error_code error;
  json::value extension = json::parse(config.credentials.exec->cluster_config, error);
  cluster["config"] = error ? json::value() : std::move(extension);
  return cluster;
}

Result<Authorization> read_status(const json::object& status) {
  const auto failed = [](std::string cause) { return Error{ErrorCode::kUnauthorized, std::move(cause)}; };
  Authorization authorization;
  const std::string token = text(status, "token");
  authorization.certificate = text(status, "clientCertificateData");
  authorization.key = text(status, "clientKeyData");
  if (authorization.certificate.empty() != authorization.key.empty()) {
    return failed("its output has half a client certificate");
  }
  if (token.empty() && authorization.certificate.empty()) {
    return failed("its output has neither a token nor a client certificate");
  }
  for (const unsigned char c : token) {
    if (c < ' ' || c == 127) return failed("its token has control characters");
  }
  if (!authorization.certificate.empty()) {
    const Result<void> checked = check_key_pair(authorization.certificate, authorization.key);
    if (!checked) return failed("its output is no client certificate: " + checked.error().message);
  }
  if (!token.empty()) authorization.header = "Bearer " + token;
  return authorization;
}

}  // namespace

std::string exec_credential_request(const ApiServerConfig& config) {
  const ExecPlugin& plugin = *config.credentials.exec;
  json::object spec{{"interactive", false}};
  if (plugin.provide_cluster_info) spec["cluster"] = cluster_info(config);
  return json::serialize(json::object{
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", std::move(spec)}});
}

Result<ExecCredential> read_exec_credential(const std::string& output, const std::string& api_version) {
  const auto failed = [](const char* cause) { return Error{ErrorCode::kUnauthorized, cause}; };
  boost::system::error_code error;
  const json::value document = json::parse(output, error);
  if (error || !document.is_object()) return failed("its output is not a JSON object");
  const json::object& root = document.get_object();
  if (text(root, "kind") != "ExecCredential") return failed("its output is not an ExecCredential");
  if (text(root, "apiVersion") != api_version)
    return failed("its output has another apiVersion than the kubeconfig");
  const json::value* status = root.if_contains("status");
  if (status == nullptr || !status->is_object()) return failed("its output has no status");
  Result<Authorization> authorization = read_status(status->get_object());
  if (!authorization) return authorization.error();
  ExecCredential credential{std::move(*authorization), std::nullopt};
  const std::string expires = text(status->get_object(), "expirationTimestamp");
  if (expires.empty()) return credential;
  const Result<UnixTime> time = parse_rfc3339(expires);
  if (!time) return failed("its expirationTimestamp is not a time");
  credential.expires = WallTime(std::chrono::seconds(time->seconds));
  return credential;
}

}  // namespace kubevitals::kube
