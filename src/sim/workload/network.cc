#include <fmt/format.h>

#include "sim/kind.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

constexpr std::uint64_t kIdentitySalt = 41, kAgeSalt = 42;

json::object service_port(std::string_view name, int port, const json::storage_ptr& storage) {
  return json::object({{"name", name}, {"protocol", "TCP"}, {"port", port}, {"targetPort", name}}, storage);
}

}  // namespace

std::uint64_t identity_of(const Layout& layout, unsigned kind, std::uint32_t subject, std::uint32_t ordinal,
                          std::uint32_t incarnation, std::uint32_t revision) {
  return hash_of(layout.seed(), kIdentitySalt, kind, subject, ordinal, incarnation, revision);
}

std::int32_t workload_created(const Layout& layout, std::uint32_t workload) {
  constexpr std::int32_t kDay = 24 * 3600;
  return -90 * kDay + static_cast<std::int32_t>(hash_of(layout.seed(), kAgeSalt, workload) % (85 * kDay));
}

json::object make_service(const Layout& layout, const Version& version, const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  const bool headless = layout.workload(subject).kind == WorkloadKind::kStatefulSet;
  const std::string address = headless ? "None" : layout.cluster_address(subject);
  json::array ports(storage);
  ports.emplace_back(service_port("http", 80, storage));
  ports.emplace_back(service_port("metrics", 9090, storage));
  json::object labels = make_selector_labels(layout, subject, storage);
  json::object metadata({{"name", layout.workload_name(subject)},
                         {"namespace", layout.workload_namespace(subject)},
                         {"uid", make_uid(identity_of(layout, kService, subject, 0, version.incarnation, 0))},
                         {"creationTimestamp", layout.time(version.created)},
                         {"labels", std::move(labels)}},
                        storage);
  json::object spec({{"ports", std::move(ports)},
                     {"selector", make_selector_labels(layout, subject, storage)},
                     {"clusterIP", address},
                     {"clusterIPs", json::array({address}, storage)},
                     {"type", "ClusterIP"},
                     {"sessionAffinity", "None"},
                     {"ipFamilies", json::array({"IPv4"}, storage)},
                     {"ipFamilyPolicy", "SingleStack"},
                     {"internalTrafficPolicy", "Cluster"}},
                    storage);
  if (!headless && subject % 20 == 0) {  // some services face the outside
    spec["type"] = "LoadBalancer";
    spec.emplace("allocateLoadBalancerNodePorts", true);
    spec.emplace("externalTrafficPolicy", "Cluster");
  }
  json::object balancer(storage);
  if (spec.contains("externalTrafficPolicy")) {
    json::array ingress(storage);
    ingress.emplace_back(json::object(
        {{"ip", fmt::format("203.0.{}.{}", subject / 5120 % 256, subject / 20 % 256)}, {"ipMode", "VIP"}},
        storage));
    balancer.emplace("ingress", std::move(ingress));
  }
  return json::object({{"metadata", std::move(metadata)},
                       {"spec", std::move(spec)},
                       {"status", {{"loadBalancer", std::move(balancer)}}}},
                      storage);
}

json::object make_endpoint_slice(const Layout& layout, const Version& version,
                                 const json::storage_ptr& storage) {
  const std::uint32_t subject = version.subject;
  const bool ipv6 = version.ordinal == 1;
  const std::string service = layout.workload_name(subject);
  const std::string ns = layout.workload_namespace(subject);
  json::array endpoints(storage);
  if (version.stored) {
    for (const EndpointRef& ref : version.stored->endpoints) {
      const std::uint32_t node = layout.node_of(subject, ref.ordinal, ref.incarnation);
      std::string address = layout.pod_address(subject, ref.ordinal, ref.incarnation);
      if (ipv6)
        address = fmt::format("fd00::{:x}", hash_of(subject, ref.ordinal, ref.incarnation) & 0xffffffff);
      endpoints.emplace_back(json::object(
          {{"addresses", json::array({address}, storage)},
           {"conditions", {{"ready", ref.ready}, {"serving", ref.ready}, {"terminating", false}}},
           {"targetRef",
            {{"kind", "Pod"},
             {"namespace", ns},
             {"name", layout.pod_name(subject, ref.ordinal, ref.incarnation, ref.revision)},
             {"uid", make_uid(identity_of(layout, kPod, subject, ref.ordinal, ref.incarnation, 0))}}},
           {"nodeName", layout.node_name(node)},
           {"zone", layout.zone(node)}},
          storage));
    }
  }
  const std::uint64_t identity =
      identity_of(layout, kEndpointSlice, subject, version.ordinal, version.incarnation, 0);
  json::object labels = make_selector_labels(layout, subject, storage);
  labels.emplace("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
  labels.emplace("kubernetes.io/service-name", service);
  json::array owners(storage);
  owners.emplace_back(json::object({{"apiVersion", "v1"},
                                    {"kind", "Service"},
                                    {"name", service},
                                    {"uid", make_uid(identity_of(layout, kService, subject, 0, 0, 0))},
                                    {"controller", true},
                                    {"blockOwnerDeletion", true}},
                                   storage));
  json::array ports(storage);
  ports.emplace_back(json::object({{"name", "http"}, {"protocol", "TCP"}, {"port", 8080}}, storage));
  ports.emplace_back(json::object({{"name", "metrics"}, {"protocol", "TCP"}, {"port", 9090}}, storage));
  return json::object(
      {{"addressType", ipv6 ? "IPv6" : "IPv4"},
       {"metadata",
        {{"name", service + "-" + name_suffix(hash_of(layout.seed(), subject, version.ordinal), 5)},
         {"generateName", service + "-"},
         {"namespace", ns},
         {"uid", make_uid(identity)},
         {"creationTimestamp", layout.time(version.created)},
         {"labels", std::move(labels)},
         {"ownerReferences", std::move(owners)}}},
       {"endpoints", std::move(endpoints)},
       {"ports", std::move(ports)}},
      storage);
}

}  // namespace kubevitals::sim
