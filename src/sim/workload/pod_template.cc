#include <fmt/format.h>

#include <array>

#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

constexpr std::uint64_t kTemplateSalt = 21;

// Independent decisions about a workload, each from its own bits.
struct Traits {
  std::uint64_t hash;

  std::uint64_t pick(unsigned which, std::uint64_t choices) const { return hash_of(hash, which) % choices; }
};

std::string image(const Layout& layout, std::uint32_t workload, std::uint32_t revision, std::uint64_t hash) {
  return fmt::format("registry.example.com/{}/{}:v{}.{}.{}",
                     layout.namespace_name(layout.workload(workload).ns), layout.workload_name(workload),
                     1 + hash % 3, revision, hash % 10);
}

json::object probe(std::string_view path, int period, const json::storage_ptr& storage) {
  return json::object({{"httpGet", {{"path", path}, {"port", "http"}, {"scheme", "HTTP"}}},
                       {"initialDelaySeconds", 5},
                       {"timeoutSeconds", 2},
                       {"periodSeconds", period},
                       {"successThreshold", 1},
                       {"failureThreshold", 3}},
                      storage);
}

json::array environment(const Layout& layout, std::uint32_t workload, const Traits& traits,
                        const json::storage_ptr& storage) {
  constexpr std::array<std::array<std::string_view, 2>, 14> kPlain = {{
      {"LOG_LEVEL", "info"},
      {"LOG_FORMAT", "json"},
      {"HTTP_PORT", "8080"},
      {"METRICS_PATH", "/metrics"},
      {"GOMAXPROCS", "2"},
      {"DATABASE_URL", "postgres://db.storage.svc.cluster.local:5432/main?sslmode=require"},
      {"REDIS_ADDRESS", "redis.storage.svc.cluster.local:6379"},
      {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel-collector.monitoring.svc.cluster.local:4317"},
      {"FEATURE_FLAGS", "new-checkout,fast-search,dark-mode"},
      {"REGION", "eu-central-1"},
      {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=production,service.namespace=shop"},
      {"SHUTDOWN_TIMEOUT_SECONDS", "25"},
      {"CACHE_SIZE_BYTES", "268435456"},
      {"UPSTREAM_HOSTS", "a.upstream.svc.cluster.local,b.upstream.svc.cluster.local"},
  }};
  json::array list(storage);
  list.reserve(kPlain.size() + 4);
  const std::size_t plain = 7 + traits.pick(1, kPlain.size() - 6);
  for (std::size_t i = 0; i < plain; ++i) {
    list.emplace_back(json::object({{"name", kPlain[i][0]}, {"value", kPlain[i][1]}}, storage));
  }
  const auto field = [&](std::string_view name, std::string_view path) {
    list.emplace_back(json::object(
        {{"name", name}, {"valueFrom", {{"fieldRef", {{"apiVersion", "v1"}, {"fieldPath", path}}}}}},
        storage));
  };
  field("POD_NAME", "metadata.name");
  field("POD_IP", "status.podIP");
  field("NODE_NAME", "spec.nodeName");
  list.emplace_back(json::object(
      {{"name", "API_KEY"},
       {"valueFrom",
        {{"secretKeyRef", {{"name", layout.workload_name(workload) + "-credentials"}, {"key", "api-key"}}}}}},
      storage));
  return list;
}

// QoS: a tenth each Guaranteed and BestEffort, the rest Burstable.
json::object resources(const Traits& traits, unsigned container, const json::storage_ptr& storage) {
  constexpr std::array<std::string_view, 6> kCpu = {"50m", "100m", "250m", "500m", "1", "2"};
  constexpr std::array<std::string_view, 6> kMemory = {"64Mi", "128Mi", "256Mi", "512Mi", "1Gi", "4Gi"};
  const std::uint64_t quality = traits.pick(2, 10);
  if (quality == 0) return json::object(storage);
  const std::size_t size = container == 0 ? traits.pick(3, 4) : 0;
  json::object requests({{"cpu", kCpu[size]}, {"memory", kMemory[size]}}, storage);
  if (quality == 1) {
    json::object limits(requests, storage);
    return json::object({{"limits", std::move(limits)}, {"requests", std::move(requests)}}, storage);
  }
  json::object limits({{"memory", kMemory[size + 2]}}, storage);
  if (traits.pick(4, 2) == 0) limits.emplace("cpu", kCpu[size + 2]);
  return json::object({{"limits", std::move(limits)}, {"requests", std::move(requests)}}, storage);
}

json::array mounts(const Layout& layout, std::uint32_t workload, const Traits& traits, bool main,
                   const json::storage_ptr& storage) {
  json::array list(storage);
  if (main) {
    list.emplace_back(
        json::object({{"name", "config"}, {"readOnly", true}, {"mountPath", "/etc/app"}}, storage));
    if (traits.pick(5, 3) == 0) {
      list.emplace_back(
          json::object({{"name", "tls"}, {"readOnly", true}, {"mountPath", "/etc/tls"}}, storage));
    }
    if (layout.workload(workload).kind == WorkloadKind::kStatefulSet) {
      list.emplace_back(json::object({{"name", "data"}, {"mountPath", "/var/lib/data"}}, storage));
    }
  }
  list.emplace_back(json::object({{"name", "tmp"}, {"mountPath", "/tmp"}}, storage));
  return list;
}

json::object container(const Layout& layout, std::uint32_t workload, std::uint32_t revision,
                       const Traits& traits, unsigned index, const json::storage_ptr& storage) {
  constexpr std::array<std::string_view, 3> kSidecars = {"", "log-agent", "mesh-proxy"};
  const bool main = index == 0;
  json::object object(storage);
  object.reserve(16);
  object.emplace("name", main ? json::string("app", storage) : json::string(kSidecars[index], storage));
  object.emplace("image", main ? image(layout, workload, revision, traits.hash)
                               : fmt::format("registry.example.com/platform/{}:v2.{}.1", kSidecars[index],
                                             traits.pick(6, 5)));
  if (!main) {
    object.emplace(
        "args", json::array({"--config=/tmp/agent.yaml", "--log-level=warn", "--drain-time=30s"}, storage));
  } else if (traits.pick(7, 3) == 0) {
    object.emplace("command", json::array({"/usr/local/bin/server", "--listen=:8080"}, storage));
  }
  json::array ports(storage);
  ports.emplace_back(json::object({{"name", main ? "http" : "admin"},
                                   {"containerPort", main ? 8080 : 15000 + index},
                                   {"protocol", "TCP"}},
                                  storage));
  if (main) {
    ports.emplace_back(
        json::object({{"name", "metrics"}, {"containerPort", 9090}, {"protocol", "TCP"}}, storage));
    object.emplace("env", environment(layout, workload, traits, storage));
  }
  object.emplace("ports", std::move(ports));
  object.emplace("resources", resources(traits, index, storage));
  object.emplace("volumeMounts", mounts(layout, workload, traits, main, storage));
  if (main && layout.workload(workload).kind != WorkloadKind::kJob) {
    object.emplace("livenessProbe", probe("/healthz", 20, storage));
    object.emplace("readinessProbe", probe("/readyz", 10, storage));
    object.emplace(
        "lifecycle",
        json::object({{"preStop", {{"exec", {{"command", json::array({"sleep", "5"})}}}}}}, storage));
  }
  object.emplace("terminationMessagePath", "/dev/termination-log");
  object.emplace("terminationMessagePolicy", "File");
  object.emplace("imagePullPolicy", "IfNotPresent");
  object.emplace("securityContext", json::object({{"allowPrivilegeEscalation", false},
                                                  {"readOnlyRootFilesystem", true},
                                                  {"capabilities", {{"drop", json::array({"ALL"})}}}},
                                                 storage));
  return object;
}

json::array volumes(const Layout& layout, std::uint32_t workload, const Traits& traits,
                    const json::storage_ptr& storage) {
  const std::string name = layout.workload_name(workload);
  json::array list(storage);
  list.emplace_back(json::object(
      {{"name", "config"}, {"configMap", {{"name", name + "-config"}, {"defaultMode", 420}}}}, storage));
  if (traits.pick(5, 3) == 0) {
    list.emplace_back(json::object(
        {{"name", "tls"}, {"secret", {{"secretName", name + "-tls"}, {"defaultMode", 420}}}}, storage));
  }
  list.emplace_back(json::object({{"name", "tmp"}, {"emptyDir", json::object()}}, storage));
  return list;
}

json::array tolerations(const Layout& layout, std::uint32_t workload, const json::storage_ptr& storage) {
  json::array list(storage);
  if (layout.workload(workload).kind == WorkloadKind::kDaemonSet) {
    list.emplace_back(json::object({{"operator", "Exists"}}, storage));
  }
  for (const std::string_view key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    list.emplace_back(json::object(
        {{"key", key}, {"operator", "Exists"}, {"effect", "NoExecute"}, {"tolerationSeconds", 300}},
        storage));
  }
  return list;
}

// Away from pods of the same kind: other nodes rather than the same, and evenly over the zones.
void add_spreading(json::object& spec, const Layout& layout, std::uint32_t workload,
                   const json::storage_ptr& storage) {
  json::object labels({{"matchLabels", make_selector_labels(layout, workload, storage)}}, storage);
  json::array terms(storage);
  terms.emplace_back(json::object(
      {{"weight", 100},
       {"podAffinityTerm",
        {{"labelSelector", json::value(labels, storage)}, {"topologyKey", "kubernetes.io/hostname"}}}},
      storage));
  spec.emplace("affinity",
               json::object({{"podAntiAffinity",
                              {{"preferredDuringSchedulingIgnoredDuringExecution", std::move(terms)}}}},
                            storage));
  json::array constraints(storage);
  constraints.emplace_back(json::object({{"maxSkew", 1},
                                         {"topologyKey", "topology.kubernetes.io/zone"},
                                         {"whenUnsatisfiable", "ScheduleAnyway"},
                                         {"labelSelector", std::move(labels)}},
                                        storage));
  spec.emplace("topologySpreadConstraints", std::move(constraints));
}

void add_scheduling(json::object& spec, const Layout& layout, std::uint32_t workload, const Traits& traits,
                    const json::storage_ptr& storage) {
  constexpr std::array<std::string_view, 3> kPriorities = {"high-priority", "low-priority", "batch"};
  constexpr std::array<int, 3> kPriorityValues = {100'000, -100, -1000};
  const WorkloadKind kind = layout.workload(workload).kind;
  if (kind == WorkloadKind::kDaemonSet) {
    spec.emplace("priorityClassName", "system-node-critical");
    spec.emplace("priority", 2'000'001'000);
    if (workload == 0) spec.emplace("hostNetwork", true);
  } else if (const std::uint64_t choice = traits.pick(8, 8); choice < kPriorities.size()) {
    spec.emplace("priorityClassName", kPriorities[choice]);
    spec.emplace("priority", kPriorityValues[choice]);
  } else {
    spec.emplace("priority", 0);
  }
  if (traits.pick(9, 5) == 0 && kind != WorkloadKind::kDaemonSet) {
    spec.emplace("nodeSelector", json::object({{"kubernetes.io/os", "linux"}}, storage));
  }
  if (kind == WorkloadKind::kDeployment || kind == WorkloadKind::kStatefulSet) {
    add_spreading(spec, layout, workload, storage);
  }
  spec.emplace("preemptionPolicy", "PreemptLowerPriority");
}

}  // namespace

json::object make_selector_labels(const Layout& layout, std::uint32_t workload,
                                  const json::storage_ptr& storage) {
  const std::string name = layout.workload_name(workload);
  return json::object({{"app.kubernetes.io/name", name}, {"app.kubernetes.io/instance", name + "-main"}},
                      storage);
}

json::object make_pod_template(const Layout& layout, std::uint32_t workload, std::uint32_t revision,
                               const json::storage_ptr& storage) {
  const Traits traits{hash_of(layout.seed(), kTemplateSalt, workload)};
  json::object labels = make_selector_labels(layout, workload, storage);
  labels.emplace("app.kubernetes.io/version", fmt::format("1.{}.0", revision));
  labels.emplace("team", layout.workload_namespace(workload));
  labels.emplace("tier", traits.pick(10, 2) == 0 ? "backend" : "frontend");
  json::object annotations({{"prometheus.io/scrape", "true"},
                            {"prometheus.io/port", "9090"},
                            {"prometheus.io/path", "/metrics"},
                            {"checksum/config", hex_digits(hash_of(traits.hash, revision), 64)}},
                           storage);

  json::array containers(storage);
  const std::uint64_t draw = traits.pick(11, 20);  // 1 container: 50 %, 2: 35 %, 3: 15 %
  const unsigned count = draw < 10 ? 1 : draw < 17 ? 2 : 3;
  for (unsigned i = 0; i < count; ++i) {
    containers.emplace_back(container(layout, workload, revision, traits, i, storage));
  }
  json::object spec(storage);
  spec.reserve(32);
  spec.emplace("volumes", volumes(layout, workload, traits, storage));
  if (traits.pick(12, 5) == 0) {
    json::array init(storage);
    json::object first = container(layout, workload, revision, traits, 1, storage);
    first["name"] = "migrate";
    init.emplace_back(std::move(first));
    spec.emplace("initContainers", std::move(init));
  }
  spec.emplace("containers", std::move(containers));
  const bool job = layout.workload(workload).kind == WorkloadKind::kJob;
  spec.emplace("restartPolicy", job ? "Never" : "Always");
  spec.emplace("terminationGracePeriodSeconds", 30);
  spec.emplace("dnsPolicy", "ClusterFirst");
  spec.emplace("serviceAccountName", "default");
  spec.emplace("serviceAccount", "default");
  spec.emplace("securityContext",
               json::object({{"runAsUser", 10001}, {"fsGroup", 10001}, {"runAsNonRoot", true}}, storage));
  spec.emplace("schedulerName", "default-scheduler");
  spec.emplace("tolerations", tolerations(layout, workload, storage));
  add_scheduling(spec, layout, workload, traits, storage);
  spec.emplace("enableServiceLinks", true);
  return json::object({{"metadata", {{"labels", std::move(labels)}, {"annotations", std::move(annotations)}}},
                       {"spec", std::move(spec)}},
                      storage);
}

}  // namespace kubevitals::sim
