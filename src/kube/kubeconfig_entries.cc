#include "kube/kubeconfig_entries.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>

#include "base/yaml_scalar.h"
#include "kube/server_url.h"

namespace kubevitals::kube {
namespace {

constexpr const char* kPluginExtension = "client.authentication.k8s.io/exec";
constexpr const char* kPluginV1 = "client.authentication.k8s.io/v1";
constexpr const char* kPluginV1Beta1 = "client.authentication.k8s.io/v1beta1";

// A file's path, made independent of the working directory's changes.
std::string path(const Fields& fields, const char* key, const EntrySource& source) {
  const std::string value = fields.text(key);
  return value.empty() ? value : (source.directory / value).lexically_normal().string();
}

// A pair of keys of which one at most is given.
void read_file_or_data(const Fields& fields, const std::string& key, const EntrySource& source,
                       std::string& file, std::string& data) {
  const std::string data_key = key + "-data";
  file = path(fields, key.c_str(), source);
  data = fields.data(data_key.c_str());
  if (!file.empty() && !data.empty()) fields.complain(key.c_str(), " and " + data_key + " are both given");
}

// Aliases could make more of a few lines than fits in memory.
constexpr std::size_t kMaxPluginConfig = 1 << 20;
constexpr int kMaxDepth = 100;

// False when the node has no JSON, or is too large or too deep.
bool append_json(const YAML::Node& node, int depth, std::string& out) {
  if (depth > kMaxDepth || out.size() > kMaxPluginConfig) return false;
  const char* separator = "";
  switch (node.Type()) {
    case YAML::NodeType::Scalar: {
      const Result<YamlScalar> scalar = resolve_yaml_scalar(node.Tag(), node.Scalar());
      if (scalar) out.append(scalar->json);
      return scalar.has_value();
    }
    case YAML::NodeType::Sequence:
      out.push_back('[');
      for (const YAML::Node& element : node) {
        out.append(std::exchange(separator, ","));
        if (!append_json(element, depth + 1, out)) return false;
      }
      out.push_back(']');
      return true;
    case YAML::NodeType::Map:
      out.push_back('{');
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) return false;
        const Result<YamlScalar> name = resolve_yaml_scalar(entry.first.Tag(), entry.first.Scalar());
        if (!name) return false;
        out.append(std::exchange(separator, ","));
        append_json_string(out, name->key);
        out.push_back(':');
        if (!append_json(entry.second, depth + 1, out)) return false;
      }
      out.push_back('}');
      return true;
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      break;
  }
  out.append("null");
  return true;
}

void read_certificate(const Fields& user, const EntrySource& source, net::TransportOptions& transport) {
  read_file_or_data(user, "client-certificate", source, transport.certificate_file,
                    transport.certificate_data);
  read_file_or_data(user, "client-key", source, transport.key_file, transport.key_data);
  const bool certificate = !transport.certificate_file.empty() || !transport.certificate_data.empty();
  const bool key = !transport.key_file.empty() || !transport.key_data.empty();
  if (certificate && !key) user.complain("the user has a client certificate without a key");
  if (key && !certificate) user.complain("the user has a client key without a certificate");
}

void check_interactive_mode(const Fields& exec, const std::string& api_version) {
  const std::string mode = exec.text("interactiveMode");
  if (mode == "Never" || mode == "IfAvailable") return;
  if (mode == "Always") {
    exec.complain("the exec plugin wants a terminal (interactiveMode: Always); this program has none");
  } else if (!mode.empty()) {
    exec.complain("interactiveMode", " is none of Never, IfAvailable and Always");
  } else if (api_version == kPluginV1) {
    exec.complain("the exec plugin has no interactiveMode, which " + api_version + " asks for");
  }
}

ExecPlugin read_exec(const Fields& exec, const EntrySource& source) {
  ExecPlugin plugin;
  plugin.api_version = exec.text("apiVersion");
  if (plugin.api_version != kPluginV1 && plugin.api_version != kPluginV1Beta1) {
    exec.complain("the exec plugin's apiVersion is \"" + plugin.api_version + "\"; supported are " +
                  kPluginV1 + " and " + kPluginV1Beta1);
  }
  plugin.command = exec.text("command");
  if (plugin.command.empty()) exec.complain("the exec plugin has no command");
  // A name without a slash is looked up in PATH.
  if (plugin.command.find('/') != std::string::npos) plugin.command = path(exec, "command", source);
  plugin.arguments = exec.texts("args");
  for (const Fields& variable : exec.list("env")) {
    const std::string name = variable.text("name");
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      variable.complain("an environment variable of the exec plugin has no proper name");
    }
    plugin.environment.emplace_back(name, variable.text("value"));
  }
  plugin.install_hint = exec.text("installHint");
  plugin.provide_cluster_info = exec.flag("provideClusterInfo");
  check_interactive_mode(exec, plugin.api_version);
  return plugin;
}

