#include "usage/api/export_api.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/yaml_scalar.h"
#include "usage/api/json_text.h"

namespace kubevitals::usage {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

constexpr std::string_view kContainerName = "container_name";

constexpr const char* kBeforeValue = R"(,"value":)";

// The labels of exported sets, in the order of their names.
constexpr std::string_view kExportedLabels[] = {
    "container_base_image", kContainerName, "host_id", "hostname", "labels",
    "namespace_id",         "nodename",     "pod_id",  "pod_name"};

// An exported metric and what its points begin with.
struct Exported {
  Metric metric;
  bool labelled;
  bool counts_up;
  bool is_float;
  std::string head;  // what stands before its points: "cpu/usage":[
  // What stands before the value: of what counts up, whose start differs, the same.
  std::string value_head;
};

// `gauge_head` is what a gauge's points begin with.
std::vector<Exported> exported_metrics(std::string_view gauge_head) {
  std::vector<Exported> metrics;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const auto metric = static_cast<Metric>(i);
    const MetricDescriptor& about = describe(metric);
    if (!about.exported) continue;
    // In the incumbent the values of disks' counters are gauges, whatever its schema says.
    const bool labelled = about.labels != MetricLabels::kNone;
    const bool counts_up = about.type == MetricType::kCumulative && !labelled;
    const std::string head = "\"" + std::string(about.name) + "\":[";
    const std::string value_head = counts_up ? head : head + std::string(gauge_head) + kBeforeValue;
    metrics.push_back({metric, labelled, counts_up, about.value_type == ValueType::kFloat, head, value_head});
  }
  std::sort(metrics.begin(), metrics.end(),
            [](const Exported& a, const Exported& b) { return a.head < b.head; });
  return metrics;
}

class ExportDocument {
 public:
  ExportDocument(std::shared_ptr<const Batch> batch, LabelFormat format)
      : batch_(std::move(batch)), format_(std::move(format)) {
    if (!batch_) return;
    append_time(end_, batch_->timestamp);
    gauge_head_ = R"({"start":)" + end_ + R"(,"end":)" + end_;
    metrics_ = exported_metrics(gauge_head_);
  }

  bool next(std::string& out) {
    if (finished_) return false;
    if (!begun_) out.push_back('[');
    begun_ = true;
    while (batch_ && node_ < batch_->nodes.size()) {
      const NodeBlock& block = *batch_->nodes[node_];
      while (type_ < std::size(kTypes)) {
        const Table& table = block.*kTypes[type_].table;
        for (; row_ < table.rows(); ++row_) {
          if (out.size() >= kPieceBytes) return true;
          append_set(out, block, table);
        }
        ++type_;
        row_ = 0;
        labelled_ = 0;
      }
      ++node_;
      type_ = 0;
    }
    out.append("]\n");
    finished_ = true;
    return true;
  }

 private:
  struct TableOf {
    SetType type;
    Table NodeBlock::*table;
    std::string_view container_name;  // instead of one; empty: the container's
  };
  static constexpr TableOf kTypes[] = {{SetType::kNode, &NodeBlock::node, "machine"},
                                       {SetType::kSystemContainer, &NodeBlock::system, ""},
                                       {SetType::kPod, &NodeBlock::pods, "/pod"},
                                       {SetType::kPodContainer, &NodeBlock::containers, ""}};

  void append_set(std::string& out, const NodeBlock& block, const Table& table) {
    if (!first_) out.push_back(',');
    first_ = false;
    while (labelled_ < table.labelled.size() && table.labelled[labelled_].row < row_) ++labelled_;
    std::size_t labelled_end = labelled_;
    while (labelled_end < table.labelled.size() && table.labelled[labelled_end].row == row_) ++labelled_end;
    const std::span<const LabelledValue> labelled(table.labelled.data() + labelled_,
                                                  labelled_end - labelled_);

    counter_head_.assign(R"({"start":)");
    start_.append(counter_head_, table.start_time(row_));
    counter_head_.append(R"(,"end":)").append(end_).append(kBeforeValue);
    out.append(R"({"metrics":{)");
    for (const Exported& metric : metrics_) {
      if (metric.labelled) {
        append_labelled(out, table, labelled, metric);
        continue;
      }
      const Value value = table.get(metric.metric, row_);
      if (value == kAbsent) continue;
      separate(out);
      out.append(metric.value_head);
      if (metric.counts_up) out.append(counter_head_);
      append_value(out, metric, value);
      out.append("}]");
    }
    out.append(R"(},"labels":{)");
    append_labels(out, MetricSet(kTypes[type_].type, *batch_, &block, row_));
    out.append("}}");
  }

