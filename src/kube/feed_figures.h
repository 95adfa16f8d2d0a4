// What a feed's statistics are called as metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/feeds.h"

namespace kubevitals::kube {

// A figure that every feed has.
struct FeedFigure {
  std::string_view name;
  bool counts;  // or is a gauge
  std::string_view help;
  double (*value)(const FeedStats& feed);
};

inline constexpr FeedFigure kFeedFigures[] = {
    {"kubevitals_feed_synced", false, "1 once the feed's first list was complete.",
     [](const FeedStats& feed) { return feed.synced ? 1.0 : 0.0; }},
    {"kubevitals_feed_healthy", false, "0 while the feed's last attempt has failed.",
     [](const FeedStats& feed) { return feed.last_error.empty() ? 1.0 : 0.0; }},
    {"kubevitals_feed_objects", false, "Objects that the feed knows of.",
     [](const FeedStats& feed) { return static_cast<double>(feed.objects); }},
    {"kubevitals_feed_lists_total", true, "Lists begun, streaming ones included.",
     [](const FeedStats& feed) { return static_cast<double>(feed.lists); }},
    {"kubevitals_feed_watches_total", true, "Watches begun.",
     [](const FeedStats& feed) { return static_cast<double>(feed.watches); }},
    {"kubevitals_feed_reconnects_total", true, "Watches begun again from where they were.",
     [](const FeedStats& feed) { return static_cast<double>(feed.reconnects); }},
    {"kubevitals_feed_received_bytes_total", true, "Bytes received, as they were on the wire.",
     [](const FeedStats& feed) { return static_cast<double>(feed.bytes); }},
};

// Figures that a feed has by something else.
struct FeedBreakdown {
  std::string_view name;
  std::string_view help;
  std::string_view label;
  std::map<std::string, std::uint64_t> FeedStats::*counts;
};

inline constexpr FeedBreakdown kFeedBreakdowns[] = {
    {"kubevitals_feed_list_errors_total", "Lists that failed, by why.", "code", &FeedStats::list_errors},
    {"kubevitals_feed_watch_errors_total", "Watches that failed, by why.", "code", &FeedStats::watch_errors},
    {"kubevitals_feed_events_total", "Watch events received, by type.", "type", &FeedStats::events},
};

struct FeedAge {
  std::string_view name;
  std::string_view help;
  std::optional<SteadyTime> FeedStats::*time;
};

inline constexpr FeedAge kFeedAges[] = {
    {"kubevitals_feed_last_event_age_seconds", "How long ago the last event came, bookmarks included.",
     &FeedStats::last_event},
    {"kubevitals_feed_last_bookmark_age_seconds", "How long ago the last bookmark came.",
     &FeedStats::last_bookmark},
};

// Writes all of them, labelled by resource and namespace. `Writer` is exposition::MetricWriter, which this
// layer does not know.
template <typename Writer>
void write_feed_metrics(Writer& writer, const std::vector<FeedStats>& feeds, SteadyTime now) {
  using Type = typename Writer::Type;
  for (const FeedFigure& figure : kFeedFigures) {
    writer.family(figure.name, figure.counts ? Type::kCounter : Type::kGauge, figure.help);
    for (const FeedStats& feed : feeds) {
      writer.sample({{"resource", feed.scope.resource.plural}, {"namespace", feed.scope.namespace_}},
                    figure.value(feed));
    }
  }
  for (const FeedBreakdown& breakdown : kFeedBreakdowns) {
    writer.family(breakdown.name, Type::kCounter, breakdown.help);
    for (const FeedStats& feed : feeds) {
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
    for (const FeedStats& feed : feeds) {
      if (!(feed.*age.time)) continue;
      writer.sample({{"resource", feed.scope.resource.plural}, {"namespace", feed.scope.namespace_}},
                    std::chrono::duration<double>(now - *(feed.*age.time)).count());
    }
  }
}

}  // namespace kubevitals::kube
