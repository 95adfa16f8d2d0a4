#include "exposition/metric_writer.h"

#include <algorithm>
#include <vector>

#include "base/go_float.h"

namespace kubevitals::exposition {

void DurationHistogram::observe(double seconds) {
  const auto* bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  counts_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(seconds, std::memory_order_relaxed);
}

std::uint64_t DurationHistogram::count_up_to(std::size_t bound) const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bound; ++i) count += counts_[i].load(std::memory_order_relaxed);
  return count;
}

void MetricWriter::family(std::string_view name, Type type, std::string_view help) {
  constexpr std::string_view kNames[] = {"gauge", "counter", "histogram", "summary"};
  family_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(kNames[static_cast<int>(type)]).append("\n");
  emitter_.set_family(name);
}

void MetricWriter::histogram(std::span<const Label> labels, const DurationHistogram& histogram) {
  std::vector<Label> with_bound(labels.begin(), labels.end());
  with_bound.emplace_back("le", "");
  emitter_.set_family(family_ + "_bucket");
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= DurationHistogram::kBounds.size(); ++i) {
    std::string bound = "+Inf";
    if (i < DurationHistogram::kBounds.size()) {
      bound.clear();
      append_go_float(bound, DurationHistogram::kBounds[i]);
    }
    with_bound.back().second = bound;
    count = histogram.count_up_to(i);
    emitter_.sample(with_bound, static_cast<double>(count));
  }
  emitter_.set_family(family_ + "_sum");
  emitter_.sample(labels, histogram.sum());
  emitter_.set_family(family_ + "_count");
  emitter_.sample(labels, static_cast<double>(count));
}

void MetricWriter::summary(std::initializer_list<Label> labels, std::span<const Quantile> quantiles,
                           double sum, std::uint64_t count) {
  emitter_.set_family(family_);
  std::vector<Label> with_quantile(labels);
  with_quantile.emplace_back("quantile", "");
  for (const Quantile& quantile : quantiles) {
    with_quantile.back().second = quantile.quantile;
    emitter_.sample(with_quantile, quantile.value);
  }
  emitter_.set_family(family_ + "_sum");
  emitter_.sample(labels, sum);
  emitter_.set_family(family_ + "_count");
  emitter_.sample(labels, static_cast<double>(count));
}

}  // namespace kubevitals::exposition
