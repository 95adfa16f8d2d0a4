// What is kept of API objects.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kube/objects/node.h"
#include "kube/objects/pod.h"
#include "usage/directory/intern_pool.h"
#include "usage/model/batch.h"

namespace kubevitals::usage {

// How a node is reached, and whether it should be asked at all.
struct NodeRecord {
  std::shared_ptr<const NodeInfo> info;
  std::vector<std::pair<std::string, std::string>> addresses;  // type and address, in the node's order
  std::int32_t kubelet_port = 0;                               // 0: the node does not say
  bool ready = true;                                           // no condition Ready, or a true one
  std::string resource_metrics_path;  // of the annotation that metrics-server knows; empty: the usual one
};

// Makes projections that share what is equal. Not thread-safe.
class Projector {
 public:
  // The annotation that holds a node's host_id where spec.externalID is empty (host_id_annotation).
  explicit Projector(std::string host_id_annotation) : host_id_annotation_(std::move(host_id_annotation)) {}

  // `before`: what the pod was, or null.
  std::shared_ptr<const PodInfo> project(const kube::Pod& pod, const PodInfo* before);
  std::shared_ptr<const NodeRecord> project(const kube::Node& node) const;

 private:
  struct HashLabels {
    std::size_t operator()(const LabelPairs& labels) const;
  };
  struct HashContainers {
    std::size_t operator()(const std::vector<ContainerInfo>& containers) const;
  };

  struct HashState {
    std::size_t operator()(const PodState& state) const;
  };

  const std::string host_id_annotation_;
  InternPool<std::string, std::hash<std::string>> texts_;
  InternPool<LabelPairs, HashLabels> labels_;
  InternPool<PodState, HashState> states_;
  InternPool<std::vector<ContainerInfo>, HashContainers> containers_;
};

}  // namespace kubevitals::usage
