// The columns of what runs pods: apps, batch, ReplicationControllers, autoscaling, disruption budgets.
#include <fmt/format.h>

#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

constexpr TableColumn kReadyOfColumn{"Ready", "string", "Ready pods, of all that should be."};
constexpr TableColumn kDesiredColumn{"Desired", "integer", "Pods that should be."};
constexpr TableColumn kCurrentColumn{"Current", "integer", "Pods that there are."};
constexpr TableColumn kReadyColumn{"Ready", "integer", "Pods that are ready."};
constexpr TableColumn kUpToDateColumn{"Up-to-date", "integer", "Pods of the newest template."};
constexpr TableColumn kAvailableColumn{"Available", "integer", "Pods that have been ready for long enough."};

void append_template(JsonView spec, json::array& cells) {
  cells.emplace_back(containers_cell(spec["template"], "name"));
  cells.emplace_back(containers_cell(spec["template"], "image"));
}

void deployment_cells(const json::object& deployment, std::int64_t now, json::array& cells) {
  const JsonView spec = member(deployment, "spec");
  const JsonView status = member(deployment, "status");
  cells.emplace_back(name_cell(deployment));
  cells.emplace_back(fmt::format("{}/{}", status["readyReplicas"].number(), spec["replicas"].number(1)));
  cells.emplace_back(status["updatedReplicas"].number());
  cells.emplace_back(status["availableReplicas"].number());
  cells.emplace_back(age_cell(deployment, now));
  append_template(spec, cells);
  cells.emplace_back(selector_cell(spec["selector"]));
}

constexpr TableColumn kDeploymentColumns[] = {kNameColumn,      kReadyOfColumn, kUpToDateColumn,
                                              kAvailableColumn, kAgeColumn,     kContainersColumn,
                                              kImagesColumn,    kSelectorColumn};

// Of a ReplicaSet, whose selector is a LabelSelector, or of a ReplicationController, whose selector is a map.
void replica_cells(const json::object& set, std::int64_t now, json::array& cells, bool map) {
  const JsonView spec = member(set, "spec");
  const JsonView status = member(set, "status");
  cells.emplace_back(name_cell(set));
  cells.emplace_back(spec["replicas"].number(1));
  cells.emplace_back(status["replicas"].number());
  cells.emplace_back(status["readyReplicas"].number());
  cells.emplace_back(age_cell(set, now));
  append_template(spec, cells);
  cells.emplace_back(map ? labels_cell(spec["selector"]) : selector_cell(spec["selector"]));
}
void replica_set_cells(const json::object& set, std::int64_t now, json::array& cells) {
  replica_cells(set, now, cells, false);
}
void replication_controller_cells(const json::object& set, std::int64_t now, json::array& cells) {
  replica_cells(set, now, cells, true);
}

constexpr TableColumn kReplicaColumns[] = {kNameColumn, kDesiredColumn,    kCurrentColumn, kReadyColumn,
                                           kAgeColumn,  kContainersColumn, kImagesColumn,  kSelectorColumn};

void stateful_set_cells(const json::object& set, std::int64_t now, json::array& cells) {
  const JsonView spec = member(set, "spec");
  cells.emplace_back(name_cell(set));
  cells.emplace_back(
      fmt::format("{}/{}", member(set, "status")["readyReplicas"].number(), spec["replicas"].number(1)));
  cells.emplace_back(age_cell(set, now));
  append_template(spec, cells);
}

constexpr TableColumn kStatefulSetColumns[] = {kNameColumn, kReadyOfColumn, kAgeColumn, kContainersColumn,
                                               kImagesColumn};

void daemon_set_cells(const json::object& set, std::int64_t now, json::array& cells) {
  const JsonView spec = member(set, "spec");
  const JsonView status = member(set, "status");
  cells.emplace_back(name_cell(set));
  for (const std::string_view count : {"desiredNumberScheduled", "currentNumberScheduled", "numberReady",
                                       "updatedNumberScheduled", "numberAvailable"}) {
    cells.emplace_back(status[count].number());
  }
  cells.emplace_back(labels_cell(spec["template"]["spec"]["nodeSelector"]));
  cells.emplace_back(age_cell(set, now));
  append_template(spec, cells);
  cells.emplace_back(selector_cell(spec["selector"]));
}

constexpr TableColumn kDaemonSetColumns[] = {
    kNameColumn,
    kDesiredColumn,
    kCurrentColumn,
    kReadyColumn,
    kUpToDateColumn,
    kAvailableColumn,
    {"Node Selector", "string", "Labels of the nodes it runs on."},
    kAgeColumn,
    kContainersColumn,
    kImagesColumn,
    kSelectorColumn,
};

