// Kafka: a JSON message for each point.
#pragma once

#include <memory>
#include <string>

#include "usage/sinks/kafka/producer.h"
#include "usage/sinks/sink.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

struct KafkaOptions {
  std::string topic = "heapster-metrics";
  KafkaSettings settings;  // librdkafka's, all but the time-outs
};

// kInvalid names the option.
Result<KafkaOptions> read_kafka_options(const FlagUri& uri);

// Lines, each of them the message of a point: {"MetricsName":"cpu/usage","MetricsValue":{"value":1},
// "MetricsTimestamp":"2026-01-01T00:02:00Z","MetricsTags":{"type":"node"}}.
void append_kafka(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece);

Result<std::unique_ptr<Sink>> make_kafka_sink(const FlagUri& uri, const SinkContext& context);

}  // namespace kubevitals::usage
