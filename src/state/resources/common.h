// Families that many resources have, and what their emit functions share.
#pragma once

#include <string_view>

#include "exposition/emitter.h"
#include "kube/objects/meta.h"
#include "state/family.h"
#include "state/label_names.h"

namespace kubevitals::state {

using exposition::Emitter;
using exposition::Label;

constexpr double number(bool value) {
  return value ? 1 : 0;
}
constexpr double number(const kube::Time& time) {
  return static_cast<double>(time.seconds);
}
constexpr std::string_view boolean_text(bool value) {
  return value ? "true" : "false";
}

// The row of *_created: absent while the object has no creation time.
template <typename T>
constexpr Family<T> created_family(std::string_view name, Stability stability) {
  return {{name, MetricType::kGauge, stability, "When the object was created, in seconds since 1970"},
          [](const T& object, const Options&, Emitter& emitter) {
            const kube::Time& created = object.metadata.creation_timestamp;
            if (!created.is_zero()) emitter.sample(number(created));
          }};
}

// The row of *_deletion_timestamp: absent until the object is being deleted.
template <typename T>
constexpr Family<T> deletion_timestamp_family(std::string_view name, Stability stability) {
  return {{name, MetricType::kGauge, stability,
           "When the object's deletion was asked for, in seconds since 1970"},
          [](const T& object, const Options&, Emitter& emitter) {
            const auto& deleted = object.metadata.deletion_timestamp;
            if (deleted && !deleted->is_zero()) emitter.sample(number(*deleted));
          }};
}

// The row of *_metadata_generation.
template <typename T>
constexpr Family<T> generation_family(std::string_view name, Stability stability) {
  return {
      {name, MetricType::kGauge, stability, "Counts the changes of the desired state (metadata.generation)"},
      [](const T& object, const Options&, Emitter& emitter) {
        emitter.sample(static_cast<double>(object.metadata.generation));
      }};
}

// The row of *_labels.
template <typename T>
constexpr Family<T> labels_family(std::string_view name, Stability stability) {
  return {{name, MetricType::kGauge, stability,
           "The object's labels that --metric-labels-allowlist lets through"},
          [](const T& object, const Options& options, Emitter& emitter) {
            emit_allowed_entries(object.metadata.labels, options.labels, "label", emitter);
          }};
}

// The row of *_annotations.
template <typename T>
constexpr Family<T> annotations_family(std::string_view name, Stability stability) {
  return {{name, MetricType::kGauge, stability,
           "The object's annotations that --metric-annotations-allowlist lets through"},
          [](const T& object, const Options& options, Emitter& emitter) {
            emit_allowed_entries(object.metadata.annotations, options.annotations, "annotation", emitter);
          }};
}

// The row of *_owner: a series for each owner, one with empty labels when there is none.
template <typename T>
constexpr Family<T> owner_family(std::string_view name, Stability stability) {
  return {{name, MetricType::kGauge, stability, "The objects that own this one"},
          [](const T& object, const Options&, Emitter& emitter) {
            for (const kube::OwnerReference& owner : object.metadata.owner_references) {
              emitter.sample({{"owner_kind", owner.kind},
                              {"owner_name", owner.name},
                              {"owner_is_controller", boolean_text(owner.controller.value_or(false))}},
                             1);
            }
            if (object.metadata.owner_references.empty()) {
              emitter.sample({{"owner_kind", ""}, {"owner_name", ""}, {"owner_is_controller", ""}}, 1);
            }
          }};
}

// The row of *_status_condition: three series for each condition.
template <typename T>
constexpr Family<T> conditions_family(std::string_view name, Stability stability) {
  return {{name, MetricType::kGauge, stability, "The object's conditions: 1 on the status that each one has"},
          [](const T& object, const Options&, Emitter& emitter) {
            for (const auto& condition : object.status.conditions) {
              emitter.condition({{"condition", condition.type}}, "status", condition.status);
            }
          }};
}

template <typename T>
using EmitFunction = void (*)(const T&, const Options&, Emitter&);

// Rows of gauges, by stability.
template <typename T>
constexpr Family<T> stable(std::string_view name, std::string_view help, EmitFunction<T> emit) {
  return {{name, MetricType::kGauge, Stability::kStable, help}, emit};
}
template <typename T>
constexpr Family<T> alpha(std::string_view name, std::string_view help, EmitFunction<T> emit) {
  return {{name, MetricType::kGauge, Stability::kAlpha, help}, emit};
}

}  // namespace kubevitals::state
