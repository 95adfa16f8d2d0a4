#include "discovery/target.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace kubevitals::discovery {
namespace {

using Map = std::map<std::string, std::string>;

constexpr const char* kBooleans[] = {"__convert_classic_histograms_to_nhcb__",
                                     "__always_scrape_classic_histograms__", "__scrape_native_histograms__"};

LabelBlockPtr block(const Map& labels) {
  LabelBlockBuilder builder;
  for (const auto& [name, value] : labels) builder.add(name, value);
  return builder.build();
}

TargetOptions options(const std::string& rules = "[]") {
  TargetOptions result;
  result.job_name = "j";
  YamlProblems problems("");
  const Result<YamlValue> document = parse_yaml(rules, problems);
  EXPECT_TRUE(document);
  result.relabel_configs = read_relabel_configs(*document, result.validation, "target");
  EXPECT_TRUE(problems.empty()) << problems.found().front();
  return result;
}

std::string print(const std::vector<Label>& labels, bool internal) {
  Map map;
  for (const Label& label : labels) {
    if (!label.value.empty() && (internal || !label.name.is_internal()))
      map.emplace(label.name.text(), label.value);
  }
  std::string text;
  for (const auto& [name, value] : map)
    text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  return text;
}

struct Built {
  std::string labels;  // those that are shown; or "dropped by <rule>", or "error: <message>"
  std::string internal;
  std::string url;
  std::uint64_t identity = 0;
  std::size_t own_labels = 0;
};

Built describe(const TargetBuilder& builder, const TargetOutcome& outcome) {
  Built built;
  if (const auto* dropped = std::get_if<DroppedTarget>(&outcome)) {
    built.labels = "dropped by " + std::to_string(dropped->rule);
  } else if (const auto* error = std::get_if<Error>(&outcome)) {
    built.labels = "error: " + error->message;
  } else {
    const auto& kept = std::get<KeptTarget>(outcome);
    std::vector<Label> labels;
    merge_labels({kept.labels.get()}, labels);
    built.labels = print(labels, false);
    built.internal = print(labels, true);
    built.url = builder.url(*kept.labels);
    built.identity = kept.identity;
    built.own_labels = kept.labels->own_size();
  }
  return built;
}

Built build(const TargetOptions& how, const Map& target, const Map& group = {}) {
  TargetBuilder builder(how);
  return describe(builder, builder.build(block(target).get(), block(group).get()));
}

// Of a target at h:9 with some labels more.
std::string labels_with(Map target, const std::string& rules = "[]") {
  target.emplace("__address__", "h:9");
  return build(options(rules), target).labels;
}

TEST(Target, HasJobAndInstance) {
  const Built built = build(options(), {{"__address__", "h:9"}});
  EXPECT_EQ(built.labels, "instance=h:9 job=j");
  EXPECT_EQ(
      built.internal,
      "__address__=h:9 __always_scrape_classic_histograms__=false "
      "__convert_classic_histograms_to_nhcb__=false __metrics_path__=/metrics __scheme__=http "
      "__scrape_interval__=1m __scrape_native_histograms__=false __scrape_timeout__=10s instance=h:9 job=j");
  EXPECT_EQ(built.url, "http://h:9/metrics");
}

TEST(Target, DiscoveredLabelsAreThoseBeforeRelabelling) {
  TargetOptions how = options("[{action: drop}]");
  how.params = {{"q", {"v", "w"}}, {"none", {}}, {"set", {"x"}}};
  how.scrape_native_histograms = true;
  how.scrape_interval = std::chrono::seconds(90);
  how.scheme = "https";
  TargetBuilder builder(how);
  const auto target = block({{"__address__", "h"}, {"job", ""}, {"both", ""}, {"__param_set", "own"}});
  const auto group = block({{"__meta_x", "1"}, {"both", "group"}, {"__scheme__", "ftp"}});
  LabelSet set;
  builder.discovered(target.get(), group.get(), set);
  EXPECT_EQ(print(set.labels(), true),
            "__address__=h __always_scrape_classic_histograms__=false "
            "__convert_classic_histograms_to_nhcb__=false __meta_x=1 __metrics_path__=/metrics __param_q=v "
            "__param_set=own __scheme__=ftp __scrape_interval__=1m30s __scrape_native_histograms__=true "
            "__scrape_timeout__=10s job=j");
}

TEST(Target, OwnLabelsAndThoseOfTheGroupOverrideTheConfiguration) {
  const Built built = build(options(), {{"__address__", "h"}, {"job", "other"}, {"a", "own"}, {"b", ""}},
                            {{"a", "group"}, {"b", "group"}, {"c", "group"}, {"__metrics_path__", "/m"}});
  EXPECT_EQ(built.labels, "a=own c=group instance=h job=other");
  EXPECT_EQ(built.url, "http://h/m");
}

TEST(Target, LosesMetaLabelsAfterRelabelling) {
  const std::string rules =
      "[{source_labels: [__meta_a], target_label: __meta_b}, {source_labels: [__meta_b], target_label: b},"
      " {target_label: __tmp, replacement: t}]";
  const Built built = build(options(rules), {{"__address__", "h"}, {"__meta_a", "x"}});
  EXPECT_EQ(built.labels, "b=x instance=h job=j");
  EXPECT_EQ(built.internal.find("__meta"), std::string::npos);
  EXPECT_NE(built.internal.find("__tmp=t"), std::string::npos);
}

TEST(Target, InstanceIsTheAddressUnlessGiven) {
  EXPECT_EQ(labels_with({{"instance", "i"}}), "instance=i job=j");
  EXPECT_EQ(labels_with({{"instance", ""}}), "instance=h:9 job=j");
  EXPECT_EQ(labels_with({{"instance", "i"}}, "[{action: labeldrop, regex: instance}]"), "instance=h:9 job=j");
  EXPECT_EQ(labels_with({}, "[{target_label: __address__, replacement: new}]"), "instance=new job=j");
  EXPECT_EQ(labels_with({}, "[{action: labeldrop, regex: '[a-z].*'}]"), "instance=h:9");
}

TEST(Target, IsDroppedByTheRuleWithThisNumber) {
  EXPECT_EQ(labels_with({}, "[{action: keep}, {action: drop, source_labels: [job], regex: j}]"),
            "dropped by 1");
  EXPECT_EQ(labels_with({}, "[{action: drop, source_labels: [job], regex: other}]"), "instance=h:9 job=j");
}

TEST(Target, NeedsAnAddress) {
  EXPECT_EQ(build(options(), {{"x", "y"}}).labels, "error: no address");
  EXPECT_EQ(build(options(), {{"__address__", ""}}, {{"__address__", "group"}}).labels, "error: no address");
  EXPECT_EQ(build(options(), {{"__address__", "http://h"}}).labels,
            "error: \"http://h\" is not a valid hostname");
  for (const char* address : {"h:99999", "a b", "h?x", "[::1]"}) {
    EXPECT_EQ(build(options(), {{"__address__", address}}).labels,
              std::string("instance=") + address + " job=j");
  }
}

TEST(Target, NeedsSoundTimes) {
  const auto times = [](const std::string& interval, const std::string& timeout) {
    return labels_with({{"__scrape_interval__", interval}, {"__scrape_timeout__", timeout}});
  };
  EXPECT_EQ(times("15s", "15s"), "instance=h:9 job=j");
  EXPECT_EQ(times("0s", "0s"), "error: scrape interval cannot be 0");
  EXPECT_EQ(times("1m", "0"), "error: scrape timeout cannot be 0");
  EXPECT_EQ(times("5s", "10s"),
            "error: scrape timeout cannot be greater than scrape interval (\"10s\" > \"5s\")");
  EXPECT_EQ(times("1m", "1.5s"),
            "error: error parsing scrape timeout: unknown unit \".\" in duration \"1.5s\"");
  EXPECT_EQ(times("x", "1s").substr(0, 36), "error: error parsing scrape interval");
  EXPECT_EQ(labels_with({}, "[{action: labeldrop, regex: __scrape_interval__}]"),
            "error: error parsing scrape interval: empty duration string");
}

TEST(Target, NeedsSoundBooleans) {
  const char* const kWords[] = {"convert classic histograms to nhcb", "always scrape classic histograms",
                                "scrape native histograms"};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(labels_with({{kBooleans[i], "yes"}}),
              std::string("error: error parsing ") + kWords[i] +
                  ": strconv.ParseBool: parsing \"yes\": invalid syntax");
    EXPECT_EQ(labels_with({{kBooleans[i], "TRUE"}}), "instance=h:9 job=j");
    EXPECT_EQ(labels_with({}, std::string("[{action: labeldrop, regex: ") + kBooleans[i] + "}]"),
              "instance=h:9 job=j");
  }
}

