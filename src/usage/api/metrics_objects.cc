#include "usage/api/metrics_objects.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/go_duration.h"
#include "base/quantity_format.h"
#include "base/yaml_scalar.h"
#include "usage/api/metrics_path.h"

namespace kubevitals::usage {
namespace {

void append_window(std::string& out, Nanos window) {
  append_go_duration(out, std::chrono::nanoseconds(window));
}

void append_cpu(std::string& out, std::int64_t nanocores, bool whole_milli) {
  if (whole_milli) {
    append_decimal_quantity(out, nanocores / 1'000'000, -3);
  } else {
    append_decimal_quantity(out, nanocores, -9);
  }
}

void append_usage(std::string& out, const ResourceUse& use, bool heapster) {
  out.append(R"({"cpu":")");
  append_cpu(out, use.cpu, heapster);
  out.append(R"(","memory":")");
  append_binary_quantity(out, use.memory);
  out.append("\"}");
}

// The containers' uses; complete pods have them all.
template <typename Visitor>
void for_each_container(const MetricsObject& object, Visitor&& visit) {
  for (std::uint32_t i = object.pod->first; i < object.pod->first + object.pod->count; ++i) {
    const NodeUsage::Container& container = object.usage->containers[i];
    visit(object.usage->name_of(container), container.use);
  }
}

const ResourceUse& oldest(const MetricsObject& object) {
  if (object.is_node()) return *object.node;
  const ResourceUse* found = &object.usage->containers[object.pod->first].use;
  for_each_container(object, [&found](const std::string&, const ResourceUse& use) {
    if (use.time < found->time) found = &use;
  });
  return *found;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void append_number_field(std::string& out, std::uint32_t number, std::int64_t value) {
  append_varint(out, number << 3);
  append_varint(out, static_cast<std::uint64_t>(value));
}

// metav1.Time, in seconds: field 1. The wire format knows nanoseconds, but as JSON it has none.
std::string time_message(Nanos time) {
  std::string message;
  append_number_field(message, 1, time / 1'000'000'000);
  return message;
}

// An entry of map<string, Quantity>.
void append_quantity(std::string& out, std::uint32_t field, std::string_view resource,
                     std::string_view quantity) {
  std::string value;
  append_protobuf_bytes(value, 1, quantity);
  std::string entry;
  append_protobuf_bytes(entry, 1, resource);
  append_protobuf_bytes(entry, 2, value);
  append_protobuf_bytes(out, field, entry);
}

void append_usage_fields(std::string& out, std::uint32_t field, const ResourceUse& use) {
  std::string text;
  append_cpu(text, use.cpu, false);
  append_quantity(out, field, "cpu", text);
  text.clear();
  append_binary_quantity(text, use.memory);
  append_quantity(out, field, "memory", text);
}

std::string head_of(std::string_view kind, std::string_view api_version) {
  std::string out = R"({"kind":")";
  out.append(kind).append(R"(","apiVersion":")").append(api_version);
  return out.append(R"(","metadata":{},)");
}

}  // namespace

Nanos MetricsObject::time() const {
  return oldest(*this).time;
}
Nanos MetricsObject::window() const {
  return oldest(*this).window;
}

std::string_view kind_of(bool node) {
  return node ? "NodeMetrics" : "PodMetrics";
}

void MetricsWriter::append_metadata(std::string& out, const MetricsObject& object, bool with_labels) {
  out.append(R"("metadata":{"name":)");
  append_json_string(out, object.name);
  if (!object.namespace_.empty()) {
    out.append(R"(,"namespace":)");
    append_json_string(out, object.namespace_);
  }
  out.append(R"(,"creationTimestamp":)");
  created_.append_seconds(out, now_);
  if (with_labels && object.labels != nullptr && !object.labels->empty()) {
    if (labels_ != object.labels) {
      labels_json_ = R"(,"labels":)";
      for (const auto& [name, value] : *object.labels) {
        labels_json_.push_back(labels_json_.back() == ':' ? '{' : ',');
        append_json_string(labels_json_, name);
        labels_json_.push_back(':');
        append_json_string(labels_json_, value);
      }
      labels_json_.push_back('}');
      labels_ = object.labels;
    }
    out.append(labels_json_);
  }
  out.push_back('}');
}

void MetricsWriter::append_object(std::string& out, const MetricsObject& object, bool heapster) {
  append_metadata(out, object, !heapster);
  const ResourceUse& use = oldest(object);
  out.append(R"(,"timestamp":)");
  seconds_.append_seconds(out, use.time);
  out.append(R"(,"window":")");
  append_window(out, use.window);
  if (object.is_node()) {
    out.append(R"(","usage":)");
    append_usage(out, use, heapster);
  } else {
    out.append(R"(","containers":[)");
    for_each_container(object, [&](const std::string& name, const ResourceUse& container) {
      if (out.back() != '[') out.push_back(',');
      out.append(R"({"name":)");
      append_json_string(out, name);
      out.append(R"(,"usage":)");
      append_usage(out, container, heapster);
      out.push_back('}');
    });
    out.push_back(']');
  }
  out.push_back('}');
}

void MetricsWriter::append_json(std::string& out, const MetricsObject& object, bool head) {
  out.push_back('{');
  if (head) {
    out.append(R"("kind":")").append(kind_of(object.is_node()));
    out.append(R"(","apiVersion":")").append(kMetricsGroupVersion).append("\",");
  }
  append_object(out, object, false);
}

void MetricsWriter::append_heapster_json(std::string& out, const MetricsObject& object) {
  out.push_back('{');
  append_object(out, object, true);
}

void MetricsWriter::append_metadata_object(std::string& out, const MetricsObject& object) {
  out.append(R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/)").append(meta_version_);
  out.append("\",");
  append_metadata(out, object, true);
  out.push_back('}');
}

void MetricsWriter::append_row(std::string& out, const MetricsObject& object, std::string_view included) {
  ResourceUse sum = oldest(object);
  if (!object.is_node()) {
    sum.cpu = 0;
    sum.memory = 0;
    constexpr std::int64_t kMost = INT64_MAX;
    for_each_container(object, [&](const std::string&, const ResourceUse& use) {
      sum.cpu += std::min(use.cpu, kMost - sum.cpu);
      sum.memory += std::min(use.memory, kMost - sum.memory);
    });
  }
  out.append(R"({"cells":[)");
  append_json_string(out, object.name);
  out.append(",\"");
  append_cpu(out, sum.cpu, false);
  out.append("\",\"");
  append_binary_quantity(out, sum.memory);
  out.append("\",\"");
  append_window(out, sum.window);
  out.append("\"]");
  if (included == "Object") {
    out.append(R"(,"object":)");
    append_json(out, object, true);
  } else if (included != "None") {
    out.append(R"(,"object":)");
    append_metadata_object(out, object);
  }
  out.push_back('}');
}

std::string MetricsWriter::protobuf(const MetricsObject& object) {
  std::string metadata;
  append_protobuf_bytes(metadata, 1, object.name);
  if (!object.namespace_.empty()) append_protobuf_bytes(metadata, 3, object.namespace_);
  append_protobuf_bytes(metadata, 8, time_message(now_));
  if (object.labels != nullptr) {
    if (protobuf_labels_ != object.labels) {
      labels_protobuf_.clear();
      for (const auto& [name, value] : *object.labels) {
        std::string entry;
        append_protobuf_bytes(entry, 1, name);
        append_protobuf_bytes(entry, 2, value);
        append_protobuf_bytes(labels_protobuf_, 11, entry);
      }
      protobuf_labels_ = object.labels;
    }
    metadata.append(labels_protobuf_);
  }
  const ResourceUse& use = oldest(object);
  std::string message;
  append_protobuf_bytes(message, 1, metadata);
  append_protobuf_bytes(message, 2, time_message(use.time));
  std::string window;
  append_number_field(window, 1, use.window);
  append_protobuf_bytes(message, 3, window);
  if (object.is_node()) {
    append_usage_fields(message, 4, use);
    return message;
  }
  std::string one;
  for_each_container(object, [&](const std::string& name, const ResourceUse& container) {
    one.clear();
    append_protobuf_bytes(one, 1, name);
    append_usage_fields(one, 2, container);
    append_protobuf_bytes(message, 4, one);
  });
  return message;
}

void MetricsWriter::append_protobuf_item(std::string& out, const MetricsObject& object) {
  append_protobuf_bytes(out, 2, protobuf(object));
}

std::string object_list_head(bool nodes) {
  return head_of(std::string(kind_of(nodes)) + "List", kMetricsGroupVersion) + R"("items":[)";
}

std::string metadata_list_head(std::string_view meta_version) {
  return head_of("PartialObjectMetadataList", "meta.k8s.io/" + std::string(meta_version)) + R"("items":[)";
}

std::string table_head(std::string_view meta_version) {
  std::string out = head_of("Table", "meta.k8s.io/" + std::string(meta_version));
  out.append(
      R"("columnDefinitions":[)"
      R"({"name":"Name","type":"string","format":"name","description":"Name of the resource","priority":0})");
  constexpr std::string_view kColumns[][2] = {
      {"cpu", "quantity"}, {"memory", "quantity"}, {"Window", "duration"}};
  for (const auto& [name, format] : kColumns) {
    out.append(R"(,{"name":")").append(name).append(R"(","type":"string","format":")").append(format);
    out.append(R"(","description":"","priority":0})");
  }
  return out.append(R"(],"rows":[)");
}

void append_protobuf_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  append_varint(out, number << 3 | 2);
  append_varint(out, bytes.size());
  out.append(bytes);
}

std::string protobuf_envelope(std::string_view kind, std::string_view message) {
  std::string type;
  append_protobuf_bytes(type, 1, kMetricsGroupVersion);
  append_protobuf_bytes(type, 2, kind);
  std::string out("k8s\0", 4);
  append_protobuf_bytes(out, 1, type);
  append_protobuf_bytes(out, 2, message);
  append_protobuf_bytes(out, 3, "");
  append_protobuf_bytes(out, 4, "");
  return out;
}

}  // namespace kubevitals::usage
