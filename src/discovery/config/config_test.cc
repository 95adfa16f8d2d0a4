#include "discovery/config/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kubevitals::discovery {
namespace {

using Texts = std::map<std::string, std::string>;

// Files in memory; a pattern is a path, or one with a star at its end.
class FakeFiles final : public ConfigFiles {
 public:
  explicit FakeFiles(Texts files) : files_(std::move(files)) {}

  std::vector<std::string> matching(const std::string& pattern) const override {
    std::vector<std::string> found;
    for (const auto& [path, text] : files_) {
      const bool star = pattern.ends_with('*');
      if (star ? path.starts_with(pattern.substr(0, pattern.size() - 1)) : path == pattern) {
        found.push_back(path);
      }
    }
    return found;
  }
  Result<std::string> read(const std::string& path) const override { return files_.at(path); }

 private:
  Texts files_;
};

Config good(const std::string& text, const FakeFiles& files = FakeFiles(Texts())) {
  auto config = parse_config(text, "/etc/prometheus.yml", files);
  EXPECT_TRUE(config.has_value()) << config.error().message;
  return config ? *std::move(config) : Config{};
}

std::string bad(const std::string& text, const FakeFiles& files = FakeFiles(Texts())) {
  const auto config = parse_config(text, "f", files);
  return config ? "accepted" : config.error().message;
}

std::string job_names(const Config& config) {
  std::string names;
  for (const ScrapeConfig& job : config.scrape_configs) names += job.job_name + " ";
  return names;
}

TEST(Config, MayBeEmpty) {
  EXPECT_EQ(good("").global.scrape_interval, std::chrono::minutes(1));
  EXPECT_EQ(good("global:\nscrape_configs:\nalerting:\n").global.scrape_timeout, std::chrono::seconds(10));
}

TEST(Config, ReadsGlobalSettings) {
  const Config config = good(R"(
global:
  scrape_interval: 5s
  evaluation_interval: 2m
  rule_query_offset: 3s
  query_log_file: q
  query_max_series: 1000
  query_max_samples_read: 0
  query_max_duration: 5m
  scrape_protocols: [PrometheusProto]
  external_labels: {a: b}
scrape_configs:
- job_name: j
)");
  EXPECT_EQ(config.global.scrape_timeout, std::chrono::seconds(5));
  EXPECT_EQ(config.global.evaluation_interval, std::chrono::minutes(2));
  EXPECT_EQ(config.global.query_log_file, "/etc/q");
  EXPECT_EQ(config.scrape_configs.at(0).scrape_interval, std::chrono::seconds(5));
  EXPECT_EQ(config.scrape_configs.at(0).scrape_protocols, std::vector<std::string>{"PrometheusProto"});
  EXPECT_EQ(bad("global: {scrape_intervall: 1m}"), "f:1: global.scrape_intervall: unknown key");
  EXPECT_EQ(bad("global: {query_max_series: -1}"),
            "f:1: global.query_max_series: expected a whole number that is not negative");
  EXPECT_EQ(bad("global: {query_max_duration: 5}"),
            "f:1: global.query_max_duration: not a valid duration string: \"5\"");
  EXPECT_EQ(bad("global: {scrape_timeout: 2m}"),
            "f:1: global.scrape_timeout: scrape timeout greater than scrape interval, which is 1m");
}

TEST(Config, ExpandsExternalLabels) {
  ::setenv("KUBEVITALS_CONFIG_TEST", "value", 1);
  const Config config = good(
      "global: {external_labels: {a: x$KUBEVITALS_CONFIG_TEST-, b: '${KUBEVITALS_CONFIG_TEST_NONE}', c: "
      "'$$x'}}");
  EXPECT_EQ(config.global.external_labels,
            (std::map<std::string, std::string>{{"a", "xvalue-"}, {"b", ""}, {"c", "$x"}}));
}

TEST(Config, ChecksExternalLabels) {
  EXPECT_EQ(bad("global: {external_labels: {!!binary /w==: x}}"),
            "f:1: global.external_labels.\\xff: \"\\xff\" is not a valid label name");
  EXPECT_EQ(bad("global: {external_labels: {a: !!binary /w==}}"),
            "f:1: global.external_labels.a: the value is not a valid label value");
  EXPECT_EQ(bad("global: {metric_name_validation_scheme: legacy, external_labels: {a.b: x}}"),
            "f:1: global.external_labels.a.b: \"a.b\" is not a valid label name");
}

TEST(Config, AcceptsForeignSectionsButNoUnknownOnes) {
  good(
      "rule_files: [a, 'b*', 'c/d*e*', '**']\nremote_write: [{url: x}]\nremote_read: []\nstorage: "
      "{}\ntracing: {}\notlp: {}\n"
      "runtime: {}");
  EXPECT_EQ(bad("rules: []"), "f:1: rules: unknown key");
  EXPECT_EQ(bad("rule_files: ['*/a']"),
            "f:1: rule_files[0]: invalid path: stars can stand in the last element only");
}

TEST(Config, RefusesASectionGivenTwice) {
  EXPECT_EQ(bad("scrape_configs: []\nscrape_configs: []"), "f:2: the key \"scrape_configs\" is given twice");
}

TEST(Config, TellsEverythingThatIsWrong) {
  EXPECT_EQ(bad("global:\n  a: 1\nscrape_configs:\n-\n- job_name: j\n  scheme: [x]\n- job_name: j\nb: 2\n"),
            "f:2: global.a: unknown key\n"
            "f:4: scrape_configs[0]: empty or null scrape config section\n"
            "f:6: scrape_configs[1].scheme: expected a text, not a list\n"
            "f:7: scrape_configs[2]: found multiple scrape configs with job name \"j\", first found in f:5\n"
            "f:8: b: unknown key");
}

TEST(Config, ImportsJobs) {
  const FakeFiles files(Texts{{"/etc/jobs/a.yml", "scrape_configs: [{job_name: a, bearer_token_file: t}]"},
                              {"/etc/jobs/b.yml", "scrape_configs: [{job_name: b}, {job_name: c}]"},
                              {"/etc/jobs/empty.yml", ""}});
  const Config config = good(
      "global: {scrape_interval: 7s}\nscrape_config_files: ['jobs/*', none.yml]\nscrape_configs: [{job_name: "
      "own}]",
      files);
  EXPECT_EQ(job_names(config), "own a b c ");
  EXPECT_EQ(config.scrape_configs[1].scrape_interval, std::chrono::seconds(7));
  EXPECT_EQ(config.scrape_configs[1].http.authorization->credentials_file, "/etc/jobs/t");
  EXPECT_EQ(config.scrape_config_files, (std::vector<std::string>{"/etc/jobs/*", "/etc/none.yml"}));
}

TEST(Config, TellsWhatIsWrongWithImports) {
  const FakeFiles files(Texts{{"a", "scrape_configs: [{job_name: j}]"},
                              {"b", "global: {}\nscrape_configs:\n- job_name: k\n  x: y"},
                              {"c", "["}});
  const std::string problems = bad("scrape_config_files: [a, b, c]\nscrape_configs: [{job_name: j}]", files);
  EXPECT_TRUE(
      problems.starts_with("a:1: scrape_configs[0]: found multiple scrape configs with job name \"j\", "
                           "first found in f:2\n"
                           "b:1: global: unknown key\n"
                           "b:4: scrape_configs[0].x: unknown key\n"
                           "c:1: no YAML: "))
      << problems;
  EXPECT_EQ(bad("scrape_config_files: [a, a]", files),
            "a:1: scrape_configs[0]: found multiple scrape configs with job name \"j\", first found in a:1");
  EXPECT_EQ(bad("scrape_config_files: ['x*/y']", files),
            "f:1: scrape_config_files[0]: invalid path: stars can stand in the last element only");
  EXPECT_EQ(bad("scrape_config_files: ['[a']", files),
            "f:1: scrape_config_files[0]: syntax error in the pattern \"[a\"");
}

TEST(Config, ReadsAlertmanagers) {
  const Config config = good(R"(
alerting:
  alert_relabel_configs: [{action: labeldrop, regex: x}]
  alertmanagers:
  - static_configs: [{targets: [a]}, {targets: [b]}]
    path_prefix: /p
    timeout: 5s
    relabel_configs: [{action: drop}]
    basic_auth: {username: u}
)");
  EXPECT_EQ(config.alert_relabel_configs.size(), 1u);
  const AlertmanagerConfig& alertmanager = config.alertmanagers.at(0);
  EXPECT_EQ(alertmanager.scheme, "http");
  EXPECT_EQ(alertmanager.api_version, "v2");
  EXPECT_EQ(alertmanager.timeout, std::chrono::seconds(5));
  EXPECT_EQ(alertmanager.static_groups.at(1)->source, "1");
  EXPECT_EQ(alertmanager.relabel_configs.size(), 1u);
  EXPECT_EQ(alertmanager.http.basic_auth->username, "u");
}

TEST(Config, ChecksAlertmanagers) {
  const auto refused = [](const std::string& yaml) {
    return bad("alerting: {alertmanagers: [" + yaml + "]}");
  };
  const std::string place = "f:1: alerting.alertmanagers[0]";
  EXPECT_EQ(refused("~"), place + ": empty or null Alertmanager section");
  EXPECT_EQ(refused("{api_version: v1}"), place + ".api_version: expected the API version v2");
  EXPECT_EQ(refused("{static_configs: [{targets: [a/b]}]}"),
            place + ".static_configs[0].targets[0]: \"a/b\" is not a valid hostname");
  EXPECT_EQ(refused("{basic_auth: {}, sigv4: {}}"),
            place + ".sigv4: at most one of basic_auth, authorization, oauth2, & sigv4 must be configured");
  EXPECT_EQ(refused("{job_name: j}"), place + ".job_name: unknown key");
  EXPECT_EQ(bad("alerting: {managers: []}"), "f:1: alerting.managers: unknown key");
}

TEST(ConfigFiles, KnowWellFormedPatterns) {
  for (const std::string_view good :
       {"", "a]", "*?", "[a-c]", "[^a]", "[\\]]", "\\[", "[^^]", "[a*]", "[é]", "[a-\\]]", "[!]"}) {
    EXPECT_TRUE(is_well_formed_pattern(good)) << good;
  }
  for (const std::string_view bad : {"[", "[]", "[]a]", "x[a", "[a-", "[-a]", "[a-]", "[a-]b]", "\\", "a\\",
                                     "[\\]", "[\\", "[^", "[^]", "[a-b-c]"}) {
    EXPECT_FALSE(is_well_formed_pattern(bad)) << bad;
  }
}

TEST(Config, IsLoadedFromFiles) {
  std::string directory = ::testing::TempDir() + "/kubevitals_config_test.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(directory + "/" + name) << text;
  };
  write("main.yml", "scrape_config_files: ['*.job', '.hidden.yml']");
  write("b.job", "scrape_configs: [{job_name: b}]");
  write("a.job", "scrape_configs: [{job_name: a}]");
  write(".c.job", "scrape_configs: [{job_name: c}]");
  write(".hidden.yml", "scrape_configs: [{job_name: d}]");
  const auto config = load_config(directory + "/main.yml");
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(job_names(*config), "c a b d ");
  const auto missing = load_config(directory + "/none.yml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message, "cannot read " + directory + "/none.yml: No such file or directory");
  std::filesystem::remove_all(directory);
}

TEST(Config, ShowsImportedJobsAmongItsOwn) {
  const FakeFiles files(Texts{{"/etc/a", "scrape_configs: [{job_name: a, bearer_token: hunter2}]"}});
  EXPECT_EQ(format_config(good("scrape_config_files: [a]\nscrape_configs: [{job_name: own}]", files)),
            "scrape_configs:\n- job_name: own\n- job_name: a\n  bearer_token: <secret>\n");
  EXPECT_EQ(format_config(good("scrape_config_files: [a]\n", files)),
            "scrape_configs:\n- job_name: a\n  bearer_token: <secret>\n");
  EXPECT_EQ(format_config(good("scrape_config_files: [b]\n", files)), "scrape_config_files:\n- b\n");
  EXPECT_EQ(format_config(good("")), "");
}

}  // namespace
}  // namespace kubevitals::discovery
