// discovery.k8s.io/v1.EndpointSlice: k8s.io/api/discovery/v1.
#pragma once

#include "kube/objects/meta.h"
#include "kube/objects/object_reference.h"

namespace kubevitals::kube {

struct SliceEndpointConditions {
  std::optional<bool> ready;
  std::optional<bool> serving;
  std::optional<bool> terminating;
  friend bool operator==(const SliceEndpointConditions&, const SliceEndpointConditions&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "ready", &SliceEndpointConditions::ready},
                      Field{2, "serving", &SliceEndpointConditions::serving},
                      Field{3, "terminating", &SliceEndpointConditions::terminating}};
  }
};

struct SliceEndpoint {
  std::vector<std::string_view> addresses;
  SliceEndpointConditions conditions;
  std::optional<std::string_view> hostname;
  std::optional<ObjectReference> target_ref;
  StringMap deprecated_topology;
  std::optional<std::string_view> node_name;
  std::optional<std::string_view> zone;
  friend bool operator==(const SliceEndpoint&, const SliceEndpoint&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "addresses", &SliceEndpoint::addresses},
                      Field{2, "conditions", &SliceEndpoint::conditions},
                      Field{3, "hostname", &SliceEndpoint::hostname},
                      Field{4, "targetRef", &SliceEndpoint::target_ref},
                      Field{5, "deprecatedTopology", &SliceEndpoint::deprecated_topology},
                      Field{6, "nodeName", &SliceEndpoint::node_name},
                      Field{7, "zone", &SliceEndpoint::zone}};
  }
};

struct SlicePort {
  std::optional<std::string_view> name;
  std::optional<std::string_view> protocol;
  std::optional<std::int32_t> port;
  std::optional<std::string_view> app_protocol;
  friend bool operator==(const SlicePort&, const SlicePort&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &SlicePort::name}, Field{2, "protocol", &SlicePort::protocol},
                      Field{3, "port", &SlicePort::port}, Field{4, "appProtocol", &SlicePort::app_protocol}};
  }
};

struct EndpointSlice {
  ObjectMeta metadata;
  std::vector<SliceEndpoint> endpoints;
  std::vector<SlicePort> ports;
  std::string_view address_type;
  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
  static constexpr auto fields() {
    return std::tuple{
        Field{1, "metadata", &EndpointSlice::metadata}, Field{2, "endpoints", &EndpointSlice::endpoints},
        Field{3, "ports", &EndpointSlice::ports}, Field{4, "addressType", &EndpointSlice::address_type}};
  }
};

}  // namespace kubevitals::kube
