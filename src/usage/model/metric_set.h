// A metric set of a batch, as sinks and APIs see it: a key, labels and values.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "usage/model/batch.h"

namespace kubevitals::usage {

// How an object's own labels become labels of metric sets (--label-separator, --ignore-label, --store-label).
struct LabelFormat {
  std::string separator = ",";
  std::set<std::string, std::less<>> ignored;
  // Names of labels that are kept apart as well, and under which name.
  std::vector<std::pair<std::string, std::string>> stored;

  // "name" or "new_name=name", as --store-label takes it.
  void store(std::string_view text);

  // "app:web,team:a": all that are not ignored, in order.
  std::string join(const LabelPairs& labels) const;
};

// Name and value. In lists labels stand in the order of their names.
using Label = std::pair<std::string_view, std::string_view>;

// Puts a label into its place in a list, instead of one of its name.
void put_label(std::vector<Label>& labels, std::string_view name, std::string_view value);
// The same with what tells a labelled value from its siblings.
void put_labels(std::vector<Label>& labels, MetricLabels kind, const LabelValues& values);

// The labels of one set, in the order of their names. Views are good until the next fill() and as long as the
// batch is. To be filled with one format only, but with sets of any batch.
class SetLabels {
 public:
  std::vector<Label>::const_iterator begin() const { return labels_.begin(); }
  std::vector<Label>::const_iterator end() const { return labels_.end(); }
  std::size_t size() const { return labels_.size(); }
  std::optional<std::string_view> find(std::string_view name) const;

 private:
  friend class MetricSet;
  std::vector<Label> labels_;
  std::string joined_;
  std::shared_ptr<const LabelPairs> joined_from_;
};

// A value with its metric's name.
struct NamedValue {
  std::string_view name;
  ValueType value_type;
  MetricType type;
  Value value;

  std::int64_t as_int() const { return value; }
  double as_double() const {
    return value_type == ValueType::kFloat ? as_float(value) : static_cast<double>(value);
  }
};

// The table that holds a batch's sets of a type; `block` has no meaning for namespaces and the cluster.
const Table& table_of(SetType type, const Batch& batch, const NodeBlock* block);

class MetricSet {
 public:
  MetricSet(SetType type, const Batch& batch, const NodeBlock* block, std::uint32_t row)
      : type_(type), batch_(&batch), block_(block), row_(row) {}

  SetType type() const { return type_; }
  // "cluster", "namespace:x", "node:x", "node:x/container:y", "namespace:x/pod:y", "…/container:z".
  std::string key() const;
  Nanos scrape_time() const { return has_times() ? table().scrape_time(row_) : kNoTime; }
  Nanos start_time() const { return has_times() ? table().start_time(row_) : kNoTime; }

  void fill(const LabelFormat& format, SetLabels& labels) const;

  // The names that make the key; empty where the set's type has none.
  std::string_view node() const;
  std::string_view namespace_() const;
  std::string_view pod() const;
  std::string_view container() const;

  Value get(Metric metric) const { return table().get(metric, row_); }

  // Calls visit(NamedValue) for each plain value, in the order of the schema.
  template <typename Visitor>
  void for_each_value(Visitor&& visit) const {
    const Table& values = table();
    for (std::size_t i = 0; i < static_cast<std::size_t>(kFirstLabelledMetric); ++i) {
      const Value value = values.get(static_cast<Metric>(i), row_);
      if (value == kAbsent) continue;
      const MetricDescriptor& metric = describe(static_cast<Metric>(i));
      visit(NamedValue{metric.name, metric.value_type, metric.type, value});
    }
    const auto [first, last] = range(values.extra);
    for (std::size_t i = first; i < last; ++i) {
      const ExtraValue& extra = values.extra[i];
      visit(NamedValue{(*values.extra_names)[extra.name], extra.value_type, extra.type, extra.value});
    }
  }

  // Calls visit(NamedValue, MetricLabels, const LabelValues&) for each labelled value.
  template <typename Visitor>
  void for_each_labelled(Visitor&& visit) const {
    const Table& values = table();
    const auto [first, last] = range(values.labelled);
    for (std::size_t i = first; i < last; ++i) {
      const LabelledValue& labelled = values.labelled[i];
      const MetricDescriptor& metric = describe(labelled.metric);
      visit(NamedValue{metric.name, metric.value_type, metric.type, labelled.value}, metric.labels,
            (*values.label_values)[labelled.labels]);
    }
  }

 private:
  const Table& table() const { return table_of(type_, *batch_, block_); }
  bool has_times() const { return type_ != SetType::kCluster && type_ != SetType::kNamespace; }

  // The part of a list that belongs to this row.
  template <typename T>
  std::pair<std::size_t, std::size_t> range(const std::vector<T>& list) const {
    const auto begin = std::lower_bound(list.begin(), list.end(), row_,
                                        [](const T& item, std::uint32_t row) { return item.row < row; });
    auto end = begin;
    while (end != list.end() && end->row == row_) ++end;
    return {static_cast<std::size_t>(begin - list.begin()), static_cast<std::size_t>(end - list.begin())};
  }

  SetType type_;
  const Batch* batch_;
  const NodeBlock* block_;  // null for namespaces and the cluster
  std::uint32_t row_;
};

// The names of the labels of such metrics: {"resource_id"} or {"make", "model", "accelerator_id"}.
std::span<const std::string_view> label_names(MetricLabels labels);

}  // namespace kubevitals::usage
