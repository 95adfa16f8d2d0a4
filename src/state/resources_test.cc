#include "state/resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "state/family_header.h"
#include "state/known_resources.h"

namespace kubevitals::state {
namespace {

TEST(Resources, AreSortedAndKnown) {
  const auto rows = resources();
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(),
                             [](const Resource& a, const Resource& b) { return a.name < b.name; }));
  for (const Resource& row : rows) {
    EXPECT_NE(find_known_resource(row.name), nullptr) << row.name;
    EXPECT_EQ(row.name, row.type.plural);
    EXPECT_EQ(find_resource(row.name), &row);
  }
  EXPECT_EQ(find_resource("nothing"), nullptr);
}

TEST(Resources, FamiliesHaveDistinctNamesAndHelp) {
  std::set<std::string_view> names;
  for (const Resource& row : resources()) {
    for (std::size_t index = 0; index < row.family_count; ++index) {
      const FamilyInfo& family = row.family(index);
      EXPECT_TRUE(names.insert(family.name).second) << family.name;
      EXPECT_TRUE(family.name.starts_with("kube_")) << family.name;
      EXPECT_FALSE(family.help.empty()) << family.name;
      const bool is_total = family.name.ends_with("_total");
      EXPECT_EQ(family.type == MetricType::kCounter, is_total) << family.name;
    }
  }
}

TEST(Resources, HaveTheIncumbentsNumberOfFamilies) {
  const std::pair<std::string_view, std::size_t> expected[] = {{"deployments", 18}, {"namespaces", 5},
                                                               {"nodes", 13},       {"pods", 60},
                                                               {"replicasets", 11}, {"services", 8}};
  for (const auto& [name, count] : expected) {
    ASSERT_NE(find_resource(name), nullptr) << name;
    EXPECT_EQ(find_resource(name)->family_count, count) << name;
  }
}

TEST(JsonRenderer, RefusesAnObjectOfTheWrongShapeAndGoesOn) {
  const Resource* pods = find_resource("pods");
  SelectedResource selected;
  selected.resource = pods;
  selected.families = {17};  // kube_pod_info
  const auto renderer = pods->make_json_renderer(selected);
  const auto bad = renderer->render(R"({"metadata":{"name":5}})");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, testing::HasSubstr("metadata.name"));
  const auto good = renderer->render(R"({"metadata":{"name":"p"}})");
  ASSERT_TRUE(good);
  EXPECT_EQ((*good)->size(), 1u);
  EXPECT_THAT(std::string((*good)->family(0)), testing::StartsWith("kube_pod_info{namespace=\"\",pod=\"p\""));
}

TEST(FamilyHeader, MarksStableAndDeprecatedFamilies) {
  const auto header = [](const FamilyInfo& family, TextFormat format = TextFormat::kPrometheus) {
    std::string out;
    append_family_header(out, family, format);
    return out;
  };
  EXPECT_EQ(header({.name = "f", .help = "Some help"}), "# HELP f Some help\n# TYPE f gauge\n");
  EXPECT_EQ(
      header({.name = "f_total", .type = MetricType::kCounter, .stability = Stability::kStable, .help = "H"}),
      "# HELP f_total [STABLE] H\n# TYPE f_total counter\n");
  EXPECT_EQ(
      header(
          {.name = "f", .stability = Stability::kStable, .help = "a\\b\nc", .deprecated_since = "v2.14.0"}),
      "# HELP f [STABLE] (Deprecated since v2.14.0) a\\\\b\\nc\n# TYPE f gauge\n");
}

TEST(FamilyHeader, OnlyOpenMetricsHasInfoAndStateset) {
  for (const auto& [type, name] :
       {std::pair{MetricType::kInfo, "info"}, std::pair{MetricType::kStateSet, "stateset"}}) {
    const FamilyInfo family{.name = "f", .type = type, .help = "H"};
    std::string text;
    append_family_header(text, family, TextFormat::kPrometheus);
    EXPECT_EQ(text, "# HELP f H\n# TYPE f gauge\n");
    std::string open_metrics;
    append_family_header(open_metrics, family, TextFormat::kOpenMetrics);
    EXPECT_EQ(open_metrics, std::string("# HELP f H\n# TYPE f ") + name + "\n");
  }
}

}  // namespace
}  // namespace kubevitals::state
