#include "sim/api/write.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "sim/api/defaults.h"
#include "sim/life.h"
#include "sim/patch.h"
#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

const kube::ResourceType& type_of(const WriteTarget& target) {
  return catalog()[target.resource].type();
}

Written shown(const Layout& layout, unsigned resource, const Version& version, int code) {
  return Written{code, render(layout, resource, version, {}), false};
}

Written success(const WriteTarget& target, std::string_view uid) {
  const kube::ResourceType& type = type_of(target);
  json::object details({{"name", target.name}, {"kind", type.plural}});
  if (!type.group.empty()) details.emplace("group", type.group);
  if (!uid.empty()) details.emplace("uid", uid);
  return Written{200,
                 json::object({{"kind", "Status"},
                               {"apiVersion", "v1"},
                               {"metadata", json::object()},
                               {"status", "Success"},
                               {"details", std::move(details)}}),
                 true};
}

std::optional<ApiError> check_namespace(const Store& store, const WriteTarget& target) {
  if (!type_of(target).namespaced) return std::nullopt;
  const Version* ns = store.find(kNamespace, target.ns);
  if (ns == nullptr) return not_found(kube::kNamespaces, target.ns);
  if (!ns->terminating) return std::nullopt;
  ApiError error =
      conflict(type_of(target), target.name, fmt::format("namespace {} is being terminated", target.ns));
  error.code = 403;
  error.reason = "Forbidden";
  return error;
}

// Name, namespace and the members that only the server sets.
std::optional<ApiError> prepare_metadata(Store& store, const WriteTarget& target, json::object& body) {
  body.erase("apiVersion");
  body.erase("kind");
  json::object& metadata = object_member(body, "metadata");
  const std::uint64_t hash = hash_of(store.layout().seed(), 81, store.rv());
  const std::string_view prefix = text_member(metadata, {"generateName"});
  if (text_member(metadata, {"name"}).empty() && !prefix.empty()) {
    metadata["name"] = std::string(prefix) + name_suffix(hash, 5);
  }
  const std::string_view ns = text_member(metadata, {"namespace"});
  if (type_of(target).namespaced) {
    if (!ns.empty() && ns != target.ns) {
      return bad_request("the namespace of the object does not match the namespace of the request");
    }
    metadata["namespace"] = target.ns;
  } else {
    metadata.erase("namespace");
  }
  metadata.erase("resourceVersion");
  metadata.erase("deletionTimestamp");
  metadata.erase("managedFields");
  metadata["uid"] = make_uid(hash);
  metadata["creationTimestamp"] = store.layout().time(store.seconds());
  metadata["generation"] = 1;
  return std::nullopt;
}

ApiResult<Written> create_locked(Store& store, Life& life, const WriteTarget& target, json::object body) {
  if (std::optional<ApiError> error = check_namespace(store, target)) return std::move(*error);
  if (std::optional<ApiError> error = prepare_metadata(store, target, body)) return std::move(*error);
  apply_defaults(target.resource, body, store.layout(), hash_of(store.layout().seed(), 82, store.rv()));
  if (std::optional<ApiError> error = validate(target.resource, body)) return std::move(*error);
  const std::string name(text_member(body, {"metadata", "name"}));
  if (store.find(target.resource, make_key(target.ns, name)) != nullptr)
    return already_exists(type_of(target), name);
  Version version;
  if (target.resource == kNode) {
    version.subject = node_number(store.layout(), name);
    version.state = State::kNormal;
  }
  set_document(version, std::move(body));
  if (target.dry_run) return shown(store.layout(), target.resource, version, 201);
  return shown(store.layout(), target.resource,
               life.controllers().create(target.resource, std::move(version)), 201);
}

