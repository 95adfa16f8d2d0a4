#include "usage/sinks/sinks_manager.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "exposition/metric_writer.h"

namespace kubevitals::usage {
namespace {

using exposition::MetricWriter;
using Type = MetricWriter::Type;

double seconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// The incumbent has one series for all sinks of a type.
struct Exporter {
  std::optional<WallTime> last;
  std::uint64_t count = 0;
  double sum = 0;
  std::vector<double> recent;
};

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

void write_exporters(MetricWriter& writer, const std::vector<SinkHealth>& sinks) {
  std::map<std::string_view, Exporter> exporters;
  for (const SinkHealth& sink : sinks) {
    Exporter& exporter = exporters[sink.exporter];
    exporter.last = std::max(exporter.last, sink.last_attempt);
    exporter.count += sink.attempts;
    exporter.sum += sink.attempts_ms;
    exporter.recent.insert(exporter.recent.end(), sink.recent_ms.begin(), sink.recent_ms.end());
  }
  writer.family("heapster_exporter_duration_milliseconds", Type::kSummary,
                "How long exports to a sink took.");
  for (auto& [name, exporter] : exporters) {
    if (exporter.count == 0) continue;
    std::sort(exporter.recent.begin(), exporter.recent.end());
    const MetricWriter::Quantile quantiles[] = {{"0.5", quantile(exporter.recent, 0.5)},
                                                {"0.9", quantile(exporter.recent, 0.9)},
                                                {"0.99", quantile(exporter.recent, 0.99)}};
    writer.summary({{"exporter", name}}, quantiles, exporter.sum, exporter.count);
  }
  writer.family("heapster_exporter_last_time_seconds", Type::kGauge, "When an export to a sink last ended.");
  for (const auto& [name, exporter] : exporters) {
    if (exporter.last) writer.sample({{"exporter", name}}, std::floor(seconds(*exporter.last)));
  }
}

}  // namespace

void write_sink_metrics(MetricWriter& writer, const std::vector<SinkHealth>& sinks) {
  if (sinks.empty()) return;
  write_exporters(writer, sinks);
  const auto each = [&](std::string_view name, Type type, std::string_view help, auto&& value) {
    writer.family(name, type, help);
    for (const SinkHealth& sink : sinks) {
      writer.sample({{"sink", sink.name}}, static_cast<double>(value(sink)));
    }
  };
  each("kubevitals_usage_sink_healthy", Type::kGauge, "0 when the last export to the sink failed.",
       [](const SinkHealth& sink) { return sink.last_error ? 0 : 1; });
  each("kubevitals_usage_sink_queue_batches", Type::kGauge, "Batches that wait for the sink.",
       [](const SinkHealth& sink) { return sink.queued_batches; });
  each("kubevitals_usage_sink_queue_bytes", Type::kGauge, "Memory that these batches take, about.",
       [](const SinkHealth& sink) { return sink.queued_bytes; });
  each("kubevitals_usage_sink_sent_batches_total", Type::kCounter, "Batches that the sink took.",
       [](const SinkHealth& sink) { return sink.sent; });
  each("kubevitals_usage_sink_retries_total", Type::kCounter, "Exports that failed and are tried again.",
       [](const SinkHealth& sink) { return sink.retries; });
  writer.family("kubevitals_usage_sink_dropped_batches_total", Type::kCounter,
                "Batches that the sink did not get, and why.");
  for (const SinkHealth& sink : sinks) {
    for (std::size_t i = 0; i < kDropReasons; ++i) {
      writer.sample({{"sink", sink.name}, {"reason", to_string(static_cast<DropReason>(i))}},
                    static_cast<double>(sink.dropped[i]));
    }
  }
  writer.family("kubevitals_usage_sink_last_success_timestamp_seconds", Type::kGauge,
                "When the sink last took a batch.");
  for (const SinkHealth& sink : sinks) {
    if (sink.last_success) writer.sample({{"sink", sink.name}}, seconds(*sink.last_success));
  }
}

SinkManager::SinkManager(const SinkContext& context, const SinksOptions& options)
    : context_(context), options_(options) {}

SinkManager::~SinkManager() = default;

Result<std::unique_ptr<SinkManager>> SinkManager::make(std::span<const FlagUri> uris,
                                                       const SinkContext& context,
                                                       const SinksOptions& options) {
  auto manager = std::make_unique<SinkManager>(context, options);
  for (const FlagUri& uri : uris) {
    const std::string what = "cannot make the sink " + uri.redacted();
    const Result<SinkType> type = find_sink_type(uri.key);
    if (!type) return type.error().wrap(what);
    Result<std::unique_ptr<Sink>> sink = type->make(uri, context);
    if (!sink) return sink.error().wrap(what);
    manager->add(type->name, type->exporter, uri.redacted(), std::move(*sink));
  }
  return manager;
}

void SinkManager::add(std::string_view name, std::string_view exporter, std::string uri,
                      std::unique_ptr<Sink> sink) {
  SinkWorker::Options options;
  options.name = name;
  const auto taken = [&] {
    return std::any_of(workers_.begin(), workers_.end(),
                       [&](const auto& worker) { return worker->health().name == options.name; });
  };
  for (int i = 2; taken(); ++i) options.name = std::string(name).append("-").append(std::to_string(i));
  options.exporter = exporter;
  options.uri = std::move(uri);
  options.export_timeout = context_.export_timeout;
  options.max_age = options_.max_age;
  options.max_bytes = options_.max_bytes;
  options.first_delay = options_.first_delay;
  options.seed = options_.seed + workers_.size();
  workers_.push_back(
      std::make_unique<SinkWorker>(context_.io, context_.clock, std::move(sink), std::move(options)));
}

void SinkManager::start() {
  for (const auto& worker : workers_) worker->start();
}

void SinkManager::offer(const std::shared_ptr<const Batch>& batch) {
  for (const auto& worker : workers_) worker->offer(batch);
}

std::vector<SinkHealth> SinkManager::health() const {
  std::vector<SinkHealth> health;
  for (const auto& worker : workers_) health.push_back(worker->health());
  return health;
}

void SinkManager::write_metrics(MetricWriter& writer) const {
  write_sink_metrics(writer, health());
}

asio::awaitable<void> SinkManager::stop(std::chrono::milliseconds grace) {
  if (workers_.empty()) co_return;
  asio::awaitable<void> all = stop_from(0, context_.clock.now() + grace);
  co_await std::move(all);
}

asio::awaitable<void> SinkManager::stop_from(std::size_t first, SteadyTime deadline) {
  using asio::experimental::awaitable_operators::operator&&;
  asio::awaitable<void> one = workers_[first]->stop(deadline);
  if (first + 1 == workers_.size()) {
    co_await std::move(one);
    co_return;
  }
  asio::awaitable<void> others = stop_from(first + 1, deadline);
  asio::awaitable<void> both = std::move(one) && std::move(others);
  co_await std::move(both);
}

}  // namespace kubevitals::usage
