#include "sim/stored_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <memory>
#include <utility>

#include "sim/workload/documents.h"

namespace kubevitals::sim {

const json::value* find_member(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::object* at = &object;
  const json::value* found = nullptr;
  for (const std::string_view key : path) {
    if (at == nullptr) return nullptr;
    found = at->if_contains(key);
    if (found == nullptr) return nullptr;
    at = found->if_object();
  }
  return found;
}

std::string_view text_member(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::value* value = find_member(object, path);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::int64_t integer_member(const json::object& object, std::initializer_list<std::string_view> path,
                            std::int64_t otherwise) {
  const json::value* value = find_member(object, path);
  if (value == nullptr) return otherwise;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? otherwise : number;
}

json::object& object_member(json::object& object, std::string_view key) {
  json::value& value = object[key];
  return value.is_object() ? value.get_object() : value.emplace_object();
}

json::object document_of(const Layout& layout, unsigned resource, const Version& version) {
  json::object document = render(layout, resource, version, {});
  object_member(document, "metadata").erase("resourceVersion");
  return document;
}

void set_document(Version& version, json::object document) {
  auto stored = std::make_shared<Stored>();
  if (version.stored) stored->endpoints = version.stored->endpoints;
  stored->document = std::move(document);
  version.stored = std::move(stored);
}

std::uint32_t node_number(const Layout& layout, std::string_view name) {
  const std::uint32_t masters = layout.control_plane_count();
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos) return kNone;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + dash + 1, name.data() + name.size(), number);
  if (error != std::errc() || number == 0) return kNone;
  const std::uint32_t index = name.starts_with("worker-") ? masters + number - 1 : number - 1;
  return index < layout.node_count() && layout.node_name(index) == name ? index : kNone;
}

void read_counts(const Layout& layout, unsigned resource, Version& version) {
  if (!version.has_document()) return;
  const json::object& document = version.stored->document;
  version.terminating = find_member(document, {"metadata", "deletionTimestamp"}) != nullptr;
  const auto count = [&](std::initializer_list<std::string_view> path) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(integer_member(document, path, 1), 0, 1'000'000));
  };
  switch (resource) {
    case kPod:
      version.number = node_number(layout, text_member(document, {"spec", "nodeName"}));
      break;
    case kDeployment:
    case kReplicaSet:
    case kStatefulSet:
      version.number = count({"spec", "replicas"});
      break;
    case kJob:
      version.number = count({"spec", "parallelism"});
      break;
    case kDaemonSet:
      version.number = layout.node_count();
      break;
    default:
      break;
  }
}

namespace {

json::object pod_status(const Layout& layout, const Version& version, const json::object& document) {
  const std::uint64_t identity = std::hash<std::string_view>()(text_member(document, {"metadata", "uid"}));
  std::string address, host;
  if (version.number != kNone) {
    host = layout.node_address(version.number);
    address = text_member(document, {"status", "podIP"});
    if (address.empty()) {
      address = fmt::format("10.{}.{}.{}", 192 + (identity >> 16 & 63), identity >> 8 & 255, identity & 255);
    }
  }
  static const json::object kNoSpec;
  const json::value* spec = find_member(document, {"spec"});
  return make_pod_status(layout, version, spec != nullptr && spec->is_object() ? spec->get_object() : kNoSpec,
                         identity, address, host, {});
}

json::object job_status(const Layout& layout, const Version& version) {
  json::object status({{"startTime", layout.time(version.created)}});
  if (version.state == State::kNormal) {
    status.emplace("active", version.restarts);
    status.emplace("ready", version.ready);
    return status;
  }
  status.emplace("succeeded", version.number);
  status.emplace("completionTime", layout.time(version.changed));
  json::array conditions;
  conditions.emplace_back(json::object({{"type", "Complete"},
                                        {"status", "True"},
                                        {"lastProbeTime", layout.time(version.changed)},
                                        {"lastTransitionTime", layout.time(version.changed)},
                                        {"reason", "CompletionsReached"}}));
  status.emplace("conditions", std::move(conditions));
  return status;
}

}  // namespace

void write_status(const Layout& layout, unsigned resource, Version& version) {
  if (!version.has_document()) return;
  json::object document(version.stored->document);
  const std::int64_t generation = integer_member(document, {"metadata", "generation"}, 1);
  switch (resource) {
    case kPod:
      document["status"] = pod_status(layout, version, document);
      break;
    case kNode: {
      if (version.subject == kNone) return;
      const std::string name(text_member(document, {"metadata", "name"}));
      document["status"] = make_node_status(layout, version, name, layout.node_address(version.subject), {});
      break;
    }
    case kDeployment:
    case kReplicaSet:
    case kStatefulSet:
    case kDaemonSet: {
      json::object status =
          make_controller_status(layout, version, catalog()[resource].type().kind, generation, {});
      if (resource == kStatefulSet) {
        const std::string revision = fmt::format("{}-{:08x}", text_member(document, {"metadata", "name"}),
                                                 static_cast<std::uint32_t>(generation));
        status.emplace("currentRevision", revision);
        status.emplace("updateRevision", revision);
      }
      document["status"] = std::move(status);
      break;
    }
    case kJob:
      document["status"] = job_status(layout, version);
      break;
    default:
      return;
  }
  set_document(version, std::move(document));
}

}  // namespace kubevitals::sim
