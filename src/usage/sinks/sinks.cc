#include <algorithm>
#include <array>
#include <string>

#include "usage/sinks/graphite/graphite.h"
#include "usage/sinks/influxdb/influxdb.h"
#include "usage/sinks/kafka/kafka.h"
#include "usage/sinks/log/log.h"
#include "usage/sinks/opentsdb/opentsdb.h"
#include "usage/sinks/remote_write/remote_write.h"
#include "usage/sinks/sink.h"
#include "usage/sinks/statsd/statsd.h"

namespace kubevitals::usage {
namespace {

constexpr std::array<SinkType, 16> kSinkTypes{{
    {"elasticsearch", "ElasticSearch Sink", nullptr},
    {"gcm", "GCM Sink", nullptr},
    {"graphite", "Graphite Sink", make_graphite_sink},
    {"hawkular", "Hawkular-Metrics Sink", nullptr},
    {"honeycomb", "Honeycomb Sink", nullptr},
    {"influxdb", "InfluxDB Sink", make_influxdb_sink},
    {"kafka", "kafka", make_kafka_sink},
    {"librato", "Librato Sink", nullptr},
    {"log", "Log Sink", make_log_sink},
    {"monasca", "Monasca Sink", nullptr},
    {"opentsdb", "OpenTSDB Sink", make_opentsdb_sink},
    {"remote_write", "Remote Write Sink", make_remote_write_sink},
    {"riemann", "Riemann Sink", nullptr},
    {"stackdriver", "Stackdriver Sink", nullptr},
    {"statsd", "StatsD Sink", make_statsd_sink},
    {"wavefront", "Wavefront Sink", nullptr},
}};

}  // namespace

std::span<const SinkType> sink_types() {
  return kSinkTypes;
}

Result<SinkType> find_sink_type(std::string_view name) {
  const auto found = std::find_if(kSinkTypes.begin(), kSinkTypes.end(),
                                  [name](const SinkType& type) { return type.name == name; });
  if (found != kSinkTypes.end() && found->make != nullptr) return *found;
  if (found != kSinkTypes.end()) {
    return Error{ErrorCode::kUnsupported, "the sink " + std::string(name) + " is not yet supported"};
  }
  std::string known;
  for (const SinkType& type : kSinkTypes) {
    if (type.make != nullptr) known.append(known.empty() ? "" : ", ").append(type.name);
  }
  return Error{ErrorCode::kInvalid,
               "there is no sink " + std::string(name.substr(0, 64)) + "; there are " + known};
}

}  // namespace kubevitals::usage