// Keeps what an update may not change, and what its subresource does not concern.
void keep_old(const WriteTarget& target, const json::object& before, json::object& after) {
  const bool status = target.subresource == "status";
  if (status) {
    json::value given = after.contains("status") ? after["status"] : json::value(json::object());
    json::object kept(before);
    kept["status"] = std::move(given);
    after = std::move(kept);
  } else if (catalog()[target.resource].api.status) {
    if (const json::value* old = before.if_contains("status")) {
      after["status"] = *old;
    } else {
      after.erase("status");
    }
  }
  json::object& metadata = object_member(after, "metadata");
  const json::value* old = before.if_contains("metadata");
  if (old == nullptr || !old->is_object()) return;
  for (const std::string_view key : {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                                     "deletionGracePeriodSeconds", "generation", "generateName"}) {
    if (const json::value* value = old->get_object().if_contains(key)) {
      metadata[key] = *value;
    } else {
      metadata.erase(key);
    }
  }
  metadata.erase("managedFields");
}

bool same_but(const json::object& a, const json::object& b, std::string_view ignored, std::string_view also) {
  const auto differs = [&](const json::object& one, const json::object& other) {
    for (const auto& member : one) {
      if (member.key() == ignored || member.key() == also) continue;
      const json::value* value = other.if_contains(member.key());
      if (value == nullptr || *value != member.value()) return true;
    }
    return false;
  };
  return !differs(a, b) && !differs(b, a);
}

// Replaces an object by `after`, which may carry the resourceVersion that it was made from.
ApiResult<Written> replace_locked(Store& store, Life& life, const WriteTarget& target, const Version& current,
                                  json::object after) {
  after.erase("apiVersion");
  after.erase("kind");
  const json::object before = document_of(store.layout(), target.resource, current);
  const std::string_view rv = text_member(after, {"metadata", "resourceVersion"});
  if (!rv.empty() && rv != std::to_string(current.rv)) {
    return conflict(
        type_of(target), target.name,
        "the object has been modified; please apply your changes to the latest version and try again");
  }
  const std::string_view uid = text_member(after, {"metadata", "uid"});
  if (!uid.empty() && uid != text_member(before, {"metadata", "uid"})) {
    return conflict(type_of(target), target.name, "the UID in the precondition differs");
  }
  const std::string_view name = text_member(after, {"metadata", "name"});
  if (!name.empty() && name != target.name) {
    return bad_request("the name of the object does not match the name on the URL");
  }
  object_member(after, "metadata").erase("resourceVersion");
  keep_old(target, before, after);
  if (target.subresource.empty()) {
    apply_defaults(target.resource, after, store.layout(), hash_of(store.layout().seed(), 83, store.rv()));
    if (std::optional<ApiError> error = validate(target.resource, after)) return std::move(*error);
  }
  if (after == before) return shown(store.layout(), target.resource, current, 200);
  if (!same_but(before, after, "metadata", "status")) {
    json::object& metadata = object_member(after, "metadata");
    if (metadata.contains("generation")) {
      metadata["generation"] = integer_member(before, {"metadata", "generation"}, 1) + 1;
    }
  }
  Version next = current;
  set_document(next, std::move(after));
  if (target.dry_run) return shown(store.layout(), target.resource, next, 200);
  return shown(store.layout(), target.resource, life.controllers().update(target.resource, std::move(next)),
               200);
}

json::object scale_of(const Layout& layout, const WriteTarget& target, const Version& version) {
  const json::object document = render(layout, target.resource, version, {});
  json::object metadata({{"name", target.name}, {"namespace", target.ns}});
  for (const std::string_view key : {"uid", "resourceVersion", "creationTimestamp"}) {
    metadata.emplace(key, text_member(document, {"metadata", key}));
  }
  std::string selector;
  const json::value* labels = find_member(document, {"spec", "selector", "matchLabels"});
  if (labels != nullptr && labels->is_object()) {
    for (const auto& label : labels->get_object()) {
      if (!label.value().is_string()) continue;
      selector += fmt::format("{}{}={}", selector.empty() ? "" : ",", std::string_view(label.key()),
                              std::string_view(label.value().get_string()));
    }
  }
  return json::object(
      {{"kind", "Scale"},
       {"apiVersion", "autoscaling/v1"},
       {"metadata", std::move(metadata)},
       {"spec", {{"replicas", integer_member(document, {"spec", "replicas"}, 0)}}},
       {"status",
        {{"replicas", integer_member(document, {"status", "replicas"}, 0)}, {"selector", selector}}}});
}

