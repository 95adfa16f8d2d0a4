// One state of one object, small enough to keep by the hundred thousand and to put into the event log.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/document.h"

namespace kubevitals::sim {

// What a pod or a node is doing; other kinds use kNormal and kTerminating only.
enum class State : std::uint8_t {
  kNormal,         // pods: running and ready; nodes: ready; jobs: under way
  kUnschedulable,  // pods: no node has room
  kStarting,       // pods: ContainerCreating
  kNotReady,       // pods: the readiness probe fails; nodes: the kubelet stopped reporting
  kCrashLoop,      // pods: CrashLoopBackOff
  kImagePull,      // pods: ImagePullBackOff
  kSucceeded,      // pods and jobs
  kFailed,         // pods and jobs
  kEvicted,        // pods
};

// One pod behind an EndpointSlice.
struct EndpointRef {
  std::uint32_t ordinal = 0;
  std::uint32_t incarnation = 0;
  std::uint32_t revision = 0;
  bool ready = false;

  friend bool operator==(const EndpointRef&, const EndpointRef&) = default;
};

// What cannot be computed. Immutable once shared.
struct Stored {
  json::object document;  // without apiVersion and kind; empty when only the endpoints are stored
  std::vector<EndpointRef> endpoints;
};

inline constexpr std::uint32_t kNone = 0xffffffff;

// An immutable value: the same Version always renders to the same document (workload/*.cc).
struct Version {
  std::uint64_t rv = 0;           // metadata.resourceVersion
  std::uint32_t subject = kNone;  // the Layout's workload, node or namespace; kNone when there is no such
  std::uint32_t ordinal = 0;      // which of the subject's pods, slices or claims
  std::uint32_t incarnation =
      0;                       // 0 for what was there at the start; makes name and UID of a replacement new
  std::uint32_t revision = 0;  // of the pod template: pods, ReplicaSets, Deployments, ...
  std::int32_t created = 0;    // seconds since the cluster's start
  std::int32_t changed = 0;    // the same: last change of the state
  std::uint32_t number = 0;    // pods: the node's index, kNone without one; controllers: spec.replicas
  std::uint32_t restarts = 0;  // pods: restarts of the first container; controllers: existing pods
  std::uint32_t ready = 0;     // controllers: ready pods
  std::uint32_t updated = 0;   // controllers: existing pods of the newest revision
  std::uint32_t protobuf_size = 0;  // of the document as protobuf once it is known: only a cache
  State state = State::kNormal;
  bool terminating = false;  // deletionTimestamp is set, to `changed`
  std::shared_ptr<const Stored> stored;

  bool has_document() const { return stored && !stored->document.empty(); }
  bool computed() const { return !has_document(); }
};

}  // namespace kubevitals::sim
