#include "kube/objects/service.h"

#include "state/resources/common.h"
#include "state/resources/tables.h"

namespace kubevitals::state {
namespace {

using kube::Service;

constexpr Family<Service> kFamilies[] = {
    stable<Service>("kube_service_info", "The service's addresses and where it takes traffic from",
                    [](const Service& service, const Options&, Emitter& emitter) {
                      const kube::ServiceSpec& spec = service.spec;
                      emitter.sample({{"cluster_ip", spec.cluster_ip},
                                      {"external_name", spec.external_name},
                                      {"load_balancer_ip", spec.load_balancer_ip},
                                      {"external_traffic_policy", spec.external_traffic_policy}},
                                     1);
                    }),
    created_family<Service>("kube_service_created", Stability::kStable),
    stable<Service>("kube_service_spec_type", "How the service is offered",
                    [](const Service& service, const Options&, Emitter& emitter) {
                      emitter.sample({{"type", service.spec.type}}, 1);
                    }),
    annotations_family<Service>("kube_service_annotations", Stability::kAlpha),
    labels_family<Service>("kube_service_labels", Stability::kStable),
    stable<Service>("kube_service_spec_external_ip",
                    "The external addresses at which the service takes traffic",
                    [](const Service& service, const Options&, Emitter& emitter) {
                      for (const std::string_view ip : service.spec.external_ips) {
                        emitter.sample({{"external_ip", ip}}, 1);
                      }
                    }),
    stable<Service>("kube_service_status_load_balancer_ingress",
                    "The addresses that the load balancer gave the service",
                    [](const Service& service, const Options&, Emitter& emitter) {
                      for (const kube::LoadBalancerIngress& ingress : service.status.load_balancer.ingress) {
                        emitter.sample({{"ip", ingress.ip}, {"hostname", ingress.hostname}}, 1);
                      }
                    }),
    deletion_timestamp_family<Service>("kube_service_deletion_timestamp", Stability::kAlpha),
};

void set_base_labels(const Service& service, Emitter& emitter) {
  const kube::ObjectMeta& metadata = service.metadata;
  emitter.set_base_labels(
      {{"namespace", metadata.namespace_}, {"service", metadata.name}, {"uid", metadata.uid}});
}

}  // namespace

const ResourceTable<Service> kServices{"services", kube::kServices, set_base_labels, kFamilies};

}  // namespace kubevitals::state