ApiResult<Written> set_scale(Store& store, Life& life, const WriteTarget& target, const Version& current,
                             const json::object& scale) {
  const std::int64_t replicas = integer_member(scale, {"spec", "replicas"}, 0);
  json::object after = document_of(store.layout(), target.resource, current);
  object_member(after, "spec")["replicas"] = replicas;
  const std::string_view rv = text_member(scale, {"metadata", "resourceVersion"});
  if (!rv.empty()) object_member(after, "metadata")["resourceVersion"] = rv;
  WriteTarget whole = target;
  whole.subresource.clear();
  ApiResult<Written> written = replace_locked(store, life, whole, current, std::move(after));
  if (!written) return written;
  const Version* now = store.find(target.resource, make_key(target.ns, target.name));
  return Written{200, scale_of(store.layout(), target, now != nullptr ? *now : current), true};
}

ApiResult<Written> remove_locked(Store& store, Life& life, const WriteTarget& target,
                                 const json::object& options) {
  const std::string key = make_key(target.ns, target.name);
  const Version* found = store.find(target.resource, key);
  if (found == nullptr) return not_found(type_of(target), target.name);
  const std::string uid = uid_of(store.layout(), target.resource, *found);
  const std::string_view wanted = text_member(options, {"preconditions", "uid"});
  if (!wanted.empty() && wanted != uid) {
    return conflict(type_of(target), target.name,
                    fmt::format("the UID in the precondition ({}) differs", wanted));
  }
  const std::string_view rv = text_member(options, {"preconditions", "resourceVersion"});
  if (!rv.empty() && rv != std::to_string(found->rv)) {
    return conflict(type_of(target), target.name, "the resourceVersion in the precondition differs");
  }
  if (target.dry_run) return shown(store.layout(), target.resource, *found, 200);
  const bool orphan = text_member(options, {"propagationPolicy"}) == "Orphan" ||
                      (find_member(options, {"orphanDependents"}) != nullptr &&
                       *find_member(options, {"orphanDependents"}) == json::value(true));
  const bool now = integer_member(options, {"gracePeriodSeconds"}, 30) == 0;
  life.controllers().remove(target.resource, key, orphan ? Propagation::kOrphan : Propagation::kBackground,
                            now);
  const Version* left = store.find(target.resource, key);
  if (left != nullptr && uid_of(store.layout(), target.resource, *left) == uid) {
    return shown(store.layout(), target.resource, *left, 200);
  }
  return success(target, uid);
}

}  // namespace

ApiResult<Written> create_object(Cluster& cluster, const WriteTarget& target, json::object body) {
  return cluster.modify([&](Store& store, Life& life) -> ApiResult<Written> {
    if (target.subresource.empty()) return create_locked(store, life, target, std::move(body));
    const Version* found = store.find(target.resource, make_key(target.ns, target.name));
    if (found == nullptr) return not_found(type_of(target), target.name);
    if (target.subresource == "eviction") {
      ApiResult<Written> removed = remove_locked(store, life, target, {});
      if (!removed) return removed;
      return success(target, {});
    }
    if (target.subresource != "binding") return method_not_allowed("POST");
    json::object after = document_of(store.layout(), target.resource, *found);
    object_member(after, "spec")["nodeName"] = std::string(text_member(body, {"target", "name"}));
    ApiResult<Written> bound = replace_locked(store, life, target, *found, std::move(after));
    if (!bound) return bound;
    return success(target, {});
  });
}

