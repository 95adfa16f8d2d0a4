#include "discovery/once.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "base/yaml_scalar.h"
#include "discovery/http_sd_json.h"
#include "discovery/serve/target_walk.h"
#include "discovery/target.h"

namespace kubevitals::discovery {
namespace {

void append_target(std::string& out, TargetBuilder& builder, const WalkedTarget& walked) {
  LabelSet discovered;
  builder.discovered(walked.target(), walked.group->labels.get(), discovered);
  std::vector<Label> labels = discovered.labels();
  out.append(R"({"discoveredLabels":)");
  append_labels_json(out, labels);
  const TargetOutcome outcome = builder.build(walked.target(), walked.group->labels.get());
  out.append(R"(,"labels":)");
  if (const auto* kept = std::get_if<KeptTarget>(&outcome)) {
    merge_labels({kept->labels.get()}, labels);
    std::erase_if(labels, [](const Label& label) { return label.name.is_internal(); });
    append_labels_json(out, labels);
  } else {
    out.append("null");
  }
  const auto* dropped = std::get_if<DroppedTarget>(&outcome);
  out.append(R"(,"dropped_by":)").append(dropped ? std::to_string(dropped->rule) : "null");
  out.append(R"(,"error":)");
  if (const auto* error = std::get_if<Error>(&outcome)) {
    append_json_string(out, error->message);
  } else {
    out.append("null");
  }
  out += '}';
}

void append_job(std::string& out, const std::shared_ptr<const JobSnapshot>& job) {
  std::vector<WalkedTarget> targets;
  TargetWalk walk(job);
  while (walk.next_page([&](const WalkedTarget& walked) { targets.push_back(walked); })) {
  }
  std::stable_sort(targets.begin(), targets.end(), [](const WalkedTarget& a, const WalkedTarget& b) {
    return std::tie(a.group->source, a.position) < std::tie(b.group->source, b.position);
  });
  TargetBuilder builder(job->spec->target);
  append_json_string(out, job->spec->name);
  out.append(":[");
  bool first = true;
  for (const WalkedTarget& target : targets) {
    out.append(std::exchange(first, false) ? "\n" : ",\n");
    append_target(out, builder, target);
  }
  out += ']';
}

bool all_answered(const Snapshot& snapshot) {
  return std::all_of(snapshot.jobs.begin(), snapshot.jobs.end(),
                     [](const auto& job) { return job->answered(); });
}

void add_problems(const JobSnapshot& job, std::vector<std::string>& problems) {
  const auto add = [&](const std::string& problem) {
    problems.push_back("job " + job.spec->name + ": " + problem);
  };
  for (const std::string& failed : job.failed_sources) add(failed);
  for (const JobSnapshot::Part& part : job.parts) {
    const ProviderSnapshot& provider = *part.provider;
    if (provider.error) {
      add(provider.mechanism + ": " + provider.error->message);
    } else if (!provider.answered) {
      add(provider.mechanism + " has not answered in time");
    }
  }
}

}  // namespace

asio::awaitable<DiscoveredOnce> discover_once(Manager& manager,
                                              std::vector<std::shared_ptr<const JobSpec>> jobs,
                                              std::chrono::milliseconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  auto applied = manager.apply(std::move(jobs));
  co_await std::move(applied);
  std::function<bool()> done = [&manager] { return all_answered(*manager.snapshot()); };
  auto waiting = manager.published().wait_until(deadline, std::move(done));
  co_await std::move(waiting);
  const std::shared_ptr<const Snapshot> snapshot = manager.snapshot();
  DiscoveredOnce result;
  result.json = "{";
  for (const auto& job : snapshot->jobs) {
    if (result.json.size() > 1) result.json.append(",\n");
    append_job(result.json, job);
    add_problems(*job, result.problems);
  }
  result.json.append("}\n");
  co_return result;
}

}  // namespace kubevitals::discovery
