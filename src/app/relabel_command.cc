#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "base/yaml_fields.h"
#include "base/yaml_scalar.h"
#include "discovery/config/config.h"
#include "discovery/relabel/config.h"
#include "discovery/relabel/rules.h"

namespace kubevitals::app {
namespace {

namespace json = boost::json;

constexpr const char* kFooter = R"(
Reads one JSON object a line from standard input, {"labels": {"name": "value", ...}}, and
answers each with a line, {"labels": {...}, "dropped_by": null}. A dropped target has null
for its labels, and the number of the rule that dropped it, counted from 0.

Examples:
  echo '{"labels": {"__address__": "10.0.0.1:80", "env": "dev"}}' | kubevitals relabel --config rules.yml
  kubevitals relabel --config prometheus.yml --job kubernetes-pods < targets.jsonl

Exit status: 0 when every line could be read, 1 otherwise.
)";

struct RelabelOptions {
  std::string config;
  std::string job;
};

struct Rules {
  std::vector<discovery::RelabelConfig> configs;
  discovery::NameValidation validation = discovery::NameValidation::kUtf8;
};

void warn(std::string_view message) {
  std::fprintf(stderr, "kubevitals: %.*s\n", static_cast<int>(message.size()), message.data());
}

// The job's rules; the only job's when none is named.
Result<Rules> choose_job(const std::vector<discovery::ScrapeConfig>& jobs, const RelabelOptions& options) {
  const auto rules_of = [](const discovery::ScrapeConfig& job) {
    const discovery::TargetOptions target = job.target_options();
    return Rules{target.relabel_configs, target.validation};
  };
  if (options.job.empty() && jobs.size() == 1) return rules_of(jobs[0]);
  std::string names;
  for (const discovery::ScrapeConfig& job : jobs) {
    if (!options.job.empty() && job.job_name == options.job) return rules_of(job);
    names.append(names.empty() ? "" : ", ").append(job.job_name);
  }
  if (names.empty()) return invalid(options.config + " has no jobs");
  return invalid((options.job.empty() ? "choose one of the jobs with --job: "
                                      : "there is no job \"" + options.job + "\", only: ") +
                 names);
}

Result<Rules> load_rules(const RelabelOptions& options) {
  const auto text = read_text_file(options.config);
  if (!text) return text.error();
  YamlProblems problems(options.config);
  const auto document = parse_yaml(*text, problems);
  if (!document) return document.error();
  if (document->is_map()) {
    const auto config = discovery::parse_config(*text, options.config);
    return config ? choose_job(config->scrape_configs, options) : Result<Rules>(config.error());
  }
  if (!options.job.empty()) return invalid(options.config + " is a list of rules: there is no job to choose");
  Rules rules;
  rules.configs = discovery::read_relabel_configs(*document, rules.validation, "target");
  if (const Result<void> read = problems.result(); !read) return read.error();
  return rules;
}

// Sets `labels` to what the line has.
Result<void> read_line(const std::string& line, discovery::LabelSet& labels) {
  boost::system::error_code error;
  const json::value document = json::parse(line, error);
  if (error) return invalid("no JSON: " + error.message());
  const json::object* object = document.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains("labels");
  const json::object* values = found == nullptr ? nullptr : found->if_object();
  if (values == nullptr) return invalid("expected an object with \"labels\", which is an object");
  labels.reset();
  for (const auto& [name, value] : *values) {
    const json::string* text = value.if_string();
    if (text == nullptr) return invalid("the value of label \"" + std::string(name) + "\" is no string");
    labels.set(labels.keep_name(name), *text);
  }
  return {};
}

std::string answer(discovery::LabelSet& labels, std::optional<std::size_t> dropped_by) {
  if (dropped_by) return R"({"labels":null,"dropped_by":)" + std::to_string(*dropped_by) + "}\n";
  std::string out = R"({"labels":{)";
  bool first = true;
  for (const discovery::Label& label : labels.sorted()) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, label.name.text());
    out += ':';
    append_json_string(out, label.value);
  }
  return out += "},\"dropped_by\":null}\n";
}

int run(const RelabelOptions& options) {
  const Result<Rules> loaded = load_rules(options);
  if (!loaded) {
    warn(loaded.error().message);
    return 1;
  }
  discovery::RelabelRules rules(loaded->configs, loaded->validation);
  discovery::LabelSet labels;
  bool well = true;
  std::ios::sync_with_stdio(false);
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (const Result<void> read = read_line(line, labels); !read) {
      warn("cannot read line " + std::to_string(number) + ": " + read.error().message);
      well = false;
      continue;
    }
    const auto dropped_by = rules.apply(labels);
    const std::string text = answer(labels, dropped_by);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
      warn("cannot write the answer");
      return 1;
    }
  }
  return well ? 0 : 1;
}

}  // namespace

std::function<int()> setup_relabel(CLI::App& app) {
  auto options = std::make_shared<RelabelOptions>();
  app.add_option("--config", options->config,
                 "File with a list of relabelling rules, or a Prometheus configuration")
      ->required()
      ->type_name("FILE");
  app.add_option("--job", options->job, "Whose rules to take, when there are several jobs")
      ->type_name("NAME");
  app.footer(kFooter);
  return [options] { return run(*options); };
}

}  // namespace kubevitals::app
