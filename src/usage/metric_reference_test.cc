// docs/usage/metrics.md is made from the table of metrics: this test holds it to that, and prints what it
// should be.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "usage/model/metric.h"

namespace kubevitals::usage {
namespace {

std::string rows() {
  std::string text;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const MetricDescriptor& metric = describe(static_cast<Metric>(i));
    const std::string_view units = to_string(metric.units);
    std::string labels;
    if (metric.labels == MetricLabels::kResourceId) labels = "`resource_id`";
    if (metric.labels == MetricLabels::kAccelerator) labels = "`make`, `model`, `accelerator_id`";
    text.append("| `").append(metric.name).append("` | ").append(to_string(metric.type));
    text.append(" | ").append(to_string(metric.value_type)).append(" | ").append(units).append(" | ");
    text.append(labels).append(" | ").append(metric.description).append(" |\n");
  }
  return text;
}

TEST(MetricReference, IsTheTable) {
  std::ifstream file(KUBEVITALS_METRIC_REFERENCE);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find("| --- | --- | --- | --- | --- | --- |\n" + rows()), std::string::npos)
      << "the rows of " << KUBEVITALS_METRIC_REFERENCE << " should be\n"
      << rows();
}

}  // namespace
}  // namespace kubevitals::usage
