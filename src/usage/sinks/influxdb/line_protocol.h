// InfluxDB's line protocol.
#pragma once

#include <string>

#include "usage/model/metric_set.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

struct InfluxdbFormat {
  std::string cluster_name = "default";
  // "cpu usage=1i,limit=2i" in place of "cpu/usage value=1i" and "cpu/limit value=2i".
  bool with_fields = false;
  bool disable_counters = false;  // leaves out what there are rates of
};

// Lines for all points of a set; `timestamp` in milliseconds. Tags without a value and those that are another
// name of something (host_id, hostname, namespace_id, pod_id) are left out, as the incumbent does.
void append_influxdb(const InfluxdbFormat& format, const MetricSet& set, const SetLabels& labels,
                     Nanos timestamp, Piece& piece);

}  // namespace kubevitals::usage
