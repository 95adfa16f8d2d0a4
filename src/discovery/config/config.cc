#include "discovery/config/config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/go_text.h"
#include "base/utf8.h"
#include "discovery/config/duration.h"
#include "discovery/config/environment.h"
#include "discovery/config/redacted_yaml.h"

namespace kubevitals::discovery {
namespace {

// What is not about discovery.
constexpr std::string_view kForeignSections[] = {"otlp",    "remote_read", "remote_write",
                                                 "runtime", "storage",     "tracing"};

std::string directory_of(const std::string& file) {
  const std::string directory = std::filesystem::path(file).parent_path().string();
  return directory.empty() ? "." : directory;
}

std::string lookup_environment(const std::string& name) {
  if (name == "$") return "$";
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

// Stars stand in the last element only.
bool is_file_pattern(const std::string& pattern) {
  const std::size_t star = pattern.find('*');
  return star == std::string::npos || pattern.find('/', star + 1) == std::string::npos;
}

// A configuration with the files that it imports, while it is read.
class Reader {
 public:
  Reader(const ConfigFiles& files, const std::string& file)
      : files_(files), problems_(file), context_{directory_of(file)} {}

  Result<Config> read(const std::string& text) {
    const auto document = parse_yaml(text, problems_);
    if (!document) return document.error();
    read_top(*document);
    if (Result<void> checked = collect_problems(); !checked) return std::move(checked).error();
    RedactedYaml yaml;
    yaml.add(*document);
    for (const auto& [name, import] : imports_) yaml.import_jobs(import->jobs);
    config_.yaml = yaml.text();
    return std::move(config_);
  }

 private:
  struct Import {
    explicit Import(const std::string& file) : problems(file) {}
    YamlProblems problems;
    std::vector<YamlValue> jobs;
  };

  void read_top(const YamlValue& document) {
    YamlMapping top(document);
    read_global(top.get("global"));
    read_jobs(top.get("scrape_configs"), context_);
    read_alerting(top.get("alerting"));
    for (const std::string_view section : kForeignSections) static_cast<void>(top.get(section));
    read_patterns(top.get("rule_files"));
    const YamlValue imports = top.get("scrape_config_files");
    top.finish();
    read_imports(imports);
  }

  void read_global(const YamlValue& value) {
    GlobalConfig& global = config_.global;
    YamlMapping mapping(value);
    static_cast<ScrapeSettings&>(global) = read_scrape_settings(mapping, context_, ScrapeSettings{});
    std::chrono::milliseconds interval{0};
    read_duration(mapping, "evaluation_interval", interval);
    if (interval.count() != 0) global.evaluation_interval = interval;
    read_duration(mapping, "rule_query_offset", global.rule_query_offset);
    mapping.read("query_log_file", global.query_log_file);
    global.query_log_file = context_.path(global.query_log_file);
    read_query_limits(mapping);
    for (const auto& [name, member] : mapping.get("external_labels").members()) {
      std::string text;
      if (!member.read(text)) continue;
      if (!is_valid_label_name(name, global.metric_name_validation_scheme)) {
        member.complain(go_quote(name) + " is not a valid label name");
      } else if (!is_utf8(text)) {
        member.complain("the value is not a valid label value");
      } else {
        global.external_labels[name] = expand_variables(text, lookup_environment);
      }
    }
    mapping.finish();
  }

  // Must be good, and are of no use here.
  static void read_query_limits(YamlMapping& mapping) {
    std::uint64_t count = 0;
    mapping.read("query_max_series", count);
    mapping.read("query_max_samples_read", count);
    std::chrono::milliseconds duration{0};
    read_duration(mapping, "query_max_duration", duration);
  }

  void read_jobs(const YamlValue& list, const ReadContext& context) {
    for (const YamlValue& item : list.items()) {
      ScrapeConfig job = read_scrape_config(item, context, config_.global);
      if (!job.job_name.empty()) check_name(item, job.job_name);
      config_.scrape_configs.push_back(std::move(job));
    }
  }

  void check_name(const YamlValue& item, const std::string& name) {
    const std::string here = item.problems().file() + ":" + std::to_string(item.line());
    const auto [known, is_new] = job_places_.emplace(name, here);
    if (is_new) return;
    item.complain("found multiple scrape configs with job name " + go_quote(name) + ", first found in " +
                  known->second);
  }

  void read_alerting(const YamlValue& value) {
    YamlMapping mapping(value);
    const NameValidation scheme = config_.global.metric_name_validation_scheme;
    config_.alert_relabel_configs =
        read_relabel_configs(mapping.get("alert_relabel_configs"), scheme, "alert");
    for (const YamlValue& item : mapping.get("alertmanagers").items()) {
      if (item.is_null()) {
        item.complain("empty or null Alertmanager section");
      } else {
        config_.alertmanagers.push_back(read_alertmanager(item));
      }
    }
    mapping.finish();
  }

  AlertmanagerConfig read_alertmanager(const YamlValue& item) {
    AlertmanagerConfig config;
    const NameValidation scheme = config_.global.metric_name_validation_scheme;
    YamlMapping mapping(item);
    mapping.read("scheme", config.scheme);
    mapping.read("path_prefix", config.path_prefix);
    read_duration(mapping, "timeout", config.timeout);
    mapping.read("api_version", config.api_version);
    const YamlValue version = mapping.get("api_version");
    if (!version.is_null() && config.api_version != "v2") version.complain("expected the API version v2");
    read_http_client_options(mapping, context_, config.http);
    const YamlValue sigv4 = mapping.get("sigv4");
    const bool other_authorisation =
        config.http.basic_auth || config.http.authorization || config.http.oauth2;
    if (!sigv4.is_missing() && !sigv4.is_null() && other_authorisation) {
      sigv4.complain("at most one of basic_auth, authorization, oauth2, & sigv4 must be configured");
    }
    const YamlValue rules = mapping.get("relabel_configs");
    config.relabel_configs = read_relabel_configs(rules, scheme, "target");
    config.alert_relabel_configs =
        read_relabel_configs(mapping.get("alert_relabel_configs"), scheme, "alert");
    read_discovery(mapping, context_, rules.is_list() && rules.node().size() > 0, config);
    mapping.finish();
    return config;
  }

  // The list's good items with their texts.
  static std::vector<std::pair<YamlValue, std::string>> read_patterns(const YamlValue& list) {
    std::vector<std::pair<YamlValue, std::string>> patterns;
    for (const YamlValue& item : list.items()) {
      std::string pattern;
      if (!item.read(pattern)) continue;
      if (is_file_pattern(pattern)) {
        patterns.emplace_back(item, std::move(pattern));
      } else {
        item.complain("invalid path: stars can stand in the last element only");
      }
    }
    return patterns;
  }

  void read_imports(const YamlValue& list) {
    for (const auto& [item, pattern] : read_patterns(list)) {
      if (!is_well_formed_pattern(pattern)) {
        item.complain("syntax error in the pattern " + go_quote(pattern));
        continue;
      }
      config_.scrape_config_files.push_back(context_.path(pattern));
      for (const std::string& path : files_.matching(config_.scrape_config_files.back())) {
        read_import(path, item);
      }
    }
  }

  void read_import(const std::string& path, const YamlValue& from) {
    const auto text = files_.read(path);
    if (!text) {
      from.complain(text.error().message);
      return;
    }
    Import& import = *imports_.emplace_back(path, std::make_unique<Import>(path)).second;
    const auto document = parse_yaml(*text, import.problems);
    if (!document) {
      unreadable_.push_back(document.error().message);
      return;
    }
    YamlMapping mapping(*document);
    const YamlValue jobs = mapping.get("scrape_configs");
    mapping.finish();
    read_jobs(jobs, ReadContext{directory_of(path)});
    import.jobs = jobs.items();
  }

  // Those of all files.
  Result<void> collect_problems() {
    std::string all;
    const auto add = [&](const std::string& problem) { all.append(all.empty() ? "" : "\n").append(problem); };
    for (const std::string& problem : problems_.found()) add(problem);
    for (const auto& [name, import] : imports_) {
      for (const std::string& problem : import->problems.found()) add(problem);
    }
    for (const std::string& problem : unreadable_) add(problem);
    if (all.empty()) return {};
    return Error{ErrorCode::kInvalid, std::move(all)};
  }

  const ConfigFiles& files_;
  YamlProblems problems_;
  const ReadContext context_;
  Config config_;
  std::map<std::string, std::string> job_places_;
  std::vector<std::pair<std::string, std::unique_ptr<Import>>> imports_;
  std::vector<std::string> unreadable_;  // what is wrong with imported files that are no YAML
};

}  // namespace

Result<Config> load_config(const std::string& path) {
  const auto text = system_config_files().read(path);
  if (!text) return text.error();
  return parse_config(*text, path);
}

Result<Config> parse_config(const std::string& text, const std::string& file, const ConfigFiles& files) {
  return Reader(files, file).read(text);
}

std::string format_config(const Config& config) {
  return config.yaml;
}

}  // namespace kubevitals::discovery