// Header fields as k8s.io/client-go/transport has them.
void read_impersonation(const Fields& user, net::Headers& headers) {
  const std::string name = user.text("as");
  const std::string uid = user.text("as-uid");
  const std::vector<std::string> groups = user.texts("as-groups");
  const Fields extra = user.mapping("as-user-extra");
  if (name.empty()) {
    if (!uid.empty() || !groups.empty() || extra.node().IsDefined()) {
      user.complain("as-uid, as-groups and as-user-extra need an as");
    }
    return;
  }
  headers.add("Impersonate-User", name);
  if (!uid.empty()) headers.add("Impersonate-Uid", uid);
  for (const std::string& group : groups) headers.add("Impersonate-Group", group);
  if (!extra.node().IsDefined()) return;
  for (const auto& item : extra.node()) {
    if (!item.first.IsScalar()) continue;
    const std::string key = item.first.Scalar();
    for (const std::string& value : extra.texts(key.c_str())) {
      headers.add("Impersonate-Extra-" + net::url_encode(key), value);
    }
  }
}

// A header field cannot have them, and a token with a line break is a file's content pasted in.
bool has_control_characters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; });
}

}  // namespace

void read_cluster(const Fields& cluster, const EntrySource& source, bool needs_server,
                  ApiServerConfig& config) {
  const std::string server = cluster.text("server");
  if (needs_server && server.empty()) cluster.complain("cluster \"" + source.name + "\" has no server");
  if (needs_server && !server.empty()) {
    Result<std::string> url = parse_server_url(server);
    if (!url) cluster.complain("server", " " + url.error().message);
    if (url) config.url = std::move(*url);
  }
  net::TransportOptions& transport = config.transport;
  read_file_or_data(cluster, "certificate-authority", source, transport.ca_file, transport.ca_data);
  transport.insecure_skip_verify = cluster.flag("insecure-skip-tls-verify");
  if (transport.insecure_skip_verify && (!transport.ca_file.empty() || !transport.ca_data.empty())) {
    cluster.complain("cluster \"" + source.name +
                     "\" has both a certificate authority and insecure-skip-tls-verify");
  }
  transport.tls_server_name = cluster.text("tls-server-name");
  config.compression = !cluster.flag("disable-compression");
  const std::string proxy = cluster.text("proxy-url");
  if (proxy.empty()) return;
  Result<std::string> url = parse_proxy_url(proxy);
  if (!url) cluster.complain("proxy-url", " " + url.error().message);
  if (url) transport.proxy_url = std::move(*url);
}

void read_user(const Fields& user, const EntrySource& source, ApiServerConfig& config) {
  read_certificate(user, source, config.transport);
  read_impersonation(user, config.headers);
  Credentials& credentials = config.credentials;
  credentials.token = user.text("token");
  credentials.token_file = path(user, "tokenFile", source);
  credentials.username = user.text("username");
  credentials.password = user.text("password");
  if (has_control_characters(credentials.token)) user.complain("token", " has control characters");
  const bool basic = !credentials.username.empty() || !credentials.password.empty();
  if (basic && !credentials.token.empty())
    user.complain("the user has both a token and a username or password");
  const Fields exec = user.mapping("exec");
  if (user.get("auth-provider").IsDefined()) {
    user.complain("auth-provider", " is gone from Kubernetes; use an exec plugin instead");
  }
  if (!exec.node().IsDefined()) return;
  ExecPlugin plugin = read_exec(exec, source);
  // As client-go has it: a plugin is asked only when there is nothing else.
  const bool certificate =
      !config.transport.certificate_file.empty() || !config.transport.certificate_data.empty();
  const bool token = !credentials.token.empty() || !credentials.token_file.empty();
  if (!token && !basic && !certificate) credentials.exec = std::move(plugin);
}

std::string read_plugin_config(const Fields& cluster) {
  for (const Fields& item : cluster.list("extensions")) {
    const YAML::Node extension = item.get("extension");
    if (item.text("name") != kPluginExtension || !extension.IsDefined()) continue;
    std::string json;
    if (!append_json(extension, 0, json)) {
      item.complain("the extension for exec plugins cannot be handed on as JSON");
    }
    return json;
  }
  return "";
}

}  // namespace kubevitals::kube
