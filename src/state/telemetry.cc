#include "state/telemetry.h"

#include <map>
#include <optional>
#include <string_view>

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

// A figure that every feed has.
struct FeedFigure {
  std::string_view name;
  Type type;
  std::string_view help;
  double (*value)(const FeedStats& feed);
};

constexpr FeedFigure kFeedFigures[] = {
    {"kubevitals_feed_synced", Type::kGauge, "1 once the feed's first list was complete.",
     [](const FeedStats& feed) { return feed.synced ? 1.0 : 0.0; }},
    {"kubevitals_feed_healthy", Type::kGauge, "0 while the feed's last attempt has failed.",
     [](const FeedStats& feed) { return feed.last_error.empty() ? 1.0 : 0.0; }},
    {"kubevitals_feed_objects", Type::kGauge, "Objects that the feed knows of.",
     [](const FeedStats& feed) { return static_cast<double>(feed.objects); }},
    {"kubevitals_feed_lists_total", Type::kCounter, "Lists begun, streaming ones included.",
     [](const FeedStats& feed) { return static_cast<double>(feed.lists); }},
    {"kubevitals_feed_watches_total", Type::kCounter, "Watches begun.",
     [](const FeedStats& feed) { return static_cast<double>(feed.watches); }},
    {"kubevitals_feed_reconnects_total", Type::kCounter, "Watches begun again from where they were.",
     [](const FeedStats& feed) { return static_cast<double>(feed.reconnects); }},
    {"kubevitals_feed_received_bytes_total", Type::kCounter, "Bytes received, as they were on the wire.",
     [](const FeedStats& feed) { return static_cast<double>(feed.bytes); }},
};

// Figures that a feed has by something else.
struct FeedBreakdown {
  std::string_view name;
  std::string_view help;
  std::string_view label;
  std::map<std::string, std::uint64_t> FeedStats::*counts;
};

constexpr FeedBreakdown kFeedBreakdowns[] = {
    {"kubevitals_feed_list_errors_total", "Lists that failed, by why.", "code", &FeedStats::list_errors},
    {"kubevitals_feed_watch_errors_total", "Watches that failed, by why.", "code", &FeedStats::watch_errors},
    {"kubevitals_feed_events_total", "Watch events received, by type.", "type", &FeedStats::events},
};

struct FeedAge {
  std::string_view name;
  std::string_view help;
  std::optional<SteadyTime> FeedStats::*time;
};

constexpr FeedAge kFeedAges[] = {
    {"kubevitals_feed_last_event_age_seconds", "How long ago the last event came, bookmarks included.",
     &FeedStats::last_event},
    {"kubevitals_feed_last_bookmark_age_seconds", "How long ago the last bookmark came.",
     &FeedStats::last_bookmark},
};

void write_feeds(MetricWriter& writer, const Telemetry& telemetry) {
  for (const FeedFigure& figure : kFeedFigures) {
    writer.family(figure.name, figure.type, figure.help);
    for (const FeedStats& feed : telemetry.feeds) {
      writer.sample({{"resource", feed.scope.resource.plural}, {"namespace", feed.scope.namespace_}},
                    figure.value(feed));
    }
  }
  for (const FeedBreakdown& breakdown : kFeedBreakdowns) {
    writer.family(breakdown.name, Type::kCounter, breakdown.help);
    for (const FeedStats& feed : telemetry.feeds) {
      for (const auto& [key, count] : feed.*breakdown.counts) {
        writer.sample({{"resource", feed.scope.resource.plural},
                       {"namespace", feed.scope.namespace_},
                       {breakdown.label, key}},
                      static_cast<double>(count));
      }
    }
  }
  for (const FeedAge& age : kFeedAges) {
    writer.family(age.name, Type::kGauge, age.help);
    for (const FeedStats& feed : telemetry.feeds) {
      if (!(feed.*age.time)) continue;
      writer.sample({{"resource", feed.scope.resource.plural}, {"namespace", feed.scope.namespace_}},
                    std::chrono::duration<double>(telemetry.now - *(feed.*age.time)).count());
    }
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

}  // namespace

std::string telemetry_text(const Telemetry& telemetry, const ScrapeMetrics& scrapes) {
  MetricWriter writer;
  writer.family("kubevitals_build_info", Type::kGauge, "Always 1; says which version this is.");
  writer.sample({{"version", telemetry.version}}, 1);
  writer.family("kubevitals_ready", Type::kGauge, "1 once all resources are complete, as /readyz says.");
  writer.sample(telemetry.ready ? 1 : 0);
  write_incumbent(writer, telemetry, scrapes);
  write_feeds(writer, telemetry);
  write_stores(writer, telemetry.stores);
  write_scrapes(writer, scrapes);
  exposition::write_process_metrics(writer);
  return writer.take();
}

}  // namespace kubevitals::state
