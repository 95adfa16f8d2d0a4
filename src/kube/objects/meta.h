// The parts that all API objects share: k8s.io/apimachinery/pkg/apis/meta/v1.
//
// Decoded objects are transient: every string_view points into the bytes (or the decoder) that the object was
// decoded from, so a consumer copies what it keeps. Only members that some pillar reads are declared; all
// others are skipped while decoding. Types of members:
//   string_view, bool, int32_t, int64_t      a scalar; missing or null gives the zero value
//   optional<...>                            a Go pointer: missing or null is nullopt
//   vector<...>                              a list
//   StringMap, ResourceList                  a map, sorted by key, keys unique (the last one wins)
//   a struct with `fields`                   a nested message
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "kube/field.h"

namespace kubevitals::kube {

// metav1.Time. The zero time is Go's: year 1, which prints as -6.21355968e+10.
struct Time {
  static constexpr std::int64_t kZeroSeconds = -62'135'596'800;
  std::int64_t seconds = kZeroSeconds;
  std::int32_t nanos = 0;

  bool is_zero() const { return seconds == kZeroSeconds && nanos == 0; }
  friend bool operator==(const Time&, const Time&) = default;
};

// A map of strings, sorted by key.
struct StringMap : std::vector<std::pair<std::string_view, std::string_view>> {
  using vector::vector;
};

// A map of resource names to quantities in text form ("100m"), sorted by name; see base/quantity.h.
struct ResourceList : std::vector<std::pair<std::string_view, std::string_view>> {
  using vector::vector;
};

// intstr.IntOrString.
struct IntOrString {
  bool is_string = false;
  std::int32_t int_value = 0;
  std::string_view string_value;
  friend bool operator==(const IntOrString&, const IntOrString&) = default;
};

struct OwnerReference {
  std::string_view kind;
  std::string_view name;
  std::string_view uid;
  std::optional<bool> controller;
  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "kind", &OwnerReference::kind}, Field{3, "name", &OwnerReference::name},
                      Field{4, "uid", &OwnerReference::uid},
                      Field{6, "controller", &OwnerReference::controller}};
  }
};

struct ObjectMeta {
  std::string_view name;
  std::string_view namespace_;
  std::string_view uid;
  std::string_view resource_version;
  std::int64_t generation = 0;
  Time creation_timestamp;
  std::optional<Time> deletion_timestamp;
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owner_references;
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &ObjectMeta::name},
                      Field{3, "namespace", &ObjectMeta::namespace_},
                      Field{5, "uid", &ObjectMeta::uid},
                      Field{6, "resourceVersion", &ObjectMeta::resource_version},
                      Field{7, "generation", &ObjectMeta::generation},
                      Field{8, "creationTimestamp", &ObjectMeta::creation_timestamp},
                      Field{9, "deletionTimestamp", &ObjectMeta::deletion_timestamp},
                      Field{11, "labels", &ObjectMeta::labels},
                      Field{12, "annotations", &ObjectMeta::annotations},
                      Field{13, "ownerReferences", &ObjectMeta::owner_references}};
  }
};

// A status condition as most objects have it. The field numbers differ from object to object, the names do
// not.
template <int kStatus, int kTransition, int kReason>
struct BasicCondition {
  std::string_view type;
  std::string_view status;
  Time last_transition_time;
  std::string_view reason;
  friend bool operator==(const BasicCondition&, const BasicCondition&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "type", &BasicCondition::type},
                      Field{kStatus, "status", &BasicCondition::status},
                      Field{kTransition, "lastTransitionTime", &BasicCondition::last_transition_time},
                      Field{kReason, "reason", &BasicCondition::reason}};
  }
};

// The part of an object that bookmarks, deletions and errors need: any kind decodes into it.
struct PartialObject {
  ObjectMeta metadata;
  friend bool operator==(const PartialObject&, const PartialObject&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "metadata", &PartialObject::metadata}}; }
};

struct ListMeta {
  std::string_view resource_version;
  std::string_view continue_token;
  std::optional<std::int64_t> remaining_item_count;
  static constexpr auto fields() {
    return std::tuple{Field{2, "resourceVersion", &ListMeta::resource_version},
                      Field{3, "continue", &ListMeta::continue_token},
                      Field{4, "remainingItemCount", &ListMeta::remaining_item_count}};
  }
};

// metav1.Status: how the API server says what went wrong.
struct StatusDetails {
  std::int32_t retry_after_seconds = 0;
  static constexpr auto fields() {
    return std::tuple{Field{5, "retryAfterSeconds", &StatusDetails::retry_after_seconds}};
  }
};

struct Status {
  std::string_view status;
  std::string_view message;
  std::string_view reason;
  std::optional<StatusDetails> details;
  std::int32_t code = 0;
  static constexpr auto fields() {
    return std::tuple{Field{2, "status", &Status::status}, Field{3, "message", &Status::message},
                      Field{4, "reason", &Status::reason}, Field{5, "details", &Status::details},
                      Field{6, "code", &Status::code}};
  }
};

}  // namespace kubevitals::kube
