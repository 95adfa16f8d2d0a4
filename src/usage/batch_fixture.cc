#include "usage/batch_fixture.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>

#include "kube/decode_json.h"
#include "usage/processors/aggregated_metrics.h"
#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

std::string value_text(const NamedValue& value) {
  if (value.value_type == ValueType::kInt64) return std::to_string(value.value);
  char text[512];
  std::snprintf(text, sizeof(text), "%f", value.as_double());
  return text;
}

template <typename T>
void add_objects(std::string_view list, kube::FeedSubscriber<T>& subscriber) {
  simdjson::dom::parser parser;
  kube::JsonDecoder decoder;
  kube::ObjectSlot slot = 0;
  for (const simdjson::dom::element item : parser.parse(list.data(), list.size())["items"].get_array()) {
    T object;
    const Result<void> decoded = decoder.decode(simdjson::minify(item), object);
    ASSERT_TRUE(decoded) << decoded.error().message;
    subscriber.on_upsert(slot++, object);
  }
  subscriber.on_synced();
}

// The sum over the values that are there; kAbsent without any.
Value sum_of(const std::vector<Value>& values) {
  Value sum = kAbsent;
  for (const Value value : values) {
    if (value == kAbsent) continue;
    sum = static_cast<Value>((sum == kAbsent ? 0 : static_cast<std::uint64_t>(sum)) +
                             static_cast<std::uint64_t>(value));
  }
  return sum;
}

void check_rates(const Table& table) {
  for (const RateOf& rate : rates()) {
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const Value value = table.get(rate.rate, row);
      if (value == kAbsent) continue;
      const bool is_float = describe(rate.rate).value_type == ValueType::kFloat;
      const double number = is_float ? as_float(value) : static_cast<double>(value);
      EXPECT_TRUE(number >= 0 && std::isfinite(number)) << describe(rate.rate).name << " " << number;
    }
  }
  for (const LabelledValue& value : table.labelled) {
    ASSERT_LT(value.row, table.rows());
    ASSERT_LT(value.labels, table.label_values->size());
    if (describe(value.metric).value_type == ValueType::kFloat) {
      EXPECT_GE(as_float(value.value), 0);
    }
  }
  const auto by_row = [](const auto& a, const auto& b) { return a.row < b.row; };
  EXPECT_TRUE(std::is_sorted(table.labelled.begin(), table.labelled.end(), by_row));
  EXPECT_TRUE(std::is_sorted(table.extra.begin(), table.extra.end(), by_row));
}

void check_block(const NodeBlock& block) {
  ASSERT_LE(block.node.rows(), 1U);
  ASSERT_EQ(block.system.rows(), block.system_names.size());
  ASSERT_EQ(block.pods.rows(), block.pod_rows.size());
  ASSERT_EQ(block.containers.rows(), block.container_rows.size());
  for (const Table* table : {&block.node, &block.system, &block.pods, &block.containers}) check_rates(*table);
  std::set<std::pair<std::uint32_t, std::string>> containers;
  for (const NodeBlock::Container& container : block.container_rows) {
    ASSERT_LT(container.pod, block.pods.rows());
    EXPECT_TRUE(containers.emplace(container.pod, container.name->name).second) << container.name->name;
  }
  std::set<std::pair<std::string, std::string>> pods;
  for (const NodeBlock::Pod& pod : block.pod_rows) {
    EXPECT_TRUE(pods.emplace(pod.name->namespace_, pod.name->name).second) << pod.name->name;
  }
  for (const Metric metric : kNodeMetrics) {
    std::vector<Value> of_pods;
    for (std::uint32_t pod = 0; pod < block.pods.rows(); ++pod) {
      std::vector<Value> of_containers;
      for (std::uint32_t row = 0; row < block.containers.rows(); ++row) {
        if (block.container_rows[row].pod == pod) of_containers.push_back(block.containers.get(metric, row));
      }
      EXPECT_EQ(block.pods.get(metric, pod), sum_of(of_containers)) << describe(metric).name;
      of_pods.push_back(block.pods.get(metric, pod));
    }
    if (block.node.rows() > 0) {
      EXPECT_EQ(block.node.get(metric, 0), sum_of(of_pods)) << describe(metric).name;
    }
  }
}

}  // namespace

