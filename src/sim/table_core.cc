// The columns of the core group's kinds but pods.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

std::string node_status(const json::object& node) {
  std::string status = "Unknown";
  for (const json::value& condition : member(node, "status")["conditions"].list()) {
    if (JsonView(condition)["type"].text() != "Ready") continue;
    status = JsonView(condition)["status"].text() == "True" ? "Ready" : "NotReady";
  }
  if (member(node, "spec")["unschedulable"].truth()) status += ",SchedulingDisabled";
  return status;
}

std::string node_roles(const json::object& node) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string> roles;
  for (const json::key_value_pair& label : metadata_of(node)["labels"].object()) {
    const std::string_view key(label.key().data(), label.key().size());
    if (key.starts_with(kPrefix)) {
      if (key.size() > kPrefix.size()) roles.emplace(key.substr(kPrefix.size()));
    } else if (key == "kubernetes.io/role" && label.value().is_string() &&
               !label.value().get_string().empty()) {
      roles.emplace(label.value().get_string());
    }
  }
  return roles.empty() ? std::string(kNoneCell) : fmt::format("{}", fmt::join(roles, ","));
}

std::string node_address(const json::object& node, std::string_view type) {
  for (const json::value& address : member(node, "status")["addresses"].list()) {
    if (JsonView(address)["type"].text() == type) return std::string(JsonView(address)["address"].text());
  }
  return std::string(kNoneCell);
}

void node_cells(const json::object& node, std::int64_t now, json::array& cells) {
  const JsonView info = member(node, "status")["nodeInfo"];
  cells.emplace_back(name_cell(node));
  cells.emplace_back(node_status(node));
  cells.emplace_back(node_roles(node));
  cells.emplace_back(age_cell(node, now));
  cells.emplace_back(info["kubeletVersion"].text());
  cells.emplace_back(node_address(node, "InternalIP"));
  cells.emplace_back(node_address(node, "ExternalIP"));
  for (const std::string_view field : {"osImage", "kernelVersion", "containerRuntimeVersion"}) {
    cells.emplace_back(info[field].text_or("<unknown>"));
  }
}

constexpr TableColumn kNodeColumns[] = {
    kNameColumn,
    {"Status", "string", "Whether the node is ready, and whether pods may be scheduled to it."},
    {"Roles", "string", "What its role labels say."},
    kAgeColumn,
    {"Version", "string", "Version of its kubelet."},
    {"Internal-IP", "string", "Its address within the cluster.", 1},
    {"External-IP", "string", "Its address for others.", 1},
    {"OS-Image", "string", "Its operating system.", 1},
    {"Kernel-Version", "string", "Its kernel.", 1},
    {"Container-Runtime", "string", "What runs its containers.", 1},
};

void namespace_cells(const json::object& ns, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(ns));
  cells.emplace_back(member(ns, "status")["phase"].text());
  cells.emplace_back(age_cell(ns, now));
}

constexpr TableColumn kNamespaceColumns[] = {
    kNameColumn, {"Status", "string", "Active, or terminating."}, kAgeColumn};

std::size_t size_of(JsonView map) {
  return map.object().size();
}

void config_map_cells(const json::object& map, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(map));
  cells.emplace_back(size_of(member(map, "data")) + size_of(member(map, "binaryData")));
  cells.emplace_back(age_cell(map, now));
}

constexpr TableColumn kConfigMapColumns[] = {
    kNameColumn, {"Data", "integer", "How many entries it has."}, kAgeColumn};

void secret_cells(const json::object& secret, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(secret));
  cells.emplace_back(member(secret, "type").text());
  cells.emplace_back(size_of(member(secret, "data")));
  cells.emplace_back(age_cell(secret, now));
}

constexpr TableColumn kSecretColumns[] = {
    kNameColumn,
    {"Type", "string", "What kind of secret it is."},
    {"Data", "integer", "How many entries it has."},
    kAgeColumn,
};

void service_account_cells(const json::object& account, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(account));
  cells.emplace_back(member(account, "secrets").list().size());
  cells.emplace_back(age_cell(account, now));
}

constexpr TableColumn kServiceAccountColumns[] = {
    kNameColumn, {"Secrets", "integer", "How many secrets it may use."}, kAgeColumn};

