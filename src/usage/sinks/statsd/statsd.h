// StatsD over UDP: gauges with names of many parts (etsystatsd), or with tags (influxstatsd).
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "usage/sinks/sink.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

struct StatsdOptions {
  enum class Protocol { kEtsy, kInflux };
  enum class LabelStyle { kAsIs, kLowerCamel, kUpperCamel };

  std::string host = "localhost";
  std::string port = "8125";
  std::string prefix;
  Protocol protocol = Protocol::kEtsy;
  std::size_t metrics_per_message = 5;
  std::map<std::string, std::string, std::less<>> renamed;
  std::set<std::string, std::less<>> allowed;  // empty: all
  LabelStyle style = LabelStyle::kAsIs;
};

// kInvalid names the option.
Result<StatsdOptions> read_statsd_options(const FlagUri& uri);

// A line "name:value|g\n" for each point of a set. `separator` stands between the object's own labels.
void append_statsd(const StatsdOptions& options, std::string_view separator, const MetricSet& set,
                   const SetLabels& labels, Piece& piece);

Result<std::unique_ptr<Sink>> make_statsd_sink(const FlagUri& uri, const SinkContext& context);

}  // namespace kubevitals::usage
