#include <fmt/format.h>

#include <algorithm>

#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

struct Context {
  const Layout& layout;
  const Version& version;
  std::uint64_t identity;
  const json::storage_ptr& storage;
};

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

bool started(const Version& version) {
  return version.number != kNone && version.state != State::kStarting &&
         version.state != State::kUnschedulable;
}

json::object condition(const Context& context, std::string_view type, bool status, std::int32_t when,
                       std::string_view reason = {}, std::string_view message = {}) {
  json::object object({{"type", type},
                       {"status", status ? "True" : "False"},
                       {"lastProbeTime", nullptr},
                       {"lastTransitionTime", context.layout.time(when)}},
                      context.storage);
  if (!reason.empty()) object.emplace("reason", reason);
  if (!message.empty()) object.emplace("message", message);
  return object;
}

json::object terminated(const Context& context, unsigned index, int exit_code, std::string_view reason,
                        std::int32_t started_at, std::int32_t finished_at) {
  return json::object(
      {{"exitCode", exit_code},
       {"reason", reason},
       {"startedAt", context.layout.time(started_at)},
       {"finishedAt", context.layout.time(finished_at)},
       {"containerID", "containerd://" + hex_digits(hash_of(context.identity, index, finished_at), 64)}},
      context.storage);
}

// Why the container ended the last time: a third of the workloads run out of memory, the others fail.
json::object last_termination(const Context& context, unsigned index) {
  const Version& version = context.version;
  const bool memory = hash_of(context.identity, 3) % 3 == 0;
  return json::object(
      {{"terminated", terminated(context, index, memory ? 137 : 1, memory ? "OOMKilled" : "Error",
                                 std::max(version.created, version.changed - 600), version.changed)}},
      context.storage);
}

json::object waiting(const Context& context, std::string_view reason, std::string_view message) {
  json::object detail({{"reason", reason}}, context.storage);
  if (!message.empty()) detail.emplace("message", message);
  return json::object({{"waiting", std::move(detail)}}, context.storage);
}

json::object container_state(const Context& context, unsigned index) {
  const Version& version = context.version;
  const std::int32_t start = container_start(version, index);
  switch (version.state) {
    case State::kCrashLoop:
      if (index == 0) {
        return waiting(context, "CrashLoopBackOff", "back-off 5m0s restarting failed container");
      }
      break;
    case State::kImagePull:
      if (index == 0) return waiting(context, "ImagePullBackOff", "Back-off pulling image");
      break;
    case State::kSucceeded:
      return json::object(
          {{"terminated", terminated(context, index, 0, "Completed", start, version.changed)}},
          context.storage);
    case State::kFailed:
      return json::object({{"terminated", terminated(context, index, 1, "Error", start, version.changed)}},
                          context.storage);
    case State::kStarting:
    case State::kUnschedulable:
    case State::kEvicted:
      return waiting(context, "ContainerCreating", {});
    case State::kNormal:
    case State::kNotReady:
      break;
  }
  return json::object({{"running", {{"startedAt", context.layout.time(start)}}}}, context.storage);
}

bool container_ready(const Version& version, unsigned index) {
  if (version.state == State::kNormal) return true;
  return index != 0 && (version.state == State::kNotReady || version.state == State::kCrashLoop ||
                        version.state == State::kImagePull);
}

json::object container_status(const Context& context, const json::object& container, unsigned index) {
  const Version& version = context.version;
  const std::uint32_t restarts = index == 0 ? version.restarts : 0;
  const bool pulled = started(version) && (index != 0 || version.state != State::kImagePull);
  json::object status(context.storage);
  status.emplace("name", text_of(container, "name"));
  json::object state = container_state(context, index);
  const bool running = state.contains("running");
  status.emplace("state", std::move(state));
  json::object last(context.storage);
  if (restarts != 0) last = last_termination(context, index);
  status.emplace("lastState", std::move(last));
  status.emplace("ready", container_ready(version, index));
  status.emplace("restartCount", restarts);
  status.emplace("image", text_of(container, "image"));
  std::string image_id;
  std::string container_id;
  if (pulled) {
    image_id =
        fmt::format("{}@sha256:{}", text_of(container, "image"),
                    hex_digits(hash_of(context.layout.seed(), text_of(container, "image").size()), 64));
    container_id = "containerd://" + sim::container_id(version, context.identity, index);
  }
  status.emplace("imageID", image_id);
  if (!container_id.empty()) status.emplace("containerID", container_id);
  status.emplace("started", running);
  return status;
}

json::object init_status(const Context& context, const json::object& container, unsigned index) {
  json::object status = container_status(context, container, index + 100);
  if (started(context.version)) {
    const std::int32_t start = context.version.created + 1;
    status["state"] =
        json::object({{"terminated", terminated(context, index + 100, 0, "Completed", start, start + 1)}},
                     context.storage);
    status["ready"] = true;
    status["started"] = false;
  }
  return status;
}

