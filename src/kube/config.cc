#include "kube/config.h"

#include <openssl/evp.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace kubevitals::kube {
namespace {

namespace fs = std::filesystem;

Error invalid(std::string message) {
  return Error{ErrorCode::kInvalid, std::move(message)};
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kNotFound, "cannot read " + path + ": " + std::string(strerror(errno))};
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return Error{ErrorCode::kUnavailable, "cannot read " + path};
  return text.str();
}

std::optional<std::string> decode_base64(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

// Reads one kubeconfig; fails through Failure, which stays in this file.
struct Failure {
  std::string message;
};

class Reader {
 public:
  Reader(const YAML::Node& root, const std::string& path)
      : root_(root), directory_(fs::path(path).parent_path()) {}

  ApiServerConfig read(std::string context_name) {
    if (!root_.IsMap()) throw Failure{"not a kubeconfig: the document is not a mapping"};
    if (context_name.empty()) context_name = text(root_, "current-context");
    if (context_name.empty()) {
      throw Failure{"no context is chosen: there is no current-context" + choices("contexts")};
    }
    const YAML::Node context = named("contexts", "context", context_name);
    const std::string cluster_name = text(context, "cluster");
    const std::string user_name = text(context, "user");
    if (cluster_name.empty()) throw Failure{"context \"" + context_name + "\" names no cluster"};
    ApiServerConfig config;
    read_cluster(named("clusters", "cluster", cluster_name), cluster_name, config);
    if (!user_name.empty()) read_user(named("users", "user", user_name), user_name, config);
    return config;
  }

 private:
  static std::string where(const YAML::Node& node) {
    const YAML::Mark mark = node.Mark();
    return mark.is_null() ? std::string() : "line " + std::to_string(mark.line + 1) + ": ";
  }

  static YAML::Node member(const YAML::Node& map, const char* key) {
    if (!map || !map.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    return map[key];
  }

  static std::string text(const YAML::Node& map, const char* key) {
    const YAML::Node node = member(map, key);
    if (!node || node.IsNull()) return "";
    if (!node.IsScalar()) throw Failure{where(node) + key + " is not a text"};
    return node.Scalar();
  }

  static bool flag(const YAML::Node& map, const char* key) {
    const std::string value = text(map, key);
    if (value.empty() || value == "false") return false;
    if (value == "true") return true;
    throw Failure{where(member(map, key)) + key + " is neither true nor false"};
  }

  // A file path, made absolute.
  std::string path(const YAML::Node& map, const char* key) const {
    const std::string value = text(map, key);
    return value.empty() ? value : (directory_ / value).lexically_normal().string();
  }

  static std::string data(const YAML::Node& map, const char* key) {
    const std::string value = text(map, key);
    if (value.empty()) return value;
    const std::optional<std::string> decoded = decode_base64(value);
    if (!decoded) throw Failure{where(member(map, key)) + key + " is not base64"};
    return *decoded;
  }

  std::string choices(const char* list) const {
    std::string names;
    const YAML::Node entries = member(root_, list);
    if (entries && entries.IsSequence()) {
      for (const YAML::Node& entry : entries) {
        if (!names.empty()) names += ", ";
        names += text(entry, "name");
      }
    }
    return " (" + std::string(list) + ": " + (names.empty() ? "none" : names) + ")";
  }

  YAML::Node named(const char* list, const char* key, const std::string& name) const {
    const YAML::Node entries = member(root_, list);
    if (entries && !entries.IsNull() && !entries.IsSequence())
      throw Failure{where(entries) + list + " is not a list"};
    if (entries) {
      for (const YAML::Node& entry : entries) {
        if (text(entry, "name") != name) continue;
        const YAML::Node value = member(entry, key);
        if (!value || !value.IsMap()) return YAML::Node(YAML::NodeType::Map);
        return value;
      }
    }
    throw Failure{std::string(key) + " \"" + name + "\" does not exist" + choices(list)};
  }

  void read_cluster(const YAML::Node& cluster, const std::string& name, ApiServerConfig& config) const {
    config.url = text(cluster, "server");
    if (config.url.empty()) throw Failure{"cluster \"" + name + "\" has no server"};
    net::TransportOptions& transport = config.transport;
    transport.ca_file = path(cluster, "certificate-authority");
    transport.ca_data = data(cluster, "certificate-authority-data");
    transport.insecure_skip_verify = flag(cluster, "insecure-skip-tls-verify");
    transport.tls_server_name = text(cluster, "tls-server-name");
    transport.proxy_url = text(cluster, "proxy-url");
    config.compression = !flag(cluster, "disable-compression");
    if (transport.insecure_skip_verify && (!transport.ca_file.empty() || !transport.ca_data.empty())) {
      throw Failure{"cluster \"" + name + "\" has both a certificate authority and insecure-skip-tls-verify"};
    }
  }

  void read_user(const YAML::Node& user, const std::string& name, ApiServerConfig& config) const {
    net::TransportOptions& transport = config.transport;
    transport.certificate_file = path(user, "client-certificate");
    transport.certificate_data = data(user, "client-certificate-data");
    transport.key_file = path(user, "client-key");
    transport.key_data = data(user, "client-key-data");
    const bool certificate = !transport.certificate_file.empty() || !transport.certificate_data.empty();
    const bool key = !transport.key_file.empty() || !transport.key_data.empty();
    if (certificate != key) {
      throw Failure{"user \"" + name + "\" has a client " +
                    (certificate ? "certificate without a key" : "key without a certificate")};
    }
    Credentials& credentials = config.credentials;
    credentials.token = text(user, "token");
    credentials.token_file = path(user, "tokenFile");
    credentials.username = text(user, "username");
    credentials.password = text(user, "password");
    const YAML::Node exec = member(user, "exec");
    if (exec && exec.IsMap()) credentials.exec = read_exec(exec, name);
    if (member(user, "auth-provider")) {
      throw Failure{"user \"" + name +
                    "\" has an auth-provider: these are gone from Kubernetes, use an exec plugin"};
    }
  }

  ExecPlugin read_exec(const YAML::Node& exec, const std::string& user) const {
    ExecPlugin plugin;
    plugin.api_version = text(exec, "apiVersion");
    if (plugin.api_version != "client.authentication.k8s.io/v1" &&
        plugin.api_version != "client.authentication.k8s.io/v1beta1") {
      throw Failure{where(exec) + "the exec plugin of user \"" + user + "\" has apiVersion \"" +
                    plugin.api_version + "\"; client.authentication.k8s.io/v1 and /v1beta1 are supported"};
    }
    plugin.command = text(exec, "command");
    if (plugin.command.empty())
      throw Failure{where(exec) + "the exec plugin of user \"" + user + "\" has no command"};
    // A name without a slash is looked up in PATH, anything else is relative to the file.
    if (plugin.command.find('/') != std::string::npos) {
      plugin.command = (directory_ / plugin.command).lexically_normal().string();
    }
    plugin.install_hint = text(exec, "installHint");
    plugin.provide_cluster_info = flag(exec, "provideClusterInfo");
    const YAML::Node arguments = member(exec, "args");
    if (arguments && arguments.IsSequence()) {
      for (const YAML::Node& argument : arguments) {
        if (!argument.IsScalar()) throw Failure{where(argument) + "args has something that is not a text"};
        plugin.arguments.push_back(argument.Scalar());
      }
    }
    const YAML::Node environment = member(exec, "env");
    if (environment && environment.IsSequence()) {
      for (const YAML::Node& entry : environment) {
        plugin.environment.emplace_back(text(entry, "name"), text(entry, "value"));
      }
    }
    return plugin;
  }

  const YAML::Node& root_;
  const fs::path directory_;
};

// "host:6443" and the like get a scheme; a slash at the end goes away.
Result<std::string> normal_url(std::string url, const std::string& origin) {
  if (url.find("://") == std::string::npos) url = "http://" + url;
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return invalid("cannot use API server " + url + " from " + origin + ": expected http:// or https://");
  }
  while (url.ends_with('/')) url.pop_back();
  if (url.find_first_of(" \t\r\n\"") != std::string::npos || url.ends_with(':')) {
    return invalid("cannot use API server \"" + url + "\" from " + origin + ": not an address");
  }
  return url;
}

Result<ApiServerConfig> load_kubeconfig(const std::string& path, const std::string& context) {
  const Result<std::string> text = read_file(path);
  if (!text)
    return Error{ErrorCode::kInvalid, "cannot load kubeconfig " + path + ": " + text.error().message};
  return parse_kubeconfig(*text, path, context);
}

// The first file of $KUBECONFIG that is there.
std::string first_kubeconfig(const std::string& list) {
  std::istringstream paths(list);
  std::string first;
  for (std::string path; std::getline(paths, path, ':');) {
    if (path.empty()) continue;
    if (first.empty()) first = path;
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path;
  }
  return first;
}

std::string lookup(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.environment.find(name);
  return found == surroundings.environment.end() ? std::string() : found->second;
}

}  // namespace