FlatBatch flatten(const Batch& batch) {
  FlatBatch flat;
  SetLabels labels;
  const LabelFormat format;
  for_each_set(batch, [&](const MetricSet& set) {
    const auto [entry, is_new] = flat.try_emplace(set.key());
    EXPECT_TRUE(is_new) << "twice: " << set.key();
    FlatSet& to = entry->second;
    to.scrape_time = set.scrape_time();
    to.start_time = set.start_time();
    set.fill(format, labels);
    for (const auto& [name, value] : labels) to.labels.emplace(name, value);
    set.for_each_value([&to](const NamedValue& value) { to.metrics.emplace(value.name, value_text(value)); });
    set.for_each_labelled([&to](const NamedValue& value, MetricLabels kind, const LabelValues& values) {
      std::string key(value.name);
      for (std::size_t i = 0; i < values.size(); ++i) {
        key.append(i == 0 ? "{" : ",").append(label_names(kind)[i]).append("=").append(values[i]);
      }
      EXPECT_TRUE(to.labelled.emplace(key + "}", value_text(value)).second) << key;
    });
  });
  return flat;
}

std::string to_text(const FlatBatch& batch) {
  std::string text;
  for (const auto& [key, set] : batch) {
    text.append(key).append("\n");
    if (set.scrape_time != kNoTime)
      text.append("  time ").append(std::to_string(set.scrape_time)).append("\n");
    if (set.start_time != kNoTime)
      text.append("  start ").append(std::to_string(set.start_time)).append("\n");
    for (const auto* map : {&set.labels, &set.metrics, &set.labelled}) {
      const char* between = map == &set.labels ? "=" : " ";
      for (const auto& [name, value] : *map) {
        text.append("  ").append(name).append(between).append(value).append("\n");
      }
    }
  }
  return text;
}

std::string read_test_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void add_pods(Directory& directory, std::string_view list) {
  add_objects<kube::Pod>(list, *directory.pod_subscriber());
}
void add_nodes(Directory& directory, std::string_view list) {
  add_objects<kube::Node>(list, *directory.node_subscriber());
}
void add_namespaces(Directory& directory, std::string_view list) {
  add_objects<kube::Namespace>(list, *directory.namespace_subscriber());
}

PaddedText::PaddedText(std::string_view text) : text_(text), size_(text.size()) {
  text_.append(kBodyPadding, '\0');
}

std::shared_ptr<const NodeInfo> make_node(std::string name) {
  auto info = std::make_shared<NodeInfo>();
  info->hostname = name;
  info->name = std::move(name);
  return info;
}

std::shared_ptr<const Batch> ScrapedBatches::scrape(const std::map<std::string, std::string>& answers,
                                                    Nanos now) {
  auto batch = std::make_shared<Batch>();
  batch->timestamp = now;
  for (const auto& [name, answer] : answers) {
    const std::shared_ptr<const NodeRecord> record = directory_.find_node(name);
    const NodeBlock* before = before_ ? before_->find(name) : nullptr;
    const PaddedText body(answer);
    Result<NodeBlock> block =
        type_.parse({body.view(), record ? record->info : make_node(name), before, now});
    EXPECT_TRUE(block) << name << ": " << (block ? "" : block.error().message);
    if (!block) continue;
    process_block(*block, {before, directory_});
    block->shrink();
    batch->nodes.push_back(std::make_shared<const NodeBlock>(std::move(*block)));
  }
  process_batch(*batch, directory_);
  check_batch(*batch);
  before_ = batch;
  return batch;
}

void check_batch(const Batch& batch) {
  std::map<std::string, std::vector<std::pair<const NodeBlock*, std::uint32_t>>> pods;
  for (const auto& block : batch.nodes) {
    check_block(*block);
    for (std::uint32_t row = 0; row < block->pods.rows(); ++row) {
      pods[block->pod_rows[row].name->namespace_].emplace_back(block.get(), row);
    }
  }
  ASSERT_EQ(batch.cluster.rows(), 1U);
  ASSERT_EQ(batch.namespaces.rows(), pods.size());
  for (const Metric metric : kClusterMetrics) {
    std::vector<Value> of_namespaces;
    for (std::uint32_t row = 0; row < batch.namespaces.rows(); ++row) {
      std::vector<Value> of_pods;
      for (const auto& [block, pod] : pods[batch.namespace_rows[row].name]) {
        of_pods.push_back(block->pods.get(metric, pod));
      }
      of_namespaces.push_back(batch.namespaces.get(metric, row));
      EXPECT_EQ(of_namespaces.back(), sum_of(of_pods)) << describe(metric).name;
    }
    EXPECT_EQ(batch.cluster.get(metric, 0), sum_of(of_namespaces)) << describe(metric).name;
  }
}

}  // namespace kubevitals::usage