TEST(Target, NeedsUtf8) {
  EXPECT_EQ(labels_with({{"a", "\xFF\n"}}), R"(error: invalid label value for "a": "\xff\n")");
  EXPECT_EQ(labels_with({{"__meta_a", "\xFF"}}), "instance=h:9 job=j");
}

TEST(Target, ParametersComeFromLabelsFirst) {
  TargetOptions how = options();
  how.params = {{"q", {"v", "w"}}};
  EXPECT_EQ(build(how, {{"__address__", "h"}}).url, "http://h/metrics?q=v&q=w");
  EXPECT_EQ(build(how, {{"__address__", "h"}, {"__param_q", "x"}, {"__param_z", "1"}}).url,
            "http://h/metrics?q=x&q=w&z=1");
  TargetOptions dropped = options("[{action: labeldrop, regex: __param_q}]");
  dropped.params = how.params;
  const Built built = build(dropped, {{"__address__", "h"}});
  EXPECT_EQ(built.url, "http://h/metrics?q=v&q=w");
  EXPECT_EQ(built.internal.find("__param_q"), std::string::npos);
}

TEST(Target, SharesWhatIsAsConfigured) {
  EXPECT_EQ(build(options(), {{"__address__", "h"}}).own_labels, 2U);  // and instance
  EXPECT_EQ(build(options(), {{"__address__", "h"}, {"job", "j"}}).own_labels, 2U);
  EXPECT_EQ(build(options(), {{"__address__", "h"}, {"job", "k"}}).own_labels, 3U);
}

