// The columns of what configures a cluster: storage, priorities, leases, certificates, webhooks, bindings of
// roles.
#include <fmt/format.h>

#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

void storage_class_cells(const json::object& storage_class, std::int64_t now, json::array& cells) {
  const JsonView annotation =
      metadata_of(storage_class)["annotations"]["storageclass.kubernetes.io/is-default-class"];
  cells.emplace_back(std::string(name_cell(storage_class)) +
                     (annotation.text() == "true" ? " (default)" : ""));
  cells.emplace_back(member(storage_class, "provisioner").text());
  cells.emplace_back(member(storage_class, "reclaimPolicy").text_or("Delete"));
  cells.emplace_back(member(storage_class, "volumeBindingMode").text_or("Immediate"));
  cells.emplace_back(member(storage_class, "allowVolumeExpansion").truth());
  cells.emplace_back(age_cell(storage_class, now));
}

constexpr TableColumn kStorageClassColumns[] = {
    kNameColumn,
    {"Provisioner", "string", "What makes its volumes."},
    {"ReclaimPolicy", "string", "What becomes of a volume when its claim is gone."},
    {"VolumeBindingMode", "string", "When a volume is made and bound."},
    {"AllowVolumeExpansion", "string", "Whether volumes can grow."},
    kAgeColumn,
};

void attachment_cells(const json::object& attachment, std::int64_t now, json::array& cells) {
  const JsonView spec = member(attachment, "spec");
  cells.emplace_back(name_cell(attachment));
  cells.emplace_back(spec["attacher"].text());
  cells.emplace_back(spec["source"]["persistentVolumeName"].text());
  cells.emplace_back(spec["nodeName"].text());
  cells.emplace_back(member(attachment, "status")["attached"].truth());
  cells.emplace_back(age_cell(attachment, now));
}

constexpr TableColumn kAttachmentColumns[] = {
    kNameColumn,
    {"Attacher", "string", "The driver that attaches it."},
    {"PV", "string", "The volume."},
    {"Node", "string", "The node it is attached to."},
    {"Attached", "boolean", "Whether it is attached."},
    kAgeColumn,
};

void priority_class_cells(const json::object& priority_class, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(priority_class));
  cells.emplace_back(member(priority_class, "value").number());
  cells.emplace_back(member(priority_class, "globalDefault").truth());
  cells.emplace_back(age_cell(priority_class, now));
  cells.emplace_back(member(priority_class, "preemptionPolicy").text_or("PreemptLowerPriority"));
}

constexpr TableColumn kPriorityClassColumns[] = {
    kNameColumn,
    {"Value", "integer", "The priority of its pods."},
    {"Global-Default", "boolean", "Whether pods without a class are of this one."},
    kAgeColumn,
    {"PreemptionPolicy", "string", "Whether its pods push others out."},
};

void lease_cells(const json::object& lease, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(lease));
  cells.emplace_back(member(lease, "spec")["holderIdentity"].text());
  cells.emplace_back(age_cell(lease, now));
}

constexpr TableColumn kLeaseColumns[] = {kNameColumn, {"Holder", "string", "Who holds it."}, kAgeColumn};

std::string request_condition(const json::object& request) {
  std::string denied, approved, failed;
  for (const json::value& condition : member(request, "status")["conditions"].list()) {
    const std::string_view type = JsonView(condition)["type"].text();
    if (type == "Approved") approved = type;
    if (type == "Denied") denied = type;
    if (type == "Failed") failed = type;
  }
  std::string text = !denied.empty() ? denied : !approved.empty() ? approved : std::string("Pending");
  if (!failed.empty()) text += ",Failed";
  if (!member(request, "status")["certificate"].text().empty()) text += ",Issued";
  return text;
}

void request_cells(const json::object& request, std::int64_t now, json::array& cells) {
  const JsonView spec = member(request, "spec");
  const JsonView duration = spec["expirationSeconds"];
  cells.emplace_back(name_cell(request));
  cells.emplace_back(age_cell(request, now));
  cells.emplace_back(spec["signerName"].text_or(kNoneCell));
  cells.emplace_back(spec["username"].text());
  cells.emplace_back(duration.exists() ? human_duration(duration.number()) : std::string(kNoneCell));
  cells.emplace_back(request_condition(request));
}

constexpr TableColumn kRequestColumns[] = {
    kNameColumn,
    kAgeColumn,
    {"SignerName", "string", "Who is asked to sign."},
    {"Requestor", "string", "Who asks."},
    {"RequestedDuration", "string", "How long the certificate should be valid."},
    {"Condition", "string", "What was decided."},
};

void webhook_cells(const json::object& configuration, std::int64_t now, json::array& cells) {
  cells.emplace_back(name_cell(configuration));
  cells.emplace_back(member(configuration, "webhooks").list().size());
  cells.emplace_back(age_cell(configuration, now));
}

constexpr TableColumn kWebhookColumns[] = {
    kNameColumn, {"Webhooks", "integer", "How many webhooks it has."}, kAgeColumn};

// The names of a binding's subjects of one kind.
std::string subjects_of(const json::object& binding, std::string_view kind) {
  std::string text;
  for (const json::value& item : member(binding, "subjects").list()) {
    const JsonView subject(item);
    if (subject["kind"].text() != kind) continue;
    if (!text.empty()) text += ", ";
    if (kind == "ServiceAccount") text += fmt::format("{}/", subject["namespace"].text());
    text += subject["name"].text();
  }
  return text;
}

void binding_cells(const json::object& binding, std::int64_t now, json::array& cells) {
  const JsonView role = member(binding, "roleRef");
  cells.emplace_back(name_cell(binding));
  cells.emplace_back(fmt::format("{}/{}", role["kind"].text(), role["name"].text()));
  cells.emplace_back(age_cell(binding, now));
  for (const std::string_view kind : {"User", "Group", "ServiceAccount"}) {
    cells.emplace_back(subjects_of(binding, kind));
  }
}

constexpr TableColumn kBindingColumns[] = {
    kNameColumn,
    {"Role", "string", "The role that is given."},
    kAgeColumn,
    {"Users", "string", "Users who have it.", 1},
    {"Groups", "string", "Groups that have it.", 1},
    {"ServiceAccounts", "string", "Service accounts that have it.", 1},
};

}  // namespace

std::span<const TableRows> cluster_tables() {
  static constexpr TableRows kTables[] = {
      {"storage.k8s.io", "StorageClass", kStorageClassColumns, storage_class_cells},
      {"storage.k8s.io", "VolumeAttachment", kAttachmentColumns, attachment_cells},
      {"scheduling.k8s.io", "PriorityClass", kPriorityClassColumns, priority_class_cells},
      {"coordination.k8s.io", "Lease", kLeaseColumns, lease_cells},
      {"certificates.k8s.io", "CertificateSigningRequest", kRequestColumns, request_cells},
      {"admissionregistration.k8s.io", "MutatingWebhookConfiguration", kWebhookColumns, webhook_cells},
      {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration", kWebhookColumns, webhook_cells},
      {"rbac.authorization.k8s.io", "RoleBinding", kBindingColumns, binding_cells},
      {"rbac.authorization.k8s.io", "ClusterRoleBinding", kBindingColumns, binding_cells},
  };
  return kTables;
}

}  // namespace kubevitals::sim
