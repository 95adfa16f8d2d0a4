// Create, update, patch and delete.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/api/error.h"
#include "sim/api/watch_body.h"
#include "sim/cluster.h"

namespace kubevitals::sim {

enum class PatchType { kMerge, kJson, kStrategic, kApply };

// The object a write is about.
struct WriteTarget {
  unsigned resource = 0;
  std::string ns;
  std::string name;         // empty for create
  std::string subresource;  // "", "status", "scale", "binding", "eviction", "finalize"
  bool dry_run = false;
};

// What the client gets: the object, or a Status.
struct Written {
  int code = 200;
  json::object object;  // with resourceVersion, without apiVersion and kind unless `typed`
  bool typed = false;   // a Status or a Scale: already complete
};

ApiResult<Written> create_object(Cluster& cluster, const WriteTarget& target, json::object body);
ApiResult<Written> update_object(Cluster& cluster, const WriteTarget& target, json::object body);
ApiResult<Written> patch_object(Cluster& cluster, const WriteTarget& target, PatchType type,
                                const json::value& patch);
// `options` is the body: metav1.DeleteOptions, or empty.
ApiResult<Written> delete_object(Cluster& cluster, const WriteTarget& target, const json::object& options);
// Deletes what is selected.
ApiResult<Written> delete_objects(Cluster& cluster, const WriteTarget& target, const Selection& selection,
                                  const json::object& options);
// The /scale subresource of an object.
ApiResult<Written> get_scale(const Cluster& cluster, const WriteTarget& target);

}  // namespace kubevitals::sim