std::string job_status(const json::object& job) {
  const auto is = [&](std::string_view type) {
    for (const json::value& condition : member(job, "status")["conditions"].list()) {
      if (JsonView(condition)["type"].text() == type) return JsonView(condition)["status"].text() == "True";
    }
    return false;
  };
  if (is("Complete")) return "Complete";
  if (is("Failed")) return "Failed";
  if (metadata_of(job)["deletionTimestamp"].exists()) return "Terminating";
  for (const char* type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
    if (is(type)) return type;
  }
  return "Running";
}

std::string job_completions(JsonView spec, std::int64_t succeeded) {
  if (spec["completions"].exists()) return fmt::format("{}/{}", succeeded, spec["completions"].number());
  const std::int64_t parallelism = spec["parallelism"].number();
  return parallelism > 1 ? fmt::format("{}/1 of {}", succeeded, parallelism) : fmt::format("{}/1", succeeded);
}

void job_cells(const json::object& job, std::int64_t now, json::array& cells) {
  const JsonView spec = member(job, "spec");
  const JsonView status = member(job, "status");
  const std::optional<std::int64_t> start = time_of(status["startTime"]);
  const std::int64_t end = time_of(status["completionTime"]).value_or(now);
  cells.emplace_back(name_cell(job));
  cells.emplace_back(job_status(job));
  cells.emplace_back(job_completions(spec, status["succeeded"].number()));
  cells.emplace_back(start ? human_duration(end - *start) : std::string());
  cells.emplace_back(age_cell(job, now));
  append_template(spec, cells);
  cells.emplace_back(selector_cell(spec["selector"]));
}

constexpr TableColumn kJobColumns[] = {
    kNameColumn,
    {"Status", "string", "Whether it runs, has ended, or waits."},
    {"Completions", "string", "Pods that have succeeded, of those that must."},
    {"Duration", "string", "How long it ran, or has run so far."},
    kAgeColumn,
    kContainersColumn,
    kImagesColumn,
    kSelectorColumn,
};

void cron_job_cells(const json::object& job, std::int64_t now, json::array& cells) {
  const JsonView spec = member(job, "spec");
  const JsonView last = member(job, "status")["lastScheduleTime"];
  const JsonView job_spec = spec["jobTemplate"]["spec"];
  cells.emplace_back(name_cell(job));
  cells.emplace_back(spec["schedule"].text());
  cells.emplace_back(spec["timeZone"].text_or(kNoneCell));
  cells.emplace_back(!spec["suspend"].exists() ? "<unset>" : spec["suspend"].truth() ? "True" : "False");
  cells.emplace_back(member(job, "status")["active"].list().size());
  cells.emplace_back(last.exists() ? age_of(last, now) : std::string(kNoneCell));
  cells.emplace_back(age_cell(job, now));
  append_template(job_spec, cells);
  cells.emplace_back(selector_cell(job_spec["selector"]));
}

constexpr TableColumn kCronJobColumns[] = {
    kNameColumn,
    {"Schedule", "string", "When it starts jobs."},
    {"Timezone", "string", "By which clock."},
    {"Suspend", "string", "Whether it is held."},
    {"Active", "integer", "Jobs under way."},
    {"Last Schedule", "string", "How long ago it last started one."},
    kAgeColumn,
    kContainersColumn,
    kImagesColumn,
    kSelectorColumn,
};

void controller_revision_cells(const json::object& revision, std::int64_t now, json::array& cells) {
  std::string owner(kNoneCell);
  for (const json::value& reference : metadata_of(revision)["ownerReferences"].list()) {
    const JsonView view(reference);
    if (!view["controller"].truth()) continue;
    const std::string_view version = view["apiVersion"].text();
    const std::size_t slash = version.find('/');
    std::string kind(view["kind"].text());
    for (char& c : kind) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    owner = slash == std::string_view::npos
                ? fmt::format("{}/{}", kind, view["name"].text())
                : fmt::format("{}.{}/{}", kind, version.substr(0, slash), view["name"].text());
  }
  cells.emplace_back(name_cell(revision));
  cells.emplace_back(owner);
  cells.emplace_back(member(revision, "revision").number());
  cells.emplace_back(age_cell(revision, now));
}

