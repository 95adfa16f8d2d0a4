#include "discovery/own_metrics.h"

#include <chrono>
#include <set>
#include <utility>

#include "discovery/consul/options.h"
#include "discovery/dns/options.h"
#include "discovery/eureka/options.h"
#include "discovery/file/options.h"
#include "discovery/http/options.h"
#include "discovery/kubernetes/metrics.h"
#include "discovery/manager/manager.h"
#include "discovery/refresh.h"
#include "discovery/zookeeper/options.h"
#include "exposition/metric_writer.h"
#include "kube/feed_figures.h"

namespace kubevitals::discovery {
namespace {

using exposition::MetricKind;
using exposition::MetricWriter;
using Type = MetricWriter::Type;

void append(std::vector<exposition::MetricFamily>& all, std::vector<exposition::MetricFamily> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void write_jobs(MetricWriter& writer, const Snapshot& snapshot) {
  writer.family("kubevitals_sd_targets", Type::kGauge, "Targets of a job, by what relabelling made of them.");
  for (const auto& job : snapshot.jobs) {
    const std::string& name = job->spec->name;
    writer.sample({{"config", name}, {"state", "dropped"}}, static_cast<double>(job->counts.dropped));
    writer.sample({{"config", name}, {"state", "failed"}}, static_cast<double>(job->counts.failed));
    writer.sample({{"config", name}, {"state", "kept"}}, static_cast<double>(job->counts.kept));
  }
  writer.family("kubevitals_sd_healthy", Type::kGauge,
                "0 while a job's mechanism does not work, or has not answered yet.");
  for (const auto& job : snapshot.jobs) {
    for (const JobSnapshot::Part& part : job->parts) {
      const bool healthy = part.provider->answered && !part.provider->error;
      writer.sample({{"config", job->spec->name}, {"provider", part.provider->name}}, healthy ? 1 : 0);
    }
  }
  writer.family("kubevitals_sd_last_success_timestamp_seconds", Type::kGauge,
                "When a job's mechanism last said what there is.");
  for (const auto& job : snapshot.jobs) {
    for (const JobSnapshot::Part& part : job->parts) {
      if (!part.provider->last_success) continue;
      const std::chrono::duration<double> time = part.provider->last_success->time_since_epoch();
      writer.sample({{"config", job->spec->name}, {"provider", part.provider->name}}, time.count());
    }
  }
}

}  // namespace

std::vector<exposition::MetricFamily> metric_families() {
  std::vector<exposition::MetricFamily> all = {
      {"prometheus_config_last_reload_success_timestamp_seconds",
       MetricKind::kGauge,
       "When a configuration was put in force last.",
       {}},
      {"prometheus_config_last_reload_successful",
       MetricKind::kGauge,
       "1 when the last configuration that was read is in force.",
       {}},
  };
  append(all, Manager::metric_families());
  append(all, refresh_metric_families());
  append(all, consul::metric_families());
  append(all, dns::metric_families());
  append(all, eureka::metric_families());
  append(all, file::metric_families());
  append(all, http::metric_families());
  append(all, kubernetes::metric_families());
  append(all, zookeeper::metric_families());
  return all;
}

std::string own_metrics(const exposition::MetricRegistry& registry, const Snapshot& snapshot,
                        const std::vector<kubernetes::ClusterStats>& clusters, SteadyTime now,
                        const std::string& version) {
  MetricWriter writer;
  writer.family("kubevitals_build_info", Type::kGauge, "Always 1.");
  writer.sample({{"version", version}}, 1);
  registry.write(writer);
  write_jobs(writer, snapshot);
  writer.family("kubevitals_sd_label_names", Type::kGauge, "Different names of labels that are in use.");
  writer.sample({}, static_cast<double>(LabelName::count()));
  std::vector<kube::FeedStats> feeds;
  for (const kubernetes::ClusterStats& cluster : clusters) {
    feeds.insert(feeds.end(), cluster.feeds.begin(), cluster.feeds.end());
  }
  kube::write_feed_metrics(writer, feeds, now);
  exposition::write_process_metrics(writer);
  return writer.take();
}

}  // namespace kubevitals::discovery
