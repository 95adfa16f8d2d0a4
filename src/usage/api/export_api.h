// /api/v1/metric-export and /api/v1/metric-export-schema, as Heapster has them.
#pragma once

#include <memory>
#include <string>

#include "exposition/generated_body.h"
#include "usage/model/batch.h"
#include "usage/model/metric_set.h"

namespace kubevitals::usage {

// The exported metrics (MetricDescriptor::exported) of all nodes, pods and containers of a batch, in pieces
// of some 256 kB; "[]" without one. A node has container_name "machine", a pod "/pod".
exposition::NextPiece metric_export(std::shared_ptr<const Batch> batch, LabelFormat format);

// Which metrics and labels that are.
std::string metric_export_schema();

}  // namespace kubevitals::usage
