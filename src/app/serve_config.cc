#include "app/serve_config.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "app/discover_flags.h"
#include "app/state_flags.h"
#include "app/usage_flags.h"
#include "base/yaml_fields.h"

namespace kubevitals::app {
namespace {

// Flags that name a file or directory.
constexpr std::array kPaths{"config.file",
                            "web.config.file",
                            "tls-config",
                            "file-sd.dir",
                            "kubelet-certificate-authority",
                            "kubelet-client-certificate",
                            "kubelet-client-key",
                            "tls-cert",
                            "tls-key",
                            "tls-client-ca",
                            "tls-cert-file",
                            "tls-private-key-file",
                            "client-ca-file",
                            "requestheader-client-ca-file"};

std::string resolved(const std::string& path, const std::string& file) {
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path(file).parent_path() / path).string();
}

// The command line that a section stands for.
std::vector<std::string> arguments_of(const YamlValue& section, CLI::App& app, const std::string& file) {
  std::vector<std::string> arguments;
  for (const auto& [key, value] : section.members()) {
    const CLI::Option* option = app.get_option_no_throw("--" + key);
    if (option == nullptr || key == "help") {
      value.complain("unknown key");
      continue;
    }
    const bool is_path = std::find(kPaths.begin(), kPaths.end(), key) != kPaths.end();
    std::vector<std::string> texts;
    if (value.is_list()) {
      value.read(texts);
    } else if (std::string text; value.read(text)) {
      texts.push_back(std::move(text));
    }
    for (const std::string& text : texts) {
      arguments.push_back("--" + key + "=" + (is_path ? resolved(text, file) : text));
    }
  }
  return arguments;
}

// Reads a section by the flags that `app` has. False when something was complained about.
bool parse_section(const YamlValue& section, CLI::App& app, const std::string& file) {
  const std::size_t before = section.problems().found().size();
  std::vector<std::string> arguments = arguments_of(section, app, file);
  if (section.problems().found().size() != before) return false;
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    section.complain(error.what());
    return false;
  }
  return true;
}

// What the flags come to; complains about the section when that is nothing.
template <typename Flags, typename Options>
std::optional<Options> read_section(const YamlValue& section, const std::string& file, Flags& flags,
                                    void (*add)(CLI::App&, Flags&),
                                    Result<Options> (*options_of)(const Flags&)) {
  if (section.is_missing()) return std::nullopt;
  CLI::App app;
  add(app, flags);
  if (!parse_section(section, app, file)) return std::nullopt;
  Result<Options> options = options_of(flags);
  if (options) return std::move(*options);
  section.complain(options.error().message);
  return std::nullopt;
}

}  // namespace

Result<ServeConfig> read_serve_config(const std::string& text, const std::string& file) {
  YamlProblems problems(file);
  Result<YamlValue> document = parse_yaml(text, problems);
  if (!document) return document.error();
  ServeConfig config;
  YamlMapping root(*document);
  root.read("log-level", config.log_level);
  constexpr std::array kLevels{"trace", "debug", "info", "warn", "warning", "error", "critical", "off"};
  if (std::find(kLevels.begin(), kLevels.end(), config.log_level) == kLevels.end()) {
    root.complain("log-level", "expected debug, info, warn or error");
  }
  kube::ConnectionFlags connection;
  YamlMapping cluster(root.get("cluster"));
  if (cluster.read("kubeconfig", connection.kubeconfig)) {
    connection.kubeconfig = resolved(connection.kubeconfig, file);
  }
  cluster.read("context", connection.context);
  cluster.read("apiserver", connection.apiserver);
  cluster.finish();

  StateFlags state;
  DiscoverFlags discover;
  UsageFlags usage;
  state.connection = connection;
  usage.connection = connection;
  PillarOptions& pillars = config.pillars;
  pillars.state = read_section(root.get("state"), file, state, &add_state_flags, &service_options);
  pillars.discovery =
      read_section(root.get("discovery"), file, discover, &add_discover_flags, &discover_options);
  pillars.usage = read_section(root.get("usage"), file, usage, &add_usage_flags, &usage_options);
  root.finish();
  if (problems.empty() && !pillars.state && !pillars.discovery && !pillars.usage) {
    root.complain("nothing to run: expected a section state, discovery or usage");
  }
  if (const Result<void> found = problems.result(); !found) return found.error();
  Result<kube::ApiServerConfig> api = kube::load_config(connection, kube::real_surroundings());
  if (!api) return api.error().wrap(file + ": cluster");
  pillars.api_server = std::move(*api);
  if (pillars.state) pillars.feeds = pillars.state->feeds;
  return config;
}

}  // namespace kubevitals::app