ApiResult<Written> update_object(Cluster& cluster, const WriteTarget& target, json::object body) {
  return cluster.modify([&](Store& store, Life& life) -> ApiResult<Written> {
    const Version* found = store.find(target.resource, make_key(target.ns, target.name));
    if (found == nullptr) return not_found(type_of(target), target.name);
    const Version current = *found;
    if (target.subresource == "scale") return set_scale(store, life, target, current, body);
    if (target.subresource == "finalize") return shown(store.layout(), target.resource, current, 200);
    return replace_locked(store, life, target, current, std::move(body));
  });
}

ApiResult<Written> patch_object(Cluster& cluster, const WriteTarget& target, PatchType type,
                                const json::value& patch) {
  return cluster.modify([&](Store& store, Life& life) -> ApiResult<Written> {
    const Version* found = store.find(target.resource, make_key(target.ns, target.name));
    if (found == nullptr) {
      if (type != PatchType::kApply || !patch.is_object()) return not_found(type_of(target), target.name);
      json::object body(patch.get_object());
      object_member(body, "metadata")["name"] = target.name;
      return create_locked(store, life, target, std::move(body));
    }
    const Version current = *found;
    const bool scale = target.subresource == "scale";
    json::value document = scale ? scale_of(store.layout(), target, current)
                                 : document_of(store.layout(), target.resource, current);
    // A resourceVersion only counts when the patch itself names one.
    if (scale) object_member(document.get_object(), "metadata").erase("resourceVersion");
    switch (type) {
      case PatchType::kMerge:
        apply_merge_patch(document, patch);
        break;
      case PatchType::kJson: {
        Result<void> applied = apply_json_patch(document, patch);
        if (!applied)
          return invalid(type_of(target).group, type_of(target).kind, target.name, "patch",
                         applied.error().message);
        break;
      }
      case PatchType::kStrategic:
      case PatchType::kApply: {
        const std::string api_version = scale ? "autoscaling/v1" : type_of(target).api_version();
        const std::string_view kind = scale ? "Scale" : type_of(target).kind;
        Result<void> applied = apply_strategic_merge_patch(api_version, kind, document, patch);
        if (!applied) return bad_request(applied.error().message);
        break;
      }
    }
    if (!document.is_object()) return bad_request("the patch leaves no object");
    if (scale) return set_scale(store, life, target, current, document.get_object());
    return replace_locked(store, life, target, current, std::move(document.get_object()));
  });
}

ApiResult<Written> delete_object(Cluster& cluster, const WriteTarget& target, const json::object& options) {
  return cluster.modify(
      [&](Store& store, Life& life) { return remove_locked(store, life, target, options); });
}

ApiResult<Written> delete_objects(Cluster& cluster, const WriteTarget& target, const Selection& selection,
                                  const json::object& options) {
  return cluster.modify([&](Store& store, Life& life) -> ApiResult<Written> {
    Result<Snapshot> all = store.snapshot(target.resource, store.rv(), target.ns, {}, 0);
    if (!all) return expired(all.error().message);
    Encoder encoder(store.layout(), target.resource, Media{});
    for (const Version& version : all->versions) {
      if (!selection.matches(encoder, target.resource, store.layout(), version)) continue;
      WriteTarget one = target;
      one.ns = namespace_of(store.layout(), target.resource, version);
      one.name = name_of(store.layout(), target.resource, version);
      const ApiResult<Written> removed = remove_locked(store, life, one, options);
      if (!removed && removed.error().code != 404) return removed.error();
    }
    return success(target, {});
  });
}

ApiResult<Written> get_scale(const Cluster& cluster, const WriteTarget& target) {
  const std::optional<Version> found = cluster.get(target.resource, target.ns, target.name);
  if (!found) return not_found(type_of(target), target.name);
  return Written{200, scale_of(cluster.layout(), target, *found), true};
}

}  // namespace kubevitals::sim