constexpr TableColumn kControllerRevisionColumns[] = {
    kNameColumn,
    {"Controller", "string", "What it is a revision of."},
    {"Revision", "integer", "Its number."},
    kAgeColumn,
};

std::string budget_cell(JsonView value) {
  return value.exists() ? scalar_text(*value.value()) : "N/A";
}

void budget_cells(const json::object& budget, std::int64_t now, json::array& cells) {
  const JsonView spec = member(budget, "spec");
  cells.emplace_back(name_cell(budget));
  cells.emplace_back(budget_cell(spec["minAvailable"]));
  cells.emplace_back(budget_cell(spec["maxUnavailable"]));
  cells.emplace_back(member(budget, "status")["disruptionsAllowed"].number());
  cells.emplace_back(age_cell(budget, now));
}

constexpr TableColumn kBudgetColumns[] = {
    kNameColumn,
    {"Min Available", "string", "Pods that must stay."},
    {"Max Unavailable", "string", "Pods that may be missing."},
    {"Allowed Disruptions", "integer", "Pods that may be evicted now."},
    kAgeColumn,
};

// "cpu: 40%/80%" of each metric.
std::string autoscaler_targets(const json::object& autoscaler) {
  const json::array& metrics = member(autoscaler, "spec")["metrics"].list();
  const json::array& current = member(autoscaler, "status")["currentMetrics"].list();
  std::string text;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const JsonView metric(metrics[i]);
    const JsonView now = i < current.size() ? JsonView(current[i]) : JsonView();
    std::string key(metric["type"].text());
    if (!key.empty() && key[0] >= 'A' && key[0] <= 'Z') key[0] = static_cast<char>(key[0] + 32);
    const JsonView target = metric[key]["target"];
    const JsonView value = now[key]["current"];
    const auto figure = [](JsonView figures) {
      if (figures["averageUtilization"].exists())
        return fmt::format("{}%", figures["averageUtilization"].number());
      for (const std::string_view name : {"averageValue", "value"}) {
        if (figures[name].exists()) return scalar_text(*figures[name].value());
      }
      return std::string("<unknown>");
    };
    const std::string_view name = metric[key]["name"].text();
    text += fmt::format("{}{}{}{}/{}", text.empty() ? "" : ", ", name, name.empty() ? "" : ": ",
                        figure(value), figure(target));
  }
  return text.empty() ? std::string(kNoneCell) : text;
}

void autoscaler_cells(const json::object& autoscaler, std::int64_t now, json::array& cells) {
  const JsonView spec = member(autoscaler, "spec");
  const JsonView reference = spec["scaleTargetRef"];
  cells.emplace_back(name_cell(autoscaler));
  cells.emplace_back(fmt::format("{}/{}", reference["kind"].text(), reference["name"].text()));
  cells.emplace_back(autoscaler_targets(autoscaler));
  cells.emplace_back(spec["minReplicas"].exists() ? std::to_string(spec["minReplicas"].number()) : "<unset>");
  cells.emplace_back(spec["maxReplicas"].number());
  cells.emplace_back(member(autoscaler, "status")["currentReplicas"].number());
  cells.emplace_back(age_cell(autoscaler, now));
}

constexpr TableColumn kAutoscalerColumns[] = {
    kNameColumn,
    {"Reference", "string", "What it scales."},
    {"Targets", "string", "Each metric, and what it should be."},
    {"MinPods", "string", "Pods that there are at least."},
    {"MaxPods", "integer", "Pods that there are at most."},
    {"Replicas", "integer", "Pods that there are."},
    kAgeColumn,
};

}  // namespace

std::span<const TableRows> workload_tables() {
  static constexpr TableRows kTables[] = {
      {"apps", "Deployment", kDeploymentColumns, deployment_cells},
      {"apps", "ReplicaSet", kReplicaColumns, replica_set_cells},
      {"apps", "StatefulSet", kStatefulSetColumns, stateful_set_cells},
      {"apps", "DaemonSet", kDaemonSetColumns, daemon_set_cells},
      {"apps", "ControllerRevision", kControllerRevisionColumns, controller_revision_cells},
      {"", "ReplicationController", kReplicaColumns, replication_controller_cells},
      {"batch", "Job", kJobColumns, job_cells},
      {"batch", "CronJob", kCronJobColumns, cron_job_cells},
      {"policy", "PodDisruptionBudget", kBudgetColumns, budget_cells},
      {"autoscaling", "HorizontalPodAutoscaler", kAutoscalerColumns, autoscaler_cells},
  };
  return kTables;
}

}  // namespace kubevitals::sim
