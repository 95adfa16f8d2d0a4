#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "state/resources/pod_families.h"

namespace kubevitals::state::pod {
namespace {

// Reasons that kube_pod_status_reason tells apart, in the order in which they are written.
constexpr std::array<std::string_view, 8> kStatusReasons = {"Evicted",
                                                            "NodeAffinity",
                                                            "NodeLost",
                                                            "PreemptionByScheduler",
                                                            "SchedulingGated",
                                                            "Shutdown",
                                                            "TerminationByKubelet",
                                                            "UnexpectedAdmissionError"};

constexpr std::array<std::string_view, 5> kDisruptionReasons = {
    "PreemptionByScheduler", "DeletionByTaintManager", "EvictionByEvictionAPI", "DeletionByPodGC",
    "TerminationByKubelet"};

constexpr std::string_view kOther = "Other";

template <std::size_t kSize>
bool contains(const std::array<std::string_view, kSize>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Whether the pod, one of its conditions or a terminated container gives this reason.
bool has_reason(const kube::PodStatus& status, std::string_view reason) {
  if (status.reason == reason) return true;
  const auto& conditions = status.conditions;
  if (std::any_of(conditions.begin(), conditions.end(), [&](const auto& c) { return c.reason == reason; })) {
    return true;
  }
  const auto& containers = status.container_statuses;
  return std::any_of(containers.begin(), containers.end(), [&](const kube::ContainerStatus& container) {
    return container.state.terminated && container.state.terminated->reason == reason;
  });
}

// One series for each of `values`, 1 on the current one. Nothing while there is no current one.
void emit_one_of(std::string_view label, std::span<const std::string_view> values, std::string_view current,
                 Emitter& emitter) {
  if (current.empty()) return;
  for (const std::string_view value : values) emitter.sample({{label, value}}, number(value == current));
}

// "4" or "6" as Go's netip.ParseAddr sees it, "" when it is no address. An IPv4 address in IPv6 form is one
// of IPv4; a zone ("%eth0") is for IPv6 only.
std::string_view ip_family(std::string_view ip) {
  const std::size_t percent = ip.find('%');
  const bool has_zone = percent != std::string_view::npos;
  if (has_zone && percent + 1 == ip.size()) return {};
  const std::string_view address = ip.substr(0, percent);
  char text[INET6_ADDRSTRLEN + 1] = {};
  if (address.size() >= sizeof text || address.find('\0') != std::string_view::npos) return {};
  std::copy(address.begin(), address.end(), text);
  unsigned char bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) return has_zone ? std::string_view() : "4";
  if (inet_pton(AF_INET6, text, bytes) != 1) return {};
  static constexpr unsigned char kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(bytes, kMappedPrefix, sizeof kMappedPrefix) == 0 ? "4" : "6";
}

}  // namespace

// Containers that still run do not count.
void completion_time(const kube::Pod& pod, const Options&, Emitter& emitter) {
  double last = 0;
  for (const kube::ContainerStatus& status : pod.status.container_statuses) {
    if (status.state.terminated) last = std::max(last, number(status.state.terminated->finished_at));
  }
  if (last > 0) emitter.sample(last);
}

void ips(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::PodIP& address : pod.status.pod_ips) {
    const std::string_view family = ip_family(address.ip);
    if (!family.empty()) emitter.sample({{"ip", address.ip}, {"ip_family", family}}, 1);
  }
}

void phase(const kube::Pod& pod, const Options&, Emitter& emitter) {
  static constexpr std::string_view kPhases[] = {"Pending", "Succeeded", "Failed", "Unknown", "Running"};
  emit_one_of("phase", kPhases, pod.status.phase, emitter);
}

void qos_class(const kube::Pod& pod, const Options&, Emitter& emitter) {
  static constexpr std::string_view kClasses[] = {"BestEffort", "Burstable", "Guaranteed"};
  emit_one_of("qos_class", kClasses, pod.status.qos_class, emitter);
}

void reasons(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const std::string_view reason : kStatusReasons) {
    if (has_reason(pod.status, reason)) emitter.sample({{"reason", reason}}, 1);
  }
  const std::string_view own = pod.status.reason;
  if (!own.empty() && !contains(kStatusReasons, own)) emitter.sample({{"reason", kOther}}, 1);
}

// Whatever the condition's status is.
void disruption_reasons(const kube::Pod& pod, const Options&, Emitter& emitter) {
  for (const kube::PodCondition& condition : pod.status.conditions) {
    if (condition.type != "DisruptionTarget") continue;
    emitter.sample({{"reason", contains(kDisruptionReasons, condition.reason) ? condition.reason : kOther}},
                   1);
  }
}

void emit_condition(const kube::Pod& pod, std::string_view type, Emitter& emitter) {
  for (const kube::PodCondition& condition : pod.status.conditions) {
    if (condition.type == type) emitter.condition({}, "condition", condition.status);
  }
}

void emit_condition_time(const kube::Pod& pod, std::string_view type, std::string_view status,
                         Emitter& emitter) {
  for (const kube::PodCondition& condition : pod.status.conditions) {
    if (condition.type == type && condition.status == status) {
      emitter.sample(number(condition.last_transition_time));
    }
  }
}

}  // namespace kubevitals::state::pod