Surroundings real_surroundings() {
  Surroundings surroundings;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos)
      surroundings.environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return surroundings;
}

Result<ApiServerConfig> parse_kubeconfig(const std::string& text, const std::string& path,
                                         const std::string& context) {
  const std::string what = "cannot load kubeconfig " + path + ": ";
  try {
    const YAML::Node root = YAML::Load(text);
    ApiServerConfig config = Reader(root, path).read(context);
    Result<std::string> url = normal_url(config.url, path);
    if (!url) return invalid(what + url.error().message);
    config.url = *url;
    return config;
  } catch (const Failure& failure) {
    return invalid(what + failure.message);
  } catch (const YAML::Exception& exception) {
    const std::string line =
        exception.mark.is_null() ? "" : "line " + std::to_string(exception.mark.line + 1) + ": ";
    return invalid(what + line + exception.msg);
  }
}

Result<ApiServerConfig> in_cluster_config(const Surroundings& surroundings) {
  const std::string host = lookup(surroundings, "KUBERNETES_SERVICE_HOST");
  const std::string port = lookup(surroundings, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return invalid(
        "cannot find an API server: not in a pod (KUBERNETES_SERVICE_HOST is not set); use --kubeconfig or "
        "--apiserver");
  }
  ApiServerConfig config;
  config.credentials.token_file = surroundings.service_account + "/token";
  const Result<std::string> token = read_file(config.credentials.token_file);
  if (!token) return invalid("cannot use the pod's service account: " + token.error().message);
  config.transport.ca_file = surroundings.service_account + "/ca.crt";
  const Result<std::string> authority = read_file(config.transport.ca_file);
  if (!authority) return invalid("cannot use the pod's service account: " + authority.error().message);
  const bool v6 = host.find(':') != std::string::npos;
  config.url = "https://" + (v6 ? "[" + host + "]" : host) + ":" + port;
  return config;
}

Result<ApiServerConfig> load_config(const ConnectionFlags& flags, const Surroundings& surroundings) {
  std::string kubeconfig = flags.kubeconfig;
  if (kubeconfig.empty() && flags.apiserver.empty())
    kubeconfig = first_kubeconfig(lookup(surroundings, "KUBECONFIG"));
  if (kubeconfig.empty() && !flags.context.empty()) {
    return invalid("cannot use --context " + flags.context + ": there is no kubeconfig; give --kubeconfig");
  }
  if (kubeconfig.empty() && flags.apiserver.empty()) return in_cluster_config(surroundings);
  ApiServerConfig config;
  if (!kubeconfig.empty()) {
    Result<ApiServerConfig> loaded = load_kubeconfig(kubeconfig, flags.context);
    if (!loaded) return loaded;
    config = std::move(*loaded);
  }
  if (!flags.apiserver.empty()) {
    const Result<std::string> url = normal_url(flags.apiserver, "--apiserver");
    if (!url) return url.error();
    config.url = *url;
  }
  return config;
}

}  // namespace kubevitals::kube
