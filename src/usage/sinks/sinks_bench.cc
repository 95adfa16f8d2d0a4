// What it costs to write a batch of 1,000 nodes with 30 pods of 2 containers each.
#include <benchmark/benchmark.h>
#include <snappy.h>

#include "usage/sinks/graphite/graphite.h"
#include "usage/sinks/influxdb/line_protocol.h"
#include "usage/sinks/kafka/kafka.h"
#include "usage/sinks/log/log.h"
#include "usage/sinks/opentsdb/opentsdb.h"
#include "usage/sinks/remote_write/write_request.h"
#include "usage/sinks/statsd/statsd.h"
#include "usage/sinks/test_batch.h"

namespace kubevitals::usage {
namespace {

template <typename Append>
void run(benchmark::State& state, Append append) {
  static const std::shared_ptr<const Batch> batch = big_batch(1000, 30);
  const LabelFormat format;
  std::size_t bytes = 0;
  std::size_t points = 0;
  for (auto _ : state) {
    Piece piece;
    SetLabels labels;
    for_each_set(*batch, [&](const MetricSet& set) {
      set.fill(format, labels);
      append(set, labels, batch->timestamp, piece);
      if (piece.text.size() < 256 << 10) return;
      bytes += piece.text.size();
      points += piece.points;
      piece.text.clear();
      piece.points = 0;
    });
  }
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["MB"] = static_cast<double>(bytes) / rounds / 1e6;
  state.counters["points"] = static_cast<double>(points) / rounds;
}

void log(benchmark::State& state) {
  run(state, [](const auto& set, const auto& labels, Nanos, Piece& piece) {
    append_log_text(set, labels, piece.text);
  });
}
void graphite(benchmark::State& state) {
  run(state, [](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_graphite({}, set, labels, time, piece);
  });
}
void statsd(benchmark::State& state) {
  run(state, [](const auto& set, const auto& labels, Nanos, Piece& piece) {
    append_statsd({}, ",", set, labels, piece);
  });
}
void opentsdb(benchmark::State& state) {
  run(state, [](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_opentsdb({}, set, labels, time, piece);
  });
}
void influxdb(benchmark::State& state) {
  InfluxdbFormat format;
  format.with_fields = state.range(0) != 0;
  run(state, [&](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_influxdb(format, set, labels, time, piece);
  });
}
void kafka(benchmark::State& state) {
  run(state, [](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    append_kafka(set, labels, time, piece);
  });
}
void remote_write(benchmark::State& state) {
  const RemoteWriter writer({}, ",");
  std::string compressed;
  std::size_t size = 0;
  run(state, [&](const auto& set, const auto& labels, Nanos time, Piece& piece) {
    writer.append(set, labels, time, piece);
    if (piece.text.size() >= 256 << 10) {
      size += snappy::Compress(piece.text.data(), piece.text.size(), &compressed);
    }
  });
  state.counters["compressed_MB"] = static_cast<double>(size) / static_cast<double>(state.iterations()) / 1e6;
}

BENCHMARK(log)->Unit(benchmark::kMillisecond);
BENCHMARK(graphite)->Unit(benchmark::kMillisecond);
BENCHMARK(statsd)->Unit(benchmark::kMillisecond);
BENCHMARK(opentsdb)->Unit(benchmark::kMillisecond);
BENCHMARK(influxdb)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(kafka)->Unit(benchmark::kMillisecond);
BENCHMARK(remote_write)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kubevitals::usage
