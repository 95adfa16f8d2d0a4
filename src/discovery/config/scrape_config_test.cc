#include "discovery/config/scrape_config.h"

#include <gtest/gtest.h>

#include "discovery/config/duration.h"

namespace kubevitals::discovery {
namespace {

struct Read {
  ScrapeConfig job;
  std::string complaints;
};

Read read(const std::string& yaml, const ScrapeSettings& global = {}) {
  YamlProblems problems("f");
  const auto value = parse_yaml(yaml, problems);
  if (!value) return {{}, value.error().message};
  Read result{read_scrape_config(*value, ReadContext{.directory = "/etc/x"}, global), ""};
  if (const Result<void> checked = problems.result(); !checked) result.complaints = checked.error().message;
  return result;
}

// A job with these other keys.
ScrapeConfig good(const std::string& yaml, const ScrapeSettings& global = {}) {
  Read result = read("job_name: j\n" + yaml, global);
  EXPECT_EQ(result.complaints, "") << yaml;
  return std::move(result.job);
}

std::string bad(const std::string& yaml, const ScrapeSettings& global = {}) {
  return read("job_name: j\n" + yaml, global).complaints;
}

std::string times(const ScrapeConfig& job) {
  return format_prometheus_duration(job.scrape_interval) + " " +
         format_prometheus_duration(job.scrape_timeout);
}

TEST(ScrapeConfig, HasDefaults) {
  const ScrapeConfig job = good("");
  EXPECT_EQ(job.job_name, "j");
  EXPECT_EQ(job.metrics_path, "/metrics");
  EXPECT_EQ(job.scheme, "http");
  EXPECT_TRUE(job.honor_timestamps);
  EXPECT_TRUE(job.enable_compression);
  EXPECT_FALSE(job.honor_labels);
  EXPECT_EQ(times(job), "1m 10s");
  EXPECT_EQ(job.metric_name_escaping_scheme, "allow-utf-8");
  EXPECT_EQ(*job.scrape_protocols, (std::vector<std::string>{"OpenMetricsText1.0.0", "OpenMetricsText0.0.1",
                                                             "PrometheusText1.0.0", "PrometheusText0.0.4"}));
  EXPECT_EQ(job.size(), 0u);
}

TEST(ScrapeConfig, NeedsAName) {
  EXPECT_EQ(read("scheme: https").complaints, "f:1: job_name: job_name is empty");
  EXPECT_EQ(read("job_name: ").complaints, "f:1: job_name: job_name is empty");
  EXPECT_EQ(read("").complaints, "f: empty or null scrape config section");
  EXPECT_EQ(read("[j]").complaints, "f:1: expected a mapping, not a list\nf:1: job_name: job_name is empty");
  EXPECT_EQ(read("job_name: !!binary /w==").complaints, "f:1: job_name: the value is not valid UTF-8");
}

TEST(ScrapeConfig, RefusesUnknownKeys) {
  EXPECT_EQ(bad("schema: x\nfoo_sd_configs: []"),
            "f:2: schema: unknown key\nf:3: foo_sd_configs: unknown key");
}

TEST(ScrapeConfig, LowersTheTimeoutToTheInterval) {
  ScrapeSettings global;
  EXPECT_EQ(times(good("scrape_interval: 5s", global)), "5s 5s");
  EXPECT_EQ(times(good("scrape_interval: 5s\nscrape_timeout: 4s", global)), "5s 4s");
  EXPECT_EQ(times(good("scrape_timeout: 0", global)), "1m 10s");
  EXPECT_EQ(times(good("scrape_interval:\nscrape_timeout:", global)), "1m 10s");
  EXPECT_EQ(bad("scrape_interval: 5s\nscrape_timeout: 6s", global),
            "f:3: scrape_timeout: scrape timeout greater than scrape interval, which is 5s");
  EXPECT_EQ(bad("scrape_timeout: 61s", global),
            "f:2: scrape_timeout: scrape timeout greater than scrape interval, which is 1m");
  EXPECT_EQ(bad("scrape_interval: 1.5m"), "f:2: scrape_interval: unknown unit \".\" in duration \"1.5m\"");
}

TEST(ScrapeConfig, InheritsWhatItDoesNotSay) {
  ScrapeSettings global;
  global.scrape_interval = std::chrono::seconds(30);
  global.scrape_timeout = std::chrono::seconds(20);
  global.sample_limit = 5;
  global.body_size_limit = 7;
  global.keep_dropped_targets = 9;
  global.scrape_native_histograms = true;
  global.always_scrape_classic_histograms = true;
  global.scrape_failure_log_file = "/log";
  const ScrapeConfig job = good("sample_limit: 0\nscrape_native_histograms: ", global);
  EXPECT_EQ(static_cast<const ScrapeSettings&>(good("scrape_protocols: [PrometheusProto]", global)), [&] {
    ScrapeSettings settings = global;
    settings.scrape_protocols = {"PrometheusProto"};
    return settings;
  }());
  EXPECT_EQ(job.sample_limit, 5u);
  EXPECT_TRUE(job.scrape_native_histograms);
  EXPECT_EQ(job.scrape_protocols->front(), "PrometheusProto");
  const ScrapeConfig other = good(
      "sample_limit: 6\nbody_size_limit: 10MB\nscrape_native_histograms: false\n"
      "always_scrape_classic_histograms: no\nscrape_failure_log_file: a/../own",
      global);
  EXPECT_EQ(other.sample_limit, 6u);
  EXPECT_EQ(other.body_size_limit, 10 << 20);
  EXPECT_FALSE(other.scrape_native_histograms);
  EXPECT_FALSE(other.always_scrape_classic_histograms);
  EXPECT_EQ(other.scrape_failure_log_file, "/etc/x/own");
  EXPECT_EQ(other.scrape_protocols->front(), "OpenMetricsText1.0.0");
}

TEST(ScrapeConfig, ChecksProtocols) {
  EXPECT_EQ(bad("scrape_protocols: []"), "f:2: scrape_protocols: scrape_protocols cannot be empty");
  EXPECT_EQ(bad("scrape_protocols: [PrometheusText0.0.4, prometheustext0.0.4]"),
            "f:2: scrape_protocols[1]: duplicated protocol in scrape_protocols");
  const std::string supported =
      ", supported: OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 "
      "PrometheusText1.0.0";
  EXPECT_EQ(bad("scrape_protocols: [prometheusproto]"),
            "f:2: scrape_protocols[0]: unknown scrape protocol \"prometheusproto\"" + supported);
  EXPECT_EQ(bad("fallback_scrape_protocol: prometheusproto"),
            "f:2: fallback_scrape_protocol: unknown scrape protocol \"prometheusproto\"" + supported);
  EXPECT_EQ(bad("fallback_scrape_protocol: [PrometheusProto]"),
            "f:2: fallback_scrape_protocol: expected a text, not a list");
  EXPECT_EQ(good("fallback_scrape_protocol: PrometheusProto").fallback_scrape_protocol, "PrometheusProto");
}

TEST(ScrapeConfig, ChecksLimits) {
  EXPECT_EQ(bad("body_size_limit: 100"), "f:2: body_size_limit: unknown unit \"\" in size \"100\"");
  EXPECT_EQ(bad("label_limit: -1"), "f:2: label_limit: expected a whole number that is not negative");
}

TEST(ScrapeConfig, InfersTheEscapingFromTheValidation) {
  const auto schemes = [](const ScrapeConfig& job) {
    const bool legacy = job.metric_name_validation_scheme == NameValidation::kLegacy;
    return (legacy ? "legacy " : "utf8 ") + job.metric_name_escaping_scheme;
  };
  ScrapeSettings legacy;
  legacy.metric_name_validation_scheme = NameValidation::kLegacy;
  legacy.metric_name_escaping_scheme = "dots";
  EXPECT_EQ(schemes(good("", legacy)), "legacy dots");
  EXPECT_EQ(schemes(good("metric_name_validation_scheme: utf8", legacy)), "utf8 allow-utf-8");
  EXPECT_EQ(schemes(good("metric_name_validation_scheme: legacy", legacy)), "legacy underscores");
  EXPECT_EQ(schemes(good("metric_name_validation_scheme: ''", legacy)), "legacy dots");
  EXPECT_EQ(schemes(good("metric_name_escaping_scheme: values")), "utf8 values");
  EXPECT_EQ(bad("metric_name_escaping_scheme: allow-utf-8", legacy),
            "f:2: metric_name_escaping_scheme: utf8 metric names requested but validation scheme is not set "
            "to UTF8");
  EXPECT_EQ(bad("metric_name_validation_scheme: UTF8"),
            "f:2: metric_name_validation_scheme: unknown name validation method, must be either '', 'legacy' "
            "or 'utf8'");
  EXPECT_EQ(bad("metric_name_escaping_scheme: dot"),
            "f:2: metric_name_escaping_scheme: unknown name escaping method, must be one of 'allow-utf-8', "
            "'underscores', 'dots', or 'values'");
}

TEST(ScrapeConfig, ReadsParams) {
  const auto params = good("params: {module: [a, 1], empty: , none: []}").params;
  EXPECT_EQ(params.at("module"), (std::vector<std::string>{"a", "1"}));
  EXPECT_TRUE(params.at("empty").empty());
  EXPECT_EQ(bad("params: {module: a}"), "f:2: params.module: expected a list of texts");
}

TEST(ScrapeConfig, ReadsStaticGroups) {
  const ScrapeConfig job = good(R"(
static_configs:
- targets: ["a:1", b]
  labels: {x: y, "__address__": z}
- {}
- targets: []
)");
  ASSERT_EQ(job.static_groups.size(), 3u);
  EXPECT_EQ(job.size(), 1u);
  const TargetGroup& first = *job.static_groups[0];
  EXPECT_EQ(first.source, "0");
  ASSERT_EQ(first.targets.size(), 2u);
  EXPECT_EQ(first.targets[0]->find(address_label()), "a:1");
  EXPECT_EQ(first.targets[1]->find(address_label()), "b");
  EXPECT_EQ(first.labels->find(LabelName("x")), "y");
  EXPECT_EQ(job.static_groups[2]->source, "2");
  EXPECT_TRUE(job.static_groups[2]->targets.empty());
  EXPECT_EQ(job.static_groups[2]->labels, nullptr);
}

TEST(ScrapeConfig, ChecksStaticGroups) {
  EXPECT_EQ(bad("static_configs:\n-\n"), "f:3: static_configs[0]: empty or null section in static_configs");
  EXPECT_EQ(bad("static_configs: [{target: [a]}]"), "f:2: static_configs[0].target: unknown key");
  EXPECT_EQ(bad("static_configs: [{targets: a}]"),
            "f:2: static_configs[0].targets: expected a list of texts");
  EXPECT_EQ(bad("static_configs: [{labels: {'': x}}]"),
            "f:2: static_configs[0].labels.: \"\" is not a valid label name");
  EXPECT_EQ(bad("static_configs: [{labels: {!!binary /w==: x}}]"),
            "f:2: static_configs[0].labels.\\xff: \"\\xff\" is not a valid label name");
}

TEST(ScrapeConfig, AllowsUrlsAsAddressesWhereRulesChangeThem) {
  const std::string url = "static_configs: [{targets: ['http://a/b']}]\n";
  const std::string refused = "f:2: static_configs[0].targets[0]: \"http://a/b\" is not a valid hostname";
  EXPECT_EQ(bad(url), refused);
  EXPECT_EQ(bad(url + "relabel_configs: []"), refused);
  EXPECT_EQ(bad(url + "metric_relabel_configs: [{action: drop, regex: a}]"), refused);
  EXPECT_EQ(bad(url + "relabel_configs: [{target_label: a, replacement: b}]"), "");
}

TEST(ScrapeConfig, ReadsRelabellingRulesByItsOwnScheme) {
  const std::string rules = "relabel_configs: [{target_label: a.b}]\n";
  EXPECT_EQ(good(rules).relabel_configs.at(0).target_label, "a.b");
  EXPECT_NE(bad(rules + "metric_name_validation_scheme: legacy"), "");
  EXPECT_EQ(bad("relabel_configs: [~]"),
            "f:2: relabel_configs[0]: empty or null target relabeling rule in scrape config");
  EXPECT_EQ(bad("metric_relabel_configs: [~]"),
            "f:2: metric_relabel_configs[0]: empty or null metric relabeling rule in scrape config");
}

TEST(ScrapeConfig, ReadsHttpOptionsAmongItsKeys) {
  EXPECT_EQ(good("bearer_token_file: t").http.authorization->credentials_file, "/etc/x/t");
  EXPECT_EQ(bad("basic_auth: {}\nauthorization: {}"),
            "f:1: at most one of basic_auth, oauth2 & authorization must be configured");
}

TEST(ScrapeConfig, NamesTheMechanismsThatItDoesNotHave) {
  for (const Mechanism& mechanism : mechanisms()) {
    const std::string key = std::string(mechanism.name) + "_sd_configs";
    EXPECT_EQ(bad(key + ":\n- \n"), "f:3: " + key + "[0]: empty or null section in " + key);
    EXPECT_EQ(good(key + ": []").size(), 0u);
    if (mechanism.read != nullptr) continue;
    EXPECT_EQ(bad(key + ": [{a: b}]"),
              "f:2: " + key + "[0]: discovery by " + std::string(mechanism.name) + " is not yet supported");
  }
}

TEST(ScrapeConfig, SaysWhatTargetsNeed) {
  const TargetOptions options = good(R"(
scrape_interval: 20s
metrics_path: /m
scheme: https
params: {a: [b]}
convert_classic_histograms_to_nhcb: true
metric_name_validation_scheme: legacy
relabel_configs: [{action: drop}]
)")
                                    .target_options();
  EXPECT_EQ(options.job_name, "j");
  EXPECT_EQ(options.scrape_interval, std::chrono::seconds(20));
  EXPECT_EQ(options.scrape_timeout, std::chrono::seconds(10));
  EXPECT_EQ(options.metrics_path, "/m");
  EXPECT_EQ(options.scheme, "https");
  EXPECT_EQ(options.params.at("a"), std::vector<std::string>{"b"});
  EXPECT_TRUE(options.convert_classic_histograms_to_nhcb);
  EXPECT_FALSE(options.scrape_native_histograms);
  EXPECT_EQ(options.validation, NameValidation::kLegacy);
  EXPECT_EQ(options.relabel_configs.size(), 1u);
}

TEST(ReadContext, JoinsPathsAsGoDoes) {
  const ReadContext context{.directory = "/etc/x"};
  EXPECT_EQ(context.path(""), "");
  EXPECT_EQ(context.path("a"), "/etc/x/a");
  EXPECT_EQ(context.path("./a//b/"), "/etc/x/a/b");
  EXPECT_EQ(context.path("../a"), "/etc/a");
  EXPECT_EQ(context.path("/b/../c"), "/b/../c");
  EXPECT_EQ(ReadContext{.directory = "."}.path("a"), "a");
}

}  // namespace
}  // namespace kubevitals::discovery