TEST(Target, IdentityIsThatOfAllLabelsThatRemain) {
  const auto identity = [](Map target, const Map& group = {}) {
    target.emplace("__address__", "h");
    return build(options(), target, group).identity;
  };
  EXPECT_EQ(identity({}), identity({{"__meta_x", "1"}}));
  EXPECT_EQ(identity({{"a", "1"}}), identity({}, {{"a", "1"}}));
  EXPECT_EQ(identity({{"__scheme__", "http"}}), identity({}));
  EXPECT_NE(identity({{"__scheme__", "https"}}), identity({}));
  EXPECT_NE(identity({{"__x", "1"}}), identity({}));
  EXPECT_NE(identity({{"a", "1"}}), identity({{"a", "2"}}));
  EXPECT_NE(identity({{"a", "1"}}), identity({{"b", "1"}}));
}

TEST(Target, OneBuilderMakesMany) {
  TargetBuilder builder(
      options("[{action: labelmap, regex: '__meta_(.*)'}, {action: drop, source_labels: [x], regex: '2'}]"));
  const auto make = [&](const Map& target) {
    return describe(builder, builder.build(block(target).get(), nullptr)).labels;
  };
  EXPECT_EQ(make({{"__address__", "h"}, {"__meta_x", "1"}}), "instance=h job=j x=1");
  EXPECT_EQ(make({{"__address__", "h"}, {"__meta_x", "2"}}), "dropped by 1");
  EXPECT_EQ(make({{"__address__", "i"}, {"__meta_y", "3"}}), "instance=i job=j y=3");
  TargetBuilder moved = std::move(builder);
  EXPECT_EQ(describe(moved, moved.build(block({{"__address__", "k"}}).get(), nullptr)).labels,
            "instance=k job=j");
}

TEST(Target, TracesItsRules) {
  TargetBuilder builder(options("[{target_label: a, replacement: b}, {action: drop, source_labels: [job]}]"));
  std::string steps;
  const auto outcome =
      builder.trace(block({{"__address__", "h"}}).get(), nullptr, [&](const RelabelStep& step) {
        steps.append(std::to_string(step.rule)).append(step.value).append(step.dropped ? " dropped;" : ";");
      });
  EXPECT_EQ(steps, "0;1j dropped;");
  EXPECT_EQ(describe(builder, outcome).labels, "dropped by 1");
}

}  // namespace
}  // namespace kubevitals::discovery
