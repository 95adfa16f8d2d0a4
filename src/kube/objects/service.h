// v1.Service: k8s.io/api/core/v1.
#pragma once

#include "kube/objects/meta.h"

namespace kubevitals::kube {

struct ServicePort {
  std::string_view name;
  std::string_view protocol;
  std::int32_t port = 0;
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "name", &ServicePort::name}, Field{2, "protocol", &ServicePort::protocol},
                      Field{3, "port", &ServicePort::port}};
  }
};

struct ServiceSpec {
  std::vector<ServicePort> ports;
  std::string_view cluster_ip;
  std::string_view type;
  std::vector<std::string_view> external_ips;
  std::string_view load_balancer_ip;
  std::string_view external_name;
  std::string_view external_traffic_policy;
  std::string_view ip_family_policy;
  std::vector<std::string_view> ip_families;
  friend bool operator==(const ServiceSpec&, const ServiceSpec&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "ports", &ServiceSpec::ports},
                      Field{3, "clusterIP", &ServiceSpec::cluster_ip},
                      Field{4, "type", &ServiceSpec::type},
                      Field{5, "externalIPs", &ServiceSpec::external_ips},
                      Field{8, "loadBalancerIP", &ServiceSpec::load_balancer_ip},
                      Field{10, "externalName", &ServiceSpec::external_name},
                      Field{11, "externalTrafficPolicy", &ServiceSpec::external_traffic_policy},
                      Field{17, "ipFamilyPolicy", &ServiceSpec::ip_family_policy},
                      Field{19, "ipFamilies", &ServiceSpec::ip_families}};
  }
};

struct LoadBalancerIngress {
  std::string_view ip;
  std::string_view hostname;
  friend bool operator==(const LoadBalancerIngress&, const LoadBalancerIngress&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "ip", &LoadBalancerIngress::ip},
                      Field{2, "hostname", &LoadBalancerIngress::hostname}};
  }
};

struct LoadBalancerStatus {
  std::vector<LoadBalancerIngress> ingress;
  friend bool operator==(const LoadBalancerStatus&, const LoadBalancerStatus&) = default;
  static constexpr auto fields() { return std::tuple{Field{1, "ingress", &LoadBalancerStatus::ingress}}; }
};

struct ServiceStatus {
  LoadBalancerStatus load_balancer;
  friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "loadBalancer", &ServiceStatus::load_balancer}};
  }
};

struct Service {
  ObjectMeta metadata;
  ServiceSpec spec;
  ServiceStatus status;
  friend bool operator==(const Service&, const Service&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "metadata", &Service::metadata}, Field{2, "spec", &Service::spec},
                      Field{3, "status", &Service::status}};
  }
};

}  // namespace kubevitals::kube
