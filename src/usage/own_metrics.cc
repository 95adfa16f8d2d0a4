#include "usage/own_metrics.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "base/rfc3339.h"
#include "kube/feed_figures.h"

namespace kubevitals::usage {
namespace {

namespace json = boost::json;
using exposition::MetricWriter;
using Type = MetricWriter::Type;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}
double seconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void write_cycles(MetricWriter& writer, const Manager::Figures& cycles) {
  const auto one = [&writer](std::string_view name, Type type, std::string_view help, double value) {
    writer.family(name, type, help);
    writer.sample(value);
  };
  one("kubevitals_usage_cycles_total", Type::kCounter, "Scrape cycles that brought a batch.",
      static_cast<double>(cycles.cycles));
  one("kubevitals_usage_cycles_skipped_total", Type::kCounter,
      "Cycles that were left out because the one before was still under way.",
      static_cast<double>(cycles.skipped));
  one("kubevitals_usage_extra_scrapes_total", Type::kCounter,
      "Scrapes of single nodes between the cycles, for what is new there.",
      static_cast<double>(cycles.extra_scrapes));
  one("kubevitals_usage_cycle_duration_seconds", Type::kGauge, "How long the last cycle took.",
      seconds(cycles.last_duration));
  one("kubevitals_usage_cycle_nodes", Type::kGauge, "Nodes that the last cycle asked.",
      static_cast<double>(cycles.last_nodes));
  one("kubevitals_usage_cycle_answers", Type::kGauge, "Nodes that answered in the last cycle.",
      static_cast<double>(cycles.last_answers));
  one("kubevitals_usage_batch_timestamp_seconds", Type::kGauge,
      "Timestamp of the last batch; 0: there is none.", static_cast<double>(cycles.last_timestamp) / 1e9);
}

void write_nodes(MetricWriter& writer, const OwnMetrics& metrics) {
  writer.family("metrics_server_kubelet_request_total", Type::kCounter,
                "Scrapes of nodes, by whether they went well.");
  writer.sample({{"success", "false"}}, static_cast<double>(metrics.failed_scrapes));
  writer.sample({{"success", "true"}}, static_cast<double>(metrics.succeeded_scrapes));
  writer.family("metrics_server_kubelet_last_request_time_seconds", Type::kGauge,
                "When the last scrape of the node ended.");
  for (const auto& [name, node] : metrics.nodes) {
    if (node.last_attempt) writer.sample({{"node", name}}, seconds(*node.last_attempt));
  }
  writer.family("kubevitals_usage_node_up", Type::kGauge, "Whether the last scrape of the node went well.");
  for (const auto& [name, node] : metrics.nodes) writer.sample({{"node", name}}, node.error ? 0 : 1);
  writer.family("kubevitals_usage_node_failures_total", Type::kCounter,
                "Scrapes of the node that failed; /api/v1/nodes tells the reason of the last one.");
  for (const auto& [name, node] : metrics.nodes)
    writer.sample({{"node", name}}, static_cast<double>(node.failed));
  if (metrics.scrape_durations != nullptr) {
    writer.family("kubevitals_usage_scrape_duration_seconds", Type::kHistogram, "How long scrapes took.");
    writer.histogram({}, *metrics.scrape_durations);
  }
}

json::value time_or_null(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return json::value(
      format_rfc3339(std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count()));
}

}  // namespace

void write_own_metrics(MetricWriter& writer, const OwnMetrics& metrics) {
  writer.family("kubevitals_usage_build_info", Type::kGauge, "Always 1; says what runs.");
  writer.sample({{"version", metrics.version}, {"source", metrics.source}}, 1);
  write_cycles(writer, metrics.cycles);
  write_nodes(writer, metrics);
  writer.family("kubevitals_usage_objects", Type::kGauge, "Objects that are known from the API server.");
  writer.sample({{"resource", "namespaces"}}, static_cast<double>(metrics.directory.namespaces));
  writer.sample({{"resource", "nodes"}}, static_cast<double>(metrics.directory.nodes));
  writer.sample({{"resource", "pods"}}, static_cast<double>(metrics.directory.pods));
  kube::write_feed_metrics(writer, metrics.feeds, metrics.now);
}

std::string nodes_document(const std::vector<std::shared_ptr<const NodeRecord>>& nodes,
                           const std::map<std::string, NodeScrape>& scrapes, bool ask_unready) {
  json::array list;
  list.reserve(nodes.size());
  for (const auto& node : nodes) {
    json::object entry;
    entry["name"] = node->info->name;
    const auto found = scrapes.find(node->info->name);
    if (!node->ready && !ask_unready) {
      entry["up"] = false;
      entry["error"] = "not asked: the node's condition Ready is not true";
    } else if (found == scrapes.end()) {
      entry["up"] = false;
      entry["error"] = "not asked yet";
    } else {
      const NodeScrape& scrape = found->second;
      entry["up"] = !scrape.error;
      entry["lastAttempt"] = time_or_null(scrape.last_attempt);
      entry["lastSuccess"] = time_or_null(scrape.last_success);
      entry["durationSeconds"] = seconds(scrape.duration);
      entry["failuresInARow"] = scrape.failures_in_a_row;
      if (scrape.error) entry["error"] = scrape.error->message;
    }
    list.push_back(std::move(entry));
  }
  return json::serialize(json::object{{"nodes", std::move(list)}}) + "\n";
}

}  // namespace kubevitals::usage
