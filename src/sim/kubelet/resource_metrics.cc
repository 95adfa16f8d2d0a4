// /metrics/resource: what the kubelet offers for autoscalers, in Prometheus' text format.
#include <charconv>

#include "base/go_float.h"
#include "sim/kubelet/answers.h"

namespace kubevitals::sim {
namespace {

class ResourceMetricsWriter {
 public:
  ResourceMetricsWriter(std::string& out, std::int64_t start_time) : out_(out), start_time_(start_time) {}

  void write(const NodeUsage& node) {
    begin("container_cpu_usage_seconds_total", "counter",
          "CPU time that the container used, in core-seconds");
    each_container(node, [](const ContainerUsage& c) { return static_cast<double>(c.load.cpu_nanos) / 1e9; });
    begin("container_memory_working_set_bytes", "gauge", "Working set of the container, in bytes");
    each_container(node, [](const ContainerUsage& c) { return static_cast<double>(c.load.working_set); });
    begin("container_start_time_seconds", "gauge", "When the container started, in seconds since 1970");
    each_container(node,
                   [this](const ContainerUsage& c) { return static_cast<double>(start_time_ + c.start); });
    begin("node_cpu_usage_seconds_total", "counter", "CPU time that the node used, in core-seconds");
    sample("", node.time, static_cast<double>(node.load.cpu_nanos) / 1e9);
    begin("node_memory_working_set_bytes", "gauge", "Working set of the node, in bytes");
    sample("", node.time, static_cast<double>(node.load.working_set));
    begin("pod_cpu_usage_seconds_total", "counter", "CPU time that the pod used, in core-seconds");
    each_pod(node, [](const PodUsage& pod) { return static_cast<double>(pod.load.cpu_nanos) / 1e9; });
    begin("pod_memory_working_set_bytes", "gauge", "Working set of the pod, in bytes");
    each_pod(node, [](const PodUsage& pod) { return static_cast<double>(pod.load.working_set); });
    begin("resource_scrape_error", "gauge", "1 when the measurements could not be had, else 0");
    out_.append("resource_scrape_error 0\n");
  }

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_.append("# HELP ").append(name).append(" [STABLE] ").append(help).append("\n# TYPE ");
    out_.append(name).append(" ").append(type).append("\n");
  }

  template <typename Value>
  void each_container(const NodeUsage& node, Value value) {
    for (const PodUsage& pod : node.pods) {
      for (const ContainerUsage& container : pod.containers) {
        labels_.assign("{container=\"");
        append_label(pod.shape->containers[container.index].name);
        labels_.append("\",");
        append_pod(pod);
        sample(labels_, pod.time, value(container));
      }
    }
  }

  template <typename Value>
  void each_pod(const NodeUsage& node, Value value) {
    for (const PodUsage& pod : node.pods) {
      labels_.assign("{");
      append_pod(pod);
      sample(labels_, pod.time, value(pod));
    }
  }

  void append_pod(const PodUsage& pod) {
    labels_.append("namespace=\"");
    append_label(pod.ns);
    labels_.append("\",pod=\"");
    append_label(pod.name);
    labels_.append("\"}");
  }

  void append_label(std::string_view value) {
    for (const char c : value) {
      if (c == '"' || c == '\\') labels_.push_back('\\');
      if (c == '\n') {
        labels_.append("\\n");
      } else {
        labels_.push_back(c);
      }
    }
  }

  void sample(std::string_view labels, std::int32_t time, double value) {
    out_.append(name_).append(labels).push_back(' ');
    append_go_float(out_, value);
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, (start_time_ + time) * 1000);
    out_.push_back(' ');
    out_.append(digits, end);
    out_.push_back('\n');
  }

  std::string& out_;
  const std::int64_t start_time_;
  std::string_view name_;
  std::string labels_;
};

}  // namespace

std::string resource_metrics_text(const NodeUsage& node, std::int64_t start_time) {
  std::string out;
  out.reserve(2048 + node.pods.size() * 1024);
  ResourceMetricsWriter(out, start_time).write(node);
  return out;
}

}  // namespace kubevitals::sim
