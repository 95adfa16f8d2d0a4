#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "app/commands.h"
#include "base/go_text.h"
#include "base/yaml_fields.h"
#include "discovery/config/config.h"
#include "discovery/relabel/config.h"
#include "net/web_config.h"

namespace kubevitals::app {
namespace {

constexpr const char* kFooter = R"(
Checks configuration files without starting anything: a Prometheus configuration, with the files that its
scrape_config_files name; relabelling rules alone (a list, as it stands under relabel_configs); or a web
configuration (TLS and users of the ports), with the certificates and keys that it names. Everything that is
wrong is told, each problem with its file, line and place in the YAML. - is standard input.

Examples:
  kubevitals check prometheus.yml
  kubevitals check --relabel-config-file rules.yml
  kubevitals check --web-config web.yml

Exit status: 0 when all files are good, 1 otherwise.
)";

struct CheckOptions {
  std::vector<std::string> files;
  std::vector<std::string> relabel_files;
  std::vector<std::string> web_files;
};

Result<std::string> read_text(const std::string& file) {
  if (file != "-") return read_text_file(file);
  return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// The checks: each says what a good file holds. A kind of file that is added here is told from the others by
// what stands in it.

Result<std::string> check_prometheus(const std::string& text, const std::string& name) {
  const auto config = discovery::parse_config(text, name);
  if (!config) return config.error();
  std::size_t mechanisms = 0;
  for (const auto& job : config->scrape_configs) mechanisms += job.size();
  for (const auto& alertmanager : config->alertmanagers) mechanisms += alertmanager.size();
  return counted(config->scrape_configs.size(), "job") + ", " + counted(mechanisms, "mechanism");
}

// Only the action "replace" expands its target. Elsewhere a "$" is part of a name where names may be any
// UTF-8, and is refused where they may not; rules alone do not say which they are for, and nobody means it
// so.
void complain_of_templates(const YamlValue& list, const std::vector<discovery::RelabelConfig>& rules) {
  if (!list.problems().empty()) return;
  const std::vector<YamlValue> items = list.items();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const discovery::RelabelConfig& rule = rules[i];
    if (rule.action == discovery::RelabelAction::kReplace ||
        rule.target_label.find('$') == std::string::npos) {
      continue;
    }
    items[i].complain(go_quote(rule.target_label) + " is invalid 'target_label' for " +
                      std::string(to_string(rule.action)) + " action, which does not expand it");
  }
}

Result<std::string> check_relabel_rules(const std::string& text, const std::string& name) {
  YamlProblems problems(name);
  const auto document = parse_yaml(text, problems);
  if (!document) return document.error();
  if (document->is_map()) return check_prometheus(text, name);
  const auto rules = discovery::read_relabel_configs(*document, discovery::NameValidation::kUtf8, "target");
  complain_of_templates(*document, rules);
  if (const Result<void> checked = problems.result(); !checked) return checked.error();
  return counted(rules.size(), "rule");
}

Result<std::string> check_web_config(const std::string& text, const std::string& name) {
  const auto config = net::parse_web_config(text, name, read_text_file);
  if (!config) return config.error();
  return std::string(config->tls ? "TLS, " : "no TLS, ") + counted(config->users.size(), "user");
}

Result<std::string> check_any(const std::string& text, const std::string& name) {
  return check_prometheus(text, name);
}

using Check = Result<std::string> (*)(const std::string& text, const std::string& name);

bool check_file(const std::string& file, Check check) {
  const std::string name = file == "-" ? "standard input" : file;
  const auto text = read_text(file);
  const Result<std::string> checked = text ? check(*text, name) : Result<std::string>(text.error());
  if (checked) {
    std::printf("%s: ok, %s\n", name.c_str(), checked->c_str());
  } else {
    std::fprintf(stderr, "%s\n", checked.error().message.c_str());
  }
  return checked.has_value();
}

int run(const CheckOptions& options) {
  if (options.files.empty() && options.relabel_files.empty() && options.web_files.empty()) {
    std::fprintf(stderr, "kubevitals: no file to check; see kubevitals check --help\n");
    return 1;
  }
  bool good = true;
  for (const std::string& file : options.files) good = check_file(file, check_any) && good;
  for (const std::string& file : options.relabel_files) good = check_file(file, check_relabel_rules) && good;
  for (const std::string& file : options.web_files) good = check_file(file, check_web_config) && good;
  return good ? 0 : 1;
}

}  // namespace

std::function<int()> setup_check(CLI::App& app) {
  auto options = std::make_shared<CheckOptions>();
  app.add_option("files", options->files, "Configuration files")->type_name("FILE");
  app.add_option("--relabel-config-file", options->relabel_files,
                 "File with a list of relabelling rules. May be repeated")
      ->allow_extra_args(false)
      ->type_name("FILE");
  app.add_option("--web-config", options->web_files,
                 "Web configuration, as --web.config.file takes it. May be repeated")
      ->allow_extra_args(false)
      ->type_name("FILE");
  app.footer(kFooter);
  return [options] { return run(*options); };
}

}  // namespace kubevitals::app
