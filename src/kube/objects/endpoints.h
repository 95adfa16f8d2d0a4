// v1.Endpoints: k8s.io/api/core/v1.
#pragma once

#include "kube/objects/meta.h"
#include "kube/objects/object_reference.h"

namespace kubevitals::kube {

struct EndpointAddress {
  std::string_view ip;
  std::optional<ObjectReference> target_ref;
  std::string_view hostname;
  std::optional<std::string_view> node_name;
  friend bool operator==(const EndpointAddress&, const EndpointAddress&) = default;
  static constexpr auto fields() {
    return std::tuple{
        Field{1, "ip", &EndpointAddress::ip}, Field{2, "targetRef", &EndpointAddress::target_ref},
        Field{3, "hostname", &EndpointAddress::hostname}, Field{4, "nodeName", &EndpointAddress::node_name}};
  }
};

struct EndpointPort {
  std::string_view name;
  std::int32_t port = 0;
  std::string_view protocol;
  friend bool operator==(const EndpointPort&, const EndpointPort&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &EndpointPort::name}, Field{2, "port", &EndpointPort::port},
                      Field{3, "protocol", &EndpointPort::protocol}};
  }
};

struct EndpointSubset {
  std::vector<EndpointAddress> addresses;
  std::vector<EndpointAddress> not_ready_addresses;
  std::vector<EndpointPort> ports;
  friend bool operator==(const EndpointSubset&, const EndpointSubset&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "addresses", &EndpointSubset::addresses},
                      Field{2, "notReadyAddresses", &EndpointSubset::not_ready_addresses},
                      Field{3, "ports", &EndpointSubset::ports}};
  }
};

struct Endpoints {
  ObjectMeta metadata;
  std::vector<EndpointSubset> subsets;
  friend bool operator==(const Endpoints&, const Endpoints&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Endpoints::metadata}, Field{2, "subsets", &Endpoints::subsets}};
  }
};

}  // namespace kubevitals::kube