// When an event was last seen: its series, its counter or its only occurrence.
std::string last_seen(const json::object& event, std::int64_t now) {
  for (const JsonView time : {member(event, "series")["lastObservedTime"], member(event, "lastTimestamp"),
                              member(event, "firstTimestamp"), member(event, "eventTime")}) {
    if (time_of(time)) return age_of(time, now);
  }
  return "<unknown>";
}

void event_cells(const json::object& event, std::int64_t now, json::array& cells) {
  const JsonView involved = member(event, "involvedObject");
  const JsonView source = member(event, "source");
  std::string kind(involved["kind"].text());
  std::ranges::transform(kind, kind.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  const std::string component = source["component"].text_or(member(event, "reportingComponent").text());
  const std::string host = source["host"].text_or(member(event, "reportingInstance").text());
  const JsonView first = member(event, "firstTimestamp");
  const std::int64_t once = 1;
  cells.emplace_back(last_seen(event, now));
  cells.emplace_back(member(event, "type").text());
  cells.emplace_back(member(event, "reason").text());
  cells.emplace_back(fmt::format("{}/{}", kind, involved["name"].text()));
  cells.emplace_back(involved["fieldPath"].text());
  cells.emplace_back(host.empty() ? component : component + ", " + host);
  cells.emplace_back(member(event, "message").text());
  cells.emplace_back(age_of(time_of(first) ? first : member(event, "eventTime"), now));
  cells.emplace_back(
      member(event, "series")["count"].number(std::max(once, member(event, "count").number())));
  cells.emplace_back(name_cell(event));
}

constexpr TableColumn kEventColumns[] = {
    {"Last Seen", "string", "How long ago it last happened."},
    {"Type", "string", "Normal or Warning."},
    {"Reason", "string", "Why it was sent, in a word."},
    {"Object", "string", "What it is about."},
    {"Subobject", "string", "Which part of that.", 1},
    {"Source", "string", "Who sent it.", 1},
    {"Message", "string", "What happened."},
    {"First Seen", "string", "How long ago it first happened.", 1},
    {"Count", "integer", "How often it happened.", 1},
    {"Name", "string", "The event's own name.", 1},
};

std::string resource_pairs(JsonView used, JsonView hard, bool limits) {
  std::string text;
  for (const json::key_value_pair& pair : hard.object()) {
    const std::string_view key(pair.key().data(), pair.key().size());
    if (key.starts_with("limits.") != limits) continue;
    const json::value* value = used.object().if_contains(pair.key());
    text += fmt::format("{}{}: {}/{}", text.empty() ? "" : ", ", key,
                        value != nullptr ? scalar_text(*value) : "0", scalar_text(pair.value()));
  }
  return text;
}

void quota_cells(const json::object& quota, std::int64_t now, json::array& cells) {
  const JsonView status = member(quota, "status");
  cells.emplace_back(name_cell(quota));
  cells.emplace_back(resource_pairs(status["used"], status["hard"], false));
  cells.emplace_back(resource_pairs(status["used"], status["hard"], true));
  cells.emplace_back(age_cell(quota, now));
}

constexpr TableColumn kQuotaColumns[] = {
    kNameColumn,
    {"Request", "string", "What is used of each resource, of what may be."},
    {"Limit", "string", "The same for limits."},
    kAgeColumn,
};

// "RWO,ROX".
std::string access_modes(JsonView modes) {
  std::string text;
  for (const json::value& item : modes.list()) {
    const std::string_view mode = JsonView(item).text();
    if (!text.empty()) text += ',';
    text += mode == "ReadWriteOnce"      ? "RWO"
            : mode == "ReadOnlyMany"     ? "ROX"
            : mode == "ReadWriteMany"    ? "RWX"
            : mode == "ReadWriteOncePod" ? "RWOP"
                                         : mode;
  }
  return text;
}

std::string storage_of(JsonView capacity) {
  const JsonView storage = capacity["storage"];
  return storage.exists() ? scalar_text(*storage.value()) : std::string();
}

void volume_cells(const json::object& volume, std::int64_t now, json::array& cells) {
  const JsonView spec = member(volume, "spec");
  const JsonView claim = spec["claimRef"];
  const bool deleting = metadata_of(volume)["deletionTimestamp"].exists();
  cells.emplace_back(name_cell(volume));
  cells.emplace_back(storage_of(spec["capacity"]));
  cells.emplace_back(access_modes(spec["accessModes"]));
  cells.emplace_back(spec["persistentVolumeReclaimPolicy"].text());
  cells.emplace_back(deleting ? std::string("Terminating")
                              : std::string(member(volume, "status")["phase"].text()));
  cells.emplace_back(claim.exists() ? fmt::format("{}/{}", claim["namespace"].text(), claim["name"].text())
                                    : std::string());
  cells.emplace_back(spec["storageClassName"].text());
  cells.emplace_back(spec["volumeAttributesClassName"].text_or("<unset>"));
  cells.emplace_back(member(volume, "status")["reason"].text());
  cells.emplace_back(age_cell(volume, now));
  cells.emplace_back(spec["volumeMode"].text_or("<unset>"));
}

constexpr TableColumn kStorageClassColumn{"StorageClass", "string", "The class it is of."};
constexpr TableColumn kAttributesClassColumn{"VolumeAttributesClass", "string",
                                             "The attributes class it has."};
constexpr TableColumn kVolumeModeColumn{"VolumeMode", "string", "A file system or a block device.", 1};
constexpr TableColumn kCapacityColumn{"Capacity", "string", "How much it holds."};
constexpr TableColumn kAccessModesColumn{"Access Modes", "string", "Who may mount it at a time."};

constexpr TableColumn kVolumeColumns[] = {
    kNameColumn,
    kCapacityColumn,
    kAccessModesColumn,
    {"Reclaim Policy", "string", "What becomes of it when its claim is gone."},
    {"Status", "string", "Whether it is bound."},
    {"Claim", "string", "The claim it is bound to."},
    kStorageClassColumn,
    kAttributesClassColumn,
    {"Reason", "string", "Why it is in this state."},
    kAgeColumn,
    kVolumeModeColumn,
};

void claim_cells(const json::object& claim, std::int64_t now, json::array& cells) {
  const JsonView spec = member(claim, "spec");
  const JsonView status = member(claim, "status");
  const bool deleting = metadata_of(claim)["deletionTimestamp"].exists();
  const bool bound = !spec["volumeName"].text().empty();
  cells.emplace_back(name_cell(claim));
  cells.emplace_back(deleting ? std::string("Terminating") : std::string(status["phase"].text()));
  cells.emplace_back(spec["volumeName"].text());
  cells.emplace_back(bound ? storage_of(status["capacity"]) : std::string());
  cells.emplace_back(bound ? access_modes(status["accessModes"]) : std::string());
  cells.emplace_back(spec["storageClassName"].text());
  cells.emplace_back(spec["volumeAttributesClassName"].text_or("<unset>"));
  cells.emplace_back(age_cell(claim, now));
  cells.emplace_back(spec["volumeMode"].text_or("<unset>"));
}

constexpr TableColumn kClaimColumns[] = {
    kNameColumn,
    {"Status", "string", "Whether it is bound."},
    {"Volume", "string", "The volume it is bound to."},
    kCapacityColumn,
    kAccessModesColumn,
    kStorageClassColumn,
    kAttributesClassColumn,
    kAgeColumn,
    kVolumeModeColumn,
};

}  // namespace

std::span<const TableRows> core_tables() {
  static constexpr TableRows kTables[] = {
      {"", "Node", kNodeColumns, node_cells},
      {"", "Namespace", kNamespaceColumns, namespace_cells},
      {"", "ConfigMap", kConfigMapColumns, config_map_cells},
      {"", "Secret", kSecretColumns, secret_cells},
      {"", "ServiceAccount", kServiceAccountColumns, service_account_cells},
      {"", "Event", kEventColumns, event_cells},
      {"", "ResourceQuota", kQuotaColumns, quota_cells},
      {"", "PersistentVolume", kVolumeColumns, volume_cells},
      {"", "PersistentVolumeClaim", kClaimColumns, claim_cells},
  };
  return kTables;
}

}  // namespace kubevitals::sim