json::array conditions(const Context& context) {
  const Version& version = context.version;
  json::array list(context.storage);
  list.reserve(5);
  const std::int32_t begin = version.created;
  if (version.state == State::kUnschedulable || version.number == kNone) {
    list.emplace_back(condition(context, "PodScheduled", false, begin, "Unschedulable",
                                "0 nodes are available: insufficient cpu."));
    return list;
  }
  const bool done = version.state == State::kSucceeded;
  const bool initialized = started(version);
  const bool ready = version.state == State::kNormal;
  const std::string_view reason = ready ? "" : done ? "PodCompleted" : "ContainersNotReady";
  const std::string_view message = ready || done ? "" : "containers with unready status: [app]";
  list.emplace_back(condition(context, "PodReadyToStartContainers", initialized && !done, begin + 1));
  list.emplace_back(condition(context, "Initialized", true, begin + 2, done ? "PodCompleted" : ""));
  const std::int32_t changed = ready && version.restarts == 0 ? begin + 4 : version.changed;
  list.emplace_back(condition(context, "Ready", ready, changed, reason, message));
  list.emplace_back(condition(context, "ContainersReady", ready, changed, reason, message));
  list.emplace_back(condition(context, "PodScheduled", true, begin));
  return list;
}

std::string_view phase(const Version& version) {
  switch (version.state) {
    case State::kSucceeded:
      return "Succeeded";
    case State::kFailed:
    case State::kEvicted:
      return "Failed";
    case State::kStarting:
    case State::kUnschedulable:
      return "Pending";
    case State::kImagePull:
      return "Pending";
    case State::kNormal:
    case State::kNotReady:
    case State::kCrashLoop:
      break;
  }
  return "Running";
}

const json::array* list_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_array() : nullptr;
}

const json::object* member(const json::object* object, std::string_view key) {
  const json::value* value = object != nullptr ? object->if_contains(key) : nullptr;
  return value != nullptr ? value->if_object() : nullptr;
}

json::array statuses(const Context& context, const json::array& containers, bool init) {
  json::array list(context.storage);
  list.reserve(containers.size());
  unsigned index = 0;
  for (const json::value& container : containers) {
    if (const json::object* object = container.if_object()) {
      list.emplace_back(init ? init_status(context, *object, index)
                             : container_status(context, *object, index));
    }
    ++index;
  }
  return list;
}

void add_addresses(json::object& status, std::string_view address, std::string_view host,
                   const json::storage_ptr& storage) {
  const auto one = [&](std::string_view ip) {
    json::array list(storage);
    list.emplace_back(json::object({{"ip", ip}}, storage));
    return list;
  };
  if (!host.empty()) {
    status.emplace("hostIP", host);
    status.emplace("hostIPs", one(host));
  }
  if (!address.empty()) {
    status.emplace("podIP", address);
    status.emplace("podIPs", one(address));
  }
}

}  // namespace

bool container_runs(const Version& pod, unsigned index) {
  if (pod.number == kNone) return false;
  if (pod.state == State::kNormal || pod.state == State::kNotReady) return true;
  return index != 0 && (pod.state == State::kCrashLoop || pod.state == State::kImagePull);
}

std::int32_t container_start(const Version& pod, unsigned index) {
  return pod.restarts != 0 && index == 0 ? pod.changed : pod.created + 3;
}

std::string container_id(const Version& pod, std::uint64_t identity, unsigned index) {
  return hex_digits(hash_of(identity, index, index == 0 ? pod.restarts : 0u), 64);
}

// Simplified from the API's rules: Guaranteed when every container has cpu and memory limits equal to its
// requests.
std::string_view quality_of_service(const json::object& spec) {
  bool any = false;
  bool guaranteed = true;
  for (const std::string_view list : {"containers", "initContainers"}) {
    const json::array* containers = list_of(spec, list);
    if (containers == nullptr) continue;
    for (const json::value& container : *containers) {
      const json::object* resources = member(container.if_object(), "resources");
      const json::object* limits = member(resources, "limits");
      const json::object* requests = member(resources, "requests");
      any = any || (limits != nullptr && !limits->empty()) || (requests != nullptr && !requests->empty());
      guaranteed = guaranteed && limits != nullptr && limits->contains("cpu") && limits->contains("memory") &&
                   (requests == nullptr || *requests == *limits);
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

json::object make_pod_status(const Layout& layout, const Version& version, const json::object& spec,
                             std::uint64_t identity, std::string_view address, std::string_view host,
                             const json::storage_ptr& storage) {
  const Context context{layout, version, identity, storage};
  json::object status(storage);
  status.reserve(12);
  status.emplace("phase", phase(version));
  if (version.state == State::kEvicted) {
    status.emplace("reason", "Evicted");
    status.emplace("message", "The node was low on resource: memory.");
    status.emplace("startTime", layout.time(version.created));
    return status;
  }
  status.emplace("conditions", conditions(context));
  if (version.number != kNone) {
    add_addresses(status, started(version) ? address : std::string_view(), host, storage);
    status.emplace("startTime", layout.time(version.created));
    if (const json::array* init = list_of(spec, "initContainers"); init != nullptr && !init->empty()) {
      status.emplace("initContainerStatuses", statuses(context, *init, true));
    }
    if (const json::array* containers = list_of(spec, "containers")) {
      status.emplace("containerStatuses", statuses(context, *containers, false));
    }
  }
  status.emplace("qosClass", quality_of_service(spec));
  return status;
}

}  // namespace kubevitals::sim
