// The server-side columns that `kubectl get` prints: meta.k8s.io/v1 Table.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "sim/document.h"

namespace kubevitals::sim {

enum class IncludeObject { kMetadata, kObject, kNothing };

// A Table for objects of one kind, the columns as the real API server has them for this kind (name, ready,
// status, restarts, age, ... with their priorities); ages count from `now`. Kinds without columns of their
// own get Name and Created At. For a watch the event's object is a Table of one row.
json::object make_table(const kube::ResourceType& type, std::span<const json::object> objects,
                        const json::object& list_metadata, IncludeObject include,
                        std::chrono::system_clock::time_point now);

}  // namespace kubevitals::sim
