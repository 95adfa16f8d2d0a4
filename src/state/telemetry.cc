#include "state/telemetry.h"

#include <map>
#include <string_view>

#include "kube/feed_figures.h"

namespace kubevitals::state {
namespace {

using exposition::MetricWriter;
using kube::FeedStats;
using Feeds = std::vector<FeedStats>;
using Type = MetricWriter::Type;

// KSM labels these by the Go type it expects, such as "*v1.Pod".
std::string go_type(const kube::ResourceType& type) {
  return "*" + std::string(type.version) + "." + std::string(type.kind);
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

// One sample for each resource, whatever the number of its feeds.
void write_results(MetricWriter& writer, const Feeds& feeds, std::uint64_t FeedStats::*successes,
                   std::map<std::string, std::uint64_t> FeedStats::*errors) {
  struct Results {
    std::uint64_t success = 0;
    std::uint64_t error = 0;
  };
  std::map<std::string, Results> results;
  for (const FeedStats& feed : feeds) {
    Results& result = results[go_type(feed.scope.resource)];
    result.success += feed.*successes;
    result.error += sum(feed.*errors);
  }
  for (const auto& [type, result] : results) {
    writer.sample({{"resource", type}, {"result", "error"}}, static_cast<double>(result.error));
    writer.sample({{"resource", type}, {"result", "success"}}, static_cast<double>(result.success));
  }
}

// What KSM has as well.
void write_incumbent(MetricWriter& writer, const Telemetry& telemetry, const ScrapeMetrics& scrapes) {
  writer.family("kube_state_metrics_build_info", Type::kGauge, "Always 1; says what stands in for it.");
  writer.sample({{"version", "kubevitals/" + telemetry.version}}, 1);
  writer.family("kube_state_metrics_list_total", Type::kCounter, "Lists of a resource, by how they ended.");
  write_results(writer, telemetry.feeds, &FeedStats::lists_complete, &FeedStats::list_errors);
  writer.family("kube_state_metrics_watch_total", Type::kCounter,
                "Watches of a resource, by whether they came to stand; breaking later is an error as well.");
  write_results(writer, telemetry.feeds, &FeedStats::watches_open, &FeedStats::watch_errors);
  writer.family("kube_state_metrics_shard_ordinal", Type::kGauge, "Which shard this is.");
  writer.sample({{"shard_ordinal", "0"}}, 0);
  writer.family("kube_state_metrics_total_shards", Type::kGauge, "How many shards there are.");
  writer.sample(1);
  writer.family("http_request_duration_seconds", Type::kHistogram,
                "Time from a scrape's request to the end of its response.");
  writer.histogram({{"handler", "metrics"}, {"method", "get"}}, scrapes.get);
  if (scrapes.head.count() > 0) {
    writer.histogram({{"handler", "metrics"}, {"method", "head"}}, scrapes.head);
  }
}

void write_stores(MetricWriter& writer, const std::vector<StoreFigures>& stores) {
  writer.family("kubevitals_store_text_bytes", Type::kGauge, "Text of all samples at the last scrape.");
  for (const StoreFigures& store : stores) {
    writer.sample({{"resource", store.scope.resource.plural}, {"namespace", store.scope.namespace_}},
                  static_cast<double>(store.text_bytes));
  }
  writer.family("kubevitals_store_compressed_bytes", Type::kGauge, "The same, as it is kept and sent.");
  for (const StoreFigures& store : stores) {
    writer.sample({{"resource", store.scope.resource.plural}, {"namespace", store.scope.namespace_}},
                  static_cast<double>(store.compressed_bytes));
  }
}

void write_scrapes(MetricWriter& writer, const ScrapeMetrics& scrapes) {
  writer.family("kubevitals_scrapes_total", Type::kCounter, "Scrapes answered, by encoding.");
  writer.sample({{"encoding", "gzip"}}, static_cast<double>(scrapes.gzip.load()));
  writer.sample({{"encoding", "identity"}}, static_cast<double>(scrapes.plain.load()));
  writer.family("kubevitals_scrape_prepare_seconds", Type::kHistogram,
                "Time from a scrape's request to its response's head: making changed pages anew.");
  writer.histogram({}, scrapes.prepare);
}

void write_web(MetricWriter& writer, const net::WebConfigSource::Figures& web) {
  writer.family("kubevitals_web_config_last_reload_successful", Type::kGauge,
                "0 while the web configuration's files are not good and an older state is in force.");
  writer.sample(web.last_was_good ? 1 : 0);
  writer.family("kubevitals_web_config_reloads_total", Type::kCounter,
                "Changes of the web configuration's files, by whether they could be used.");
  writer.sample({{"result", "error"}}, static_cast<double>(web.failures));
  writer.sample({{"result", "success"}}, static_cast<double>(web.reloads));
}

}  // namespace

std::string telemetry_text(const Telemetry& telemetry, const ScrapeMetrics& scrapes) {
  MetricWriter writer;
  writer.family("kubevitals_build_info", Type::kGauge, "Always 1; says which version this is.");
  writer.sample({{"version", telemetry.version}}, 1);
  writer.family("kubevitals_ready", Type::kGauge, "1 once all resources are complete, as /readyz says.");
  writer.sample(telemetry.ready ? 1 : 0);
  write_incumbent(writer, telemetry, scrapes);
  kube::write_feed_metrics(writer, telemetry.feeds, telemetry.now);
  write_stores(writer, telemetry.stores);
  write_scrapes(writer, scrapes);
  if (telemetry.web) write_web(writer, *telemetry.web);
  exposition::write_process_metrics(writer);
  return writer.take();
}

}  // namespace kubevitals::state
