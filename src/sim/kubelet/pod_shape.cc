#include "sim/kubelet/pod_shape.h"

#include <algorithm>
#include <string_view>

#include "base/quantity.h"
#include "sim/stored_document.h"
#include "sim/workload/documents.h"

namespace kubevitals::sim {
namespace {

// Templates of former revisions are forgotten when there are too many.
constexpr std::size_t kMostTemplates = 100'000;

const json::array* list_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_array() : nullptr;
}

double quantity(const json::object& container, std::string_view list, std::string_view resource) {
  const json::value* value = find_member(container, {"resources", list, resource});
  if (value == nullptr || !value->is_string()) return 0;
  const Result<double> milli = quantity_to_milli(std::string_view(value->get_string()));
  return milli && *milli > 0 ? *milli / 1000 : 0;
}

ContainerShape read_container(const json::object& container) {
  ContainerShape shape;
  shape.name = text_member(container, {"name"});
  shape.image = text_member(container, {"image"});
  shape.cpu_request = quantity(container, "requests", "cpu");
  shape.memory_request = quantity(container, "requests", "memory");
  shape.memory_limit = quantity(container, "limits", "memory");
  return shape;
}

VolumeShape read_volume(const json::object& volume) {
  VolumeShape shape;
  shape.name = text_member(volume, {"name"});
  shape.claim = text_member(volume, {"persistentVolumeClaim", "claimName"});
  shape.scratch = volume.contains("emptyDir");
  if (!shape.claim.empty()) {
    shape.medium = VolumeMedium::kClaim;
  } else if (volume.contains("secret") || volume.contains("projected") ||
             text_member(volume, {"emptyDir", "medium"}) == "Memory") {
    shape.medium = VolumeMedium::kMemory;
  }
  return shape;
}

}  // namespace

PodShape read_pod_shape(const json::object& spec) {
  PodShape shape;
  if (const json::array* list = list_member(spec, "containers")) {
    for (const json::value& container : *list) {
      // The index counts, so one that is no object has its place too.
      const json::object* object = container.if_object();
      shape.containers.push_back(object != nullptr ? read_container(*object) : ContainerShape{});
    }
  }
  if (const json::array* list = list_member(spec, "volumes")) {
    for (const json::value& volume : *list) {
      if (const json::object* object = volume.if_object()) shape.volumes.push_back(read_volume(*object));
    }
  }
  const json::value* host = spec.if_contains("hostNetwork");
  shape.host_network = host != nullptr && host->is_bool() && host->get_bool();
  shape.quality = quality_of_service(spec);
  std::transform(shape.quality.begin(), shape.quality.end(), shape.quality.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return shape;
}

std::shared_ptr<const PodShape> PodShapes::of(const Version& pod) {
  if (pod.has_document()) {
    const json::value* spec = find_member(pod.stored->document, {"spec"});
    const json::object* object = spec != nullptr ? spec->if_object() : nullptr;
    return std::make_shared<const PodShape>(object != nullptr ? read_pod_shape(*object) : PodShape{});
  }
  const std::pair key(pod.subject, pod.revision);
  {
    const std::lock_guard lock(mutex_);
    const auto found = by_template_.find(key);
    if (found != by_template_.end()) return found->second;
  }
  const json::object document = make_pod_template(layout_, pod.subject, pod.revision, {});
  auto shape = std::make_shared<const PodShape>(read_pod_shape(document.at("spec").as_object()));
  const std::lock_guard lock(mutex_);
  if (by_template_.size() >= kMostTemplates) by_template_.clear();
  return by_template_.emplace(key, std::move(shape)).first->second;
}

}  // namespace kubevitals::sim
