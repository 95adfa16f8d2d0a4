// Each source reads its two answers in testdata/ for the cluster there; what the pipeline makes of the second
// stands beside them in <source>.txt. The node is cordoned; `proxy` starts again between the two, `late` is
// not reported, and of `ghost-1` the API server knows nothing.
#include <gtest/gtest.h>

#include "usage/batch_fixture.h"

namespace kubevitals::usage {
namespace {

const std::string kDirectory = std::string(KUBEVITALS_USAGE_TESTDATA) + "/";
constexpr Nanos kNow = 1'767'225'665'000'000'000;
constexpr Nanos kMinute = 60'000'000'000;

void expect_pinned(std::string_view source, const std::string& name, const std::string& extension) {
  ScrapedBatches scraper(*find_source_type(source));
  add_pods(scraper.directory(), read_test_file(kDirectory + "pods.json"));
  add_nodes(scraper.directory(), read_test_file(kDirectory + "nodes.json"));
  add_namespaces(scraper.directory(), read_test_file(kDirectory + "namespaces.json"));
  const auto answer = [&](int number) {
    return read_test_file(kDirectory + name + "-" + std::to_string(number) + extension);
  };
  const FlatBatch first = flatten(*scraper.scrape({{"n1", answer(1)}}, kNow));
  for (const auto& [key, set] : first) {
    for (const auto& [metric, value] : set.metrics) EXPECT_FALSE(metric.ends_with("_rate")) << key;
  }
  const FlatBatch second = flatten(*scraper.scrape({{"n1", answer(2)}}, kNow + kMinute));
  EXPECT_EQ(to_text(second), read_test_file(kDirectory + name + ".txt"));
}

TEST(PinnedSources, Summary) {
  expect_pinned("kubernetes.summary_api", "summary", ".json");
}
TEST(PinnedSources, StatsContainer) {
  expect_pinned("kubernetes", "stats_container", ".json");
}
TEST(PinnedSources, Resource) {
  expect_pinned("kubernetes.resource", "resource", ".txt");
}

}  // namespace
}  // namespace kubevitals::usage
