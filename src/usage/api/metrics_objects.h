// NodeMetrics and PodMetrics, written: k8s.io/metrics/pkg/apis/metrics, v1beta1 and Heapster's v1alpha1.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "usage/api/json_text.h"
#include "usage/model/batch.h"
#include "usage/store/usage_store.h"

namespace kubevitals::usage {

// What one object is made of. Views and pointers are good as long as what they came from is.
struct MetricsObject {
  std::string_view name;
  std::string_view namespace_;          // empty: a node
  const LabelPairs* labels = nullptr;   // null: none
  const ResourceUse* node = nullptr;    // of a node
  const NodeUsage* usage = nullptr;     // of a pod: its node's ...
  const NodeUsage::Pod* pod = nullptr;  // ... and its place there

  bool is_node() const { return node != nullptr; }
  // A pod's data is as old as the oldest of its containers'.
  Nanos time() const;
  Nanos window() const;
};

// Writes objects one after the other; what is the same for neighbours is made once. Not thread-safe.
class MetricsWriter {
 public:
  // `meta_version` is the one of meta.k8s.io that metadata alone is written in.
  explicit MetricsWriter(Nanos now, std::string_view meta_version = "v1")
      : now_(now), meta_version_(meta_version) {}

  // With `head`, kind and apiVersion stand at the beginning.
  void append_json(std::string& out, const MetricsObject& object, bool head);
  // Heapster's: no kind, no labels, the CPU in whole millicores.
  void append_heapster_json(std::string& out, const MetricsObject& object);
  // As PartialObjectMetadata.
  void append_metadata_object(std::string& out, const MetricsObject& object);
  // A row of a Table, with this much of the object: "None", "Metadata" or "Object".
  void append_row(std::string& out, const MetricsObject& object, std::string_view included);
  // A field of a list's message: tag, length and message.
  void append_protobuf_item(std::string& out, const MetricsObject& object);
  // The message alone.
  std::string protobuf(const MetricsObject& object);

 private:
  void append_metadata(std::string& out, const MetricsObject& object, bool with_labels);
  void append_object(std::string& out, const MetricsObject& object, bool heapster);

  const Nanos now_;
  const std::string_view meta_version_;
  TimeText created_;
  TimeText seconds_;
  const LabelPairs* labels_ = nullptr;  // whose text is the next
  std::string labels_json_;
  std::string labels_protobuf_;
  const LabelPairs* protobuf_labels_ = nullptr;
};

// "nodes" is NodeMetrics, "pods" PodMetrics.
std::string_view kind_of(bool node);

// The beginnings of lists, up to their items; they and "]}" follow.
std::string object_list_head(bool nodes);
std::string metadata_list_head(std::string_view meta_version);
std::string table_head(std::string_view meta_version);

// What the Kubernetes API's protobuf stands in: magic bytes, kind, and the message.
std::string protobuf_envelope(std::string_view kind, std::string_view message);
// A field of type bytes.
void append_protobuf_bytes(std::string& out, std::uint32_t number, std::string_view bytes);

}  // namespace kubevitals::usage
