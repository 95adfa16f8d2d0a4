#include "state/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

namespace kubevitals::state {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

kube::FeedStats feed(const kube::ResourceType& type, std::string name_space) {
  kube::FeedStats stats;
  stats.scope.resource = type;
  stats.scope.namespace_ = std::move(name_space);
  return stats;
}

Telemetry telemetry() {
  Telemetry result;
  result.version = "9.9";
  result.now = SteadyTime(100s);
  kube::FeedStats a = feed(kube::kPods, "a");
  a.synced = true;
  a.objects = 7;
  a.lists = 3;
  a.lists_complete = 2;
  a.list_errors = {{"410", 1}};
  a.watches_open = 5;
  a.watch_errors = {{"connection", 2}, {"timeout", 1}};
  a.events = {{"added", 70}, {"bookmark", 8}};
  a.last_event = SteadyTime(98s);
  kube::FeedStats b = feed(kube::kPods, "b");
  b.lists_complete = 1;
  b.last_error = "cannot list pods: refused";
  result.feeds = {a, b, feed(kube::kDeployments, "")};
  result.stores = {{a.scope, 1000, 100}};
  return result;
}

TEST(Telemetry, IncumbentsNamesAreSumsOverNamespaces) {
  ScrapeMetrics scrapes;
  const std::string text = telemetry_text(telemetry(), scrapes);
  EXPECT_THAT(text, HasSubstr("kube_state_metrics_list_total{resource=\"*v1.Pod\",result=\"error\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kube_state_metrics_list_total{resource=\"*v1.Pod\",result=\"success\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("kube_state_metrics_watch_total{resource=\"*v1.Pod\",result=\"error\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("kube_state_metrics_watch_total{resource=\"*v1.Pod\",result=\"success\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("resource=\"*v1.Deployment\",result=\"success\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("\nkube_state_metrics_total_shards 1\n"));
}

TEST(Telemetry, TheWebConfigurationTellsWhetherItIsInForce) {
  ScrapeMetrics scrapes;
  Telemetry figures = telemetry();
  EXPECT_THAT(telemetry_text(figures, scrapes), Not(HasSubstr("kubevitals_web_config")));
  figures.web = net::WebConfigSource::Figures{2, 3, false};
  const std::string text = telemetry_text(figures, scrapes);
  EXPECT_THAT(text, HasSubstr("\nkubevitals_web_config_last_reload_successful 0\n"));
  EXPECT_THAT(text, HasSubstr("\nkubevitals_web_config_reloads_total{result=\"error\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\nkubevitals_web_config_reloads_total{result=\"success\"} 2\n"));
}

TEST(Telemetry, FeedsTellTheirAgeOnceThereWasAnEvent) {
  ScrapeMetrics scrapes;
  const std::string text = telemetry_text(telemetry(), scrapes);
  EXPECT_THAT(text,
              HasSubstr("kubevitals_feed_last_event_age_seconds{resource=\"pods\",namespace=\"a\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("age_seconds{resource=\"pods\",namespace=\"b\"}")));
  EXPECT_THAT(text, HasSubstr("kubevitals_feed_synced{resource=\"pods\",namespace=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kubevitals_feed_healthy{resource=\"pods\",namespace=\"b\"} 0\n"));
  EXPECT_THAT(
      text, HasSubstr("kubevitals_feed_events_total{resource=\"pods\",namespace=\"a\",type=\"added\"} 70\n"));
  EXPECT_THAT(text, HasSubstr("kubevitals_store_compressed_bytes{resource=\"pods\",namespace=\"a\"} 100\n"));
}

TEST(Telemetry, HeadRequestsShowOnceThereWasOne) {
  ScrapeMetrics scrapes;
  scrapes.get.observe(0.003);
  ++scrapes.gzip;
  std::string text = telemetry_text(telemetry(), scrapes);
  EXPECT_THAT(text, HasSubstr("http_request_duration_seconds_count{handler=\"metrics\",method=\"get\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("method=\"head\"")));
  EXPECT_THAT(text, HasSubstr("kubevitals_scrapes_total{encoding=\"gzip\"} 1\n"));
  scrapes.head.observe(0.001);
  text = telemetry_text(telemetry(), scrapes);
  EXPECT_THAT(text, HasSubstr("_count{handler=\"metrics\",method=\"head\"} 1\n"));
}

TEST(Telemetry, NoSeriesTwice) {
  ScrapeMetrics scrapes;
  std::istringstream lines(telemetry_text(telemetry(), scrapes));
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second || line.starts_with('#')) << line;
  }
  EXPECT_GT(seen.size(), 50u);
}

}  // namespace
}  // namespace kubevitals::state
