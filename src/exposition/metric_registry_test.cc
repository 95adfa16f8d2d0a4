#include "exposition/metric_registry.h"

#include <gtest/gtest.h>

namespace kubevitals::exposition {
namespace {

std::string text_of(const MetricRegistry& registry) {
  MetricWriter writer;
  registry.write(writer);
  return writer.take();
}

bool shows(const MetricRegistry& registry, std::string_view line) {
  return text_of(registry).find(line) != std::string::npos;
}

TEST(MetricRegistry, ALeasedSeriesIsThereWhileAnybodyHoldsIt) {
  MetricRegistry registry({{"failures_total", MetricKind::kCounter, "Failures.", {"job"}}});
  auto first = registry.lease("failures_total", {"a"});
  EXPECT_TRUE(shows(registry, "failures_total{job=\"a\"} 0"));
  auto second = registry.lease("failures_total", {"a"});
  auto other = registry.lease("failures_total", {"b"});
  registry.metric("failures_total", {"a"})->add();
  first.reset();
  EXPECT_TRUE(shows(registry, "failures_total{job=\"a\"} 1"));
  second.reset();
  EXPECT_FALSE(shows(registry, "job=\"a\""));
  EXPECT_TRUE(shows(registry, "failures_total{job=\"b\"} 0"));
  other = registry.lease("failures_total", {"a"});
  EXPECT_TRUE(shows(registry, "failures_total{job=\"a\"} 0")) << "begins anew";
  EXPECT_FALSE(shows(registry, "job=\"b\""));
}

}  // namespace
}  // namespace kubevitals::exposition
