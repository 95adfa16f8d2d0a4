#include "exposition/metric_registry.h"

#include <algorithm>
#include <cassert>

namespace kubevitals::exposition {

MetricRegistry::MetricRegistry(std::vector<MetricFamily> families) {
  const MutexLock lock(mutex_);
  for (MetricFamily& family : families) {
    const bool plain = family.labels.empty();
    const std::string_view name = family.name;
    families_.push_back({std::move(family), {}});
    if (plain) series(name, {});
  }
}

MetricRegistry::Series& MetricRegistry::series(std::string_view family, std::vector<std::string> values) {
  const auto found = std::find_if(families_.begin(), families_.end(),
                                  [&](const Family& known) { return known.description.name == family; });
  assert(found != families_.end() && found->description.labels.size() == values.size());
  Series& series = found->series[std::move(values)];
  if (!series.metric) {
    series.metric = std::make_shared<Metric>();
    if (found->description.kind == MetricKind::kHistogram) {
      series.histogram = std::make_shared<DurationHistogram>();
    }
  }
  return series;
}

std::shared_ptr<Metric> MetricRegistry::metric(std::string_view family, std::vector<std::string> values) {
  const MutexLock lock(mutex_);
  return series(family, std::move(values)).metric;
}

std::shared_ptr<DurationHistogram> MetricRegistry::histogram(std::string_view family,
                                                             std::vector<std::string> values) {
  const MutexLock lock(mutex_);
  return series(family, std::move(values)).histogram;
}

class MetricRegistry::Lease {
 public:
  Lease(MetricRegistry& registry, std::string_view family, std::vector<std::string> values)
      : registry_(registry), family_(family), values_(std::move(values)) {}
  ~Lease() { registry_.end_lease(family_, values_); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  MetricRegistry& registry_;
  const std::string family_;
  const std::vector<std::string> values_;
};

std::shared_ptr<const void> MetricRegistry::lease(std::string_view family, std::vector<std::string> values) {
  const MutexLock lock(mutex_);
  Series& held = series(family, values);
  std::shared_ptr<const void> lease = held.lease.lock();
  if (!lease) {
    lease = std::make_shared<const Lease>(*this, family, std::move(values));
    held.lease = lease;
  }
  return lease;
}

void MetricRegistry::end_lease(std::string_view family, const std::vector<std::string>& values) {
  const MutexLock lock(mutex_);
  for (Family& known : families_) {
    if (known.description.name != family) continue;
    const auto found = known.series.find(values);
    // Another one may have begun since the last holder of this one let it go.
    if (found != known.series.end() && found->second.lease.expired()) known.series.erase(found);
  }
}

void MetricRegistry::remove(std::string_view family, const std::vector<std::string>& values) {
  const MutexLock lock(mutex_);
  for (Family& known : families_) {
    if (known.description.name == family) known.series.erase(values);
  }
}

void MetricRegistry::write(MetricWriter& writer) const {
  const MutexLock lock(mutex_);
  for (const Family& family : families_) {
    if (family.series.empty()) continue;
    const MetricFamily& description = family.description;
    const MetricWriter::Type type = description.kind == MetricKind::kCounter ? MetricWriter::Type::kCounter
                                    : description.kind == MetricKind::kGauge ? MetricWriter::Type::kGauge
                                                                             : MetricWriter::Type::kHistogram;
    writer.family(description.name, type, description.help);
    for (const auto& [values, series] : family.series) {
      std::vector<Label> labels;
      for (std::size_t i = 0; i < values.size(); ++i) labels.emplace_back(description.labels[i], values[i]);
      if (series.histogram) {
        writer.histogram(labels, *series.histogram);
      } else {
        writer.sample(labels, series.metric->value());
      }
    }
  }
}

}  // namespace kubevitals::exposition
