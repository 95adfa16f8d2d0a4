#include "exposition/metric_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubevitals::exposition {
namespace {

using ::testing::HasSubstr;
using Type = MetricWriter::Type;

TEST(MetricWriter, FamiliesAndSamples) {
  MetricWriter writer;
  writer.family("a_total", Type::kCounter, "What a is.");
  writer.sample(3);
  writer.family("b", Type::kGauge, "What b is.");
  writer.sample({{"x", "1\n"}}, 0.5);
  EXPECT_EQ(writer.take(),
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total 3\n"
            "# HELP b What b is.\n# TYPE b gauge\nb{x=\"1\\n\"} 0.5\n");
}

TEST(MetricWriter, HistogramCountsUpToEachBound) {
  DurationHistogram histogram;
  for (const double seconds : {0.001, 0.005, 0.2, 100.0}) histogram.observe(seconds);
  MetricWriter writer;
  writer.family("t_seconds", Type::kHistogram, "Times.");
  writer.histogram({{"m", "get"}}, histogram);
  const std::string text = writer.take();
  EXPECT_THAT(text, HasSubstr("# TYPE t_seconds histogram\nt_seconds_bucket{m=\"get\",le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{m=\"get\",le=\"0.1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{m=\"get\",le=\"0.25\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{m=\"get\",le=\"10\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_bucket{m=\"get\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_sum{m=\"get\"} 100.206\n"));
  EXPECT_THAT(text, HasSubstr("t_seconds_count{m=\"get\"} 4\n"));
}

TEST(MetricWriter, Summary) {
  MetricWriter writer;
  writer.family("t_ms", Type::kSummary, "Times.");
  const MetricWriter::Quantile quantiles[] = {{"0.5", 1.5}, {"0.99", 20}};
  writer.summary({{"m", "get"}}, quantiles, 21.5, 2);
  EXPECT_EQ(writer.take(),
            "# HELP t_ms Times.\n# TYPE t_ms summary\nt_ms{m=\"get\",quantile=\"0.5\"} 1.5\n"
            "t_ms{m=\"get\",quantile=\"0.99\"} 20\nt_ms_sum{m=\"get\"} 21.5\nt_ms_count{m=\"get\"} 2\n");
}

TEST(MetricWriter, ProcessMetricsAreSane) {
  MetricWriter writer;
  write_process_metrics(writer);
  const std::string text = writer.take();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_start_time_seconds", "process_open_fds", "process_max_fds"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " ")) << name;
  }
  const std::size_t at = text.find("\nprocess_start_time_seconds ");
  EXPECT_GT(std::stod(text.substr(at + 28)), 1.5e9);
}

}  // namespace
}  // namespace kubevitals::exposition
