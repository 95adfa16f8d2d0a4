// The message of Prometheus' remote write protocol, version 1.0: prometheus.WriteRequest.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "usage/model/metric_set.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

struct RemoteWriteFormat {
  std::string prefix = "kubevitals_";
  std::string cluster;  // value of the label "cluster"; empty: none
};

// "cpu/usage" becomes "kubevitals_cpu_usage_total": what counts up ends with _total, other characters than
// letters, digits and _ become _.
std::string remote_write_name(const RemoteWriteFormat& format, std::string_view metric, MetricType type);

// Makes a TimeSeries of each point of a set, as repeated fields of a WriteRequest. Constant.
class RemoteWriter {
 public:
  // `separator` stands between an object's own labels, which become label_<name>.
  RemoteWriter(RemoteWriteFormat format, std::string separator);

  void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) const;

 private:
  // The label __name__ of a metric's series, encoded; a text that is not in the schema is put into `own`.
  std::string_view name_label(const NamedValue& value, std::string& own) const;

  const RemoteWriteFormat format_;
  const std::string separator_;
  // By the address of the name in the schema.
  std::unordered_map<const char*, std::string> name_labels_;
};

}  // namespace kubevitals::usage
