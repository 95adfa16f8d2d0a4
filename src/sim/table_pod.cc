// The columns of pods. What "Status" says is what kubectl users know from the API server's printers
// (k8s.io/kubernetes/pkg/printers/internalversion).
#include <fmt/format.h>

#include <algorithm>

#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

bool condition_is_true(JsonView status, std::string_view type) {
  for (const json::value& condition : status["conditions"].list()) {
    if (JsonView(condition)["type"].text() == type) return JsonView(condition)["status"].text() == "True";
  }
  return false;
}

// Restarts so far, and when the last one was.
struct Restarts {
  std::int64_t count = 0;
  std::int64_t last = 0;

  void add(JsonView container) {
    count += container["restartCount"].number();
    if (const auto ended = time_of(container["lastState"]["terminated"]["finishedAt"]))
      last = std::max(last, *ended);
  }
  std::string cell(std::int64_t now) const {
    if (count == 0 || last == 0) return std::to_string(count);
    return fmt::format("{} ({} ago)", count, human_duration(now - last));
  }
};

struct Summary {
  std::string status;
  std::int64_t ready = 0;
  std::int64_t total = 0;
  Restarts restarts;
};

// "ExitCode:1", "Signal:9" or the reason itself.
std::string termination(JsonView terminated) {
  if (!terminated["reason"].text().empty()) return std::string(terminated["reason"].text());
  if (terminated["signal"].number() != 0) return fmt::format("Signal:{}", terminated["signal"].number());
  return fmt::format("ExitCode:{}", terminated["exitCode"].number());
}

bool restarts_always(const json::array& init_containers, std::string_view name) {
  return std::ranges::any_of(init_containers, [&](const json::value& container) {
    return JsonView(container)["name"].text() == name &&
           JsonView(container)["restartPolicy"].text() == "Always";
  });
}

// Looks at the init containers up to the first one that is not done; true when there is such. `sidecars`
// counts the restarts of those that keep running beside the pod's containers.
bool summarize_init(JsonView spec, JsonView status, Summary& summary, Restarts& sidecars) {
  const json::array& declared = spec["initContainers"].list();
  for (const json::value& container : declared) {
    if (JsonView(container)["restartPolicy"].text() == "Always") ++summary.total;
  }
  std::size_t index = 0;
  for (const json::value& item : status["initContainerStatuses"].list()) {
    const JsonView container(item);
    const std::size_t done = index++;
    const bool sidecar = restarts_always(declared, container["name"].text());
    summary.restarts.add(container);
    if (sidecar) sidecars.add(container);
    const JsonView terminated = container["state"]["terminated"];
    const std::string_view waiting = container["state"]["waiting"]["reason"].text();
    if (terminated.exists() && terminated["exitCode"].number() == 0) continue;
    if (sidecar && container["started"].truth()) {
      if (container["ready"].truth()) ++summary.ready;
      continue;
    }
    if (terminated.exists()) {
      summary.status = "Init:" + termination(terminated);
    } else if (!waiting.empty() && waiting != "PodInitializing") {
      summary.status = fmt::format("Init:{}", waiting);
    } else {
      summary.status = fmt::format("Init:{}/{}", done, declared.size());
    }
    return true;
  }
  return false;
}

void summarize_containers(JsonView status, Summary& summary) {
  bool running = false;
  const json::array& containers = status["containerStatuses"].list();
  for (auto item = containers.rbegin(); item != containers.rend(); ++item) {
    const JsonView container(*item);
    const JsonView state = container["state"];
    summary.restarts.add(container);
    if (const std::string_view waiting = state["waiting"]["reason"].text(); !waiting.empty()) {
      summary.status = waiting;
    } else if (state["terminated"].exists()) {
      summary.status = termination(state["terminated"]);
    } else if (container["ready"].truth() && state["running"].exists()) {
      running = true;
      ++summary.ready;
    }
  }
  if (summary.status == "Completed" && running) {
    summary.status = condition_is_true(status, "Ready") ? "Running" : "NotReady";
  }
}

Summary summarize(const json::object& pod) {
  const JsonView spec = member(pod, "spec");
  const JsonView status = member(pod, "status");
  Summary summary;
  summary.status = status["reason"].text_or(status["phase"].text());
  for (const json::value& condition : status["conditions"].list()) {
    const bool gated = JsonView(condition)["type"].text() == "PodScheduled" &&
                       JsonView(condition)["reason"].text() == "SchedulingGated";
    if (gated) summary.status = "SchedulingGated";
  }
  summary.total = static_cast<std::int64_t>(spec["containers"].list().size());
  Restarts sidecars;
  const bool initializing = summarize_init(spec, status, summary, sidecars);
  if (!initializing || condition_is_true(status, "Initialized")) {
    summary.restarts = sidecars;
    summarize_containers(status, summary);
  }
  if (metadata_of(pod)["deletionTimestamp"].exists()) {
    const std::string_view phase = status["phase"].text();
    if (status["reason"].text() == "NodeLost") {
      summary.status = "Unknown";
    } else if (phase != "Succeeded" && phase != "Failed") {
      summary.status = "Terminating";
    }
  }
  return summary;
}

std::string readiness_gates(JsonView spec, JsonView status) {
  const json::array& gates = spec["readinessGates"].list();
  if (gates.empty()) return std::string(kNoneCell);
  const auto open = std::ranges::count_if(gates, [&](const json::value& gate) {
    return condition_is_true(status, JsonView(gate)["conditionType"].text());
  });
  return fmt::format("{}/{}", open, gates.size());
}

void pod_cells(const json::object& pod, std::int64_t now, json::array& cells) {
  const JsonView spec = member(pod, "spec");
  const JsonView status = member(pod, "status");
  const Summary summary = summarize(pod);
  cells.emplace_back(name_cell(pod));
  cells.emplace_back(fmt::format("{}/{}", summary.ready, summary.total));
  cells.emplace_back(summary.status);
  cells.emplace_back(summary.restarts.cell(now));
  cells.emplace_back(age_cell(pod, now));
  cells.emplace_back(status["podIP"].text_or(kNoneCell));
  cells.emplace_back(spec["nodeName"].text_or(kNoneCell));
  cells.emplace_back(status["nominatedNodeName"].text_or(kNoneCell));
  cells.emplace_back(readiness_gates(spec, status));
}

constexpr TableColumn kPodColumns[] = {
    kNameColumn,
    {"Ready", "string", "Ready containers of all that should run."},
    {"Status", "string", "What the pod is doing, in a word."},
    {"Restarts", "string", "How often its containers were started again, and when they last were."},
    kAgeColumn,
    {"IP", "string", "The pod's first address.", 1},
    {"Node", "string", "The node that runs it.", 1},
    {"Nominated Node", "string", "The node on which room is being made for it.", 1},
    {"Readiness Gates", "string", "Readiness gates that are passed, of all.", 1},
};

}  // namespace

const TableRows kPodTable{"", "Pod", kPodColumns, pod_cells};

}  // namespace kubevitals::sim
