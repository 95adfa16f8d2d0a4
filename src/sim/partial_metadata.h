// The view of an object that only has its metadata.
#pragma once

#include "sim/document.h"

namespace kubevitals::sim {

// A meta.k8s.io/v1 PartialObjectMetadata with the object's metadata. Thread-safe.
json::object partial_metadata(const json::object& object);

}  // namespace kubevitals::sim
