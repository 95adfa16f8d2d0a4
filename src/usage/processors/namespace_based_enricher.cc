#include "usage/processors/processor.h"

namespace kubevitals::usage {

void enrich_from_namespaces(NodeBlock& block, const BlockContext& context) {
  for (NodeBlock::Pod& pod : block.pod_rows) {
    pod.namespace_uid = context.directory.find_namespace(pod.name->namespace_);
  }
}

}  // namespace kubevitals::usage
