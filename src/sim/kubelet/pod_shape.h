// What a kubelet has to know of a pod's spec to report on it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sim/document.h"
#include "sim/layout.h"
#include "sim/version.h"

namespace kubevitals::sim {

struct ContainerShape {
  std::string name;
  std::string image;
  double cpu_request = 0;     // cores; 0: none
  double memory_request = 0;  // bytes; 0: none
  double memory_limit = 0;
};

enum class VolumeMedium : std::uint8_t { kDisk, kMemory, kClaim };

struct VolumeShape {
  std::string name;
  VolumeMedium medium = VolumeMedium::kDisk;
  bool scratch = false;  // an emptyDir: pods write into it
  std::string claim;
};

struct PodShape {
  std::vector<ContainerShape> containers;
  std::vector<VolumeShape> volumes;
  bool host_network = false;
  std::string quality;  // QoS class in lower case
};

// Any spec, also one that a client made up: what is missing or of another type is left out.
PodShape read_pod_shape(const json::object& spec);

// The shapes of pods; those of computed ones are read once for each template. Thread-safe.
class PodShapes {
 public:
  explicit PodShapes(const Layout& layout) : layout_(layout) {}

  // Without the volumes that only the pod itself has (see token_volume_name()).
  std::shared_ptr<const PodShape> of(const Version& pod);

 private:
  const Layout& layout_;
  std::mutex mutex_;
  // Guarded by mutex_: by workload and revision of its template.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::shared_ptr<const PodShape>> by_template_;
};

}  // namespace kubevitals::sim
