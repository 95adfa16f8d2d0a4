// What endpoints and slices have in common: targets with the labels of pods, and further ones for the ports
// of these pods that the object does not name.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "discovery/kubernetes/groups.h"

namespace kubevitals::discovery::kubernetes {

class EndpointTargets final {
 public:
  // `out` gets the targets; all outlive this.
  EndpointTargets(const EndpointsRecord& endpoints, const Neighbours& around, std::vector<LabelBlockPtr>& out)
      : endpoints_(endpoints), around_(around), out_(out) {}

  // The target of one of the object's addresses and ports.
  void add(const EndpointAddress& address, const EndpointPort& port);

  // Targets for the other ports of all pods that were met and have an IP.
  void add_other_ports();

 private:
  struct Seen {
    const PodRecord* pod;
    std::vector<std::int32_t> numbers;
  };

  const PodRecord* pod_of(const EndpointAddress& address) const;
  void remember(const PodRecord& pod, const EndpointPort& port);

  const EndpointsRecord& endpoints_;
  const Neighbours& around_;
  std::vector<LabelBlockPtr>& out_;
  LabelParts parts_;
  std::vector<Seen> seen_;                                          // in the order of their first address
  boost::unordered_flat_map<const PodRecord*, std::size_t> index_;  // in seen_
};

}  // namespace kubevitals::discovery::kubernetes