  void append_labelled(std::string& out, const Table& table, std::span<const LabelledValue> values,
                       const Exported& metric) const {
    bool any = false;
    for (const LabelledValue& value : values) {
      if (value.metric != metric.metric) continue;
      if (any) {
        out.push_back(',');
      } else {
        separate(out);
        out.append(metric.head);
      }
      any = true;
      out.append(gauge_head_).append(R"(,"labels":{)");
      const auto names = label_names(describe(metric.metric).labels);
      const LabelValues& texts = (*table.label_values)[value.labels];
      for (std::size_t i = 0; i < names.size(); ++i) append_member(out, names[i], texts[i]);
      out.append("}").append(kBeforeValue);
      append_value(out, metric, value.value);
      out.push_back('}');
    }
    if (any) out.push_back(']');
  }

  static void separate(std::string& out) {
    if (out.back() != '{') out.push_back(',');
  }

  static void append_value(std::string& out, const Exported& metric, Value value) {
    if (metric.is_float) {
      append_float(out, as_float(value));
    } else {
      append_integer(out, value);
    }
  }

  static void append_member(std::string& out, std::string_view name, std::string_view value) {
    separate(out);
    out.append("\"").append(name).append("\":");
    append_json_string(out, value);
  }

  void append_labels(std::string& out, const MetricSet& set) {
    set.fill(format_, labels_);
    auto label = labels_.begin();
    for (const std::string_view name : kExportedLabels) {
      while (label != labels_.end() && label->first < name) ++label;
      if (name == kContainerName && !kTypes[type_].container_name.empty()) {
        append_member(out, name, kTypes[type_].container_name);
      } else if (label != labels_.end() && label->first == name) {
        append_member(out, name, label->second);
      }
    }
  }

  const std::shared_ptr<const Batch> batch_;
  const LabelFormat format_;
  std::vector<Exported> metrics_;
  std::string end_;           // the batch's time
  std::string gauge_head_;    // what a point begins with
  std::string counter_head_;  // of the row, up to the value
  TimeText start_;
  SetLabels labels_;
  bool begun_ = false;
  bool finished_ = false;
  bool first_ = true;
  std::size_t node_ = 0;
  std::size_t type_ = 0;
  std::uint32_t row_ = 0;
  std::size_t labelled_ = 0;  // the row's first labelled value, or before it
};

struct LabelDescription {
  std::string_view name;
  std::string_view description;
};

constexpr LabelDescription kCommonLabels[] = {
    {"nodename", "Name of the node"},
    {"hostname", "Host name of the node"},
    {"host_id", "What the cloud provider or the administrator calls the node"},
    {kContainerName, "Name of the container; \"machine\" for a node, \"/pod\" for a pod"},
    {"container_base_image", "Image that the container runs"},
};
constexpr LabelDescription kPodLabels[] = {
    {"pod_name", "Name of the pod"},
    {"pod_id", "UID of the pod"},
    {"namespace_id", "UID of the pod's namespace"},
    {"labels", "The object's own labels, joined"},
};
constexpr LabelDescription kMetricLabels[] = {
    {"resource_id", "Which disk, file system or volume of the container"},
    {"make", "Maker of the accelerator"},
    {"model", "Model of the accelerator"},
    {"accelerator_id", "Which accelerator"},
};

void append_label(std::string& out, const LabelDescription& label) {
  if (out.back() != '[') out.push_back(',');
  out.append(R"({"key":")").append(label.name).append(R"(","description":)");
  append_json_string(out, label.description);
  out.push_back('}');
}

}  // namespace

exposition::NextPiece metric_export(std::shared_ptr<const Batch> batch, LabelFormat format) {
  auto document = std::make_shared<ExportDocument>(std::move(batch), std::move(format));
  return [document](std::string& out) { return document->next(out); };
}

std::string metric_export_schema() {
  std::string out = R"({"metrics":[)";
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const MetricDescriptor& metric = describe(static_cast<Metric>(i));
    if (!metric.exported) continue;
    if (out.back() != '[') out.push_back(',');
    out.append(R"({"name":")").append(metric.name).append(R"(","description":)");
    append_json_string(out, metric.description);
    if (metric.labels != MetricLabels::kNone) {
      out.append(R"(,"labels":[)");
      for (const std::string_view name : label_names(metric.labels)) {
        append_label(out,
                     *std::find_if(std::begin(kMetricLabels), std::end(kMetricLabels),
                                   [name](const LabelDescription& label) { return label.name == name; }));
      }
      out.push_back(']');
    }
    out.append(R"(,"type":")").append(to_string(metric.type));
    out.append(R"(","value_type":")").append(to_string(metric.value_type)).append("\"");
    if (metric.units != Units::kCount)
      out.append(R"(,"units":")").append(to_string(metric.units)).append("\"");
    out.push_back('}');
  }
  out.append(R"(],"common_labels":[)");
  for (const LabelDescription& label : kCommonLabels) append_label(out, label);
  out.append(R"(],"pod_labels":[)");
  for (const LabelDescription& label : kPodLabels) append_label(out, label);
  return indent_json(out.append("]}"), " ", " ");
}

}  // namespace kubevitals::usage
