// The program's own metrics, in the text format.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "exposition/emitter.h"

namespace kubevitals::exposition {

// Counts durations by how long they were. Thread-safe.
class DurationHistogram {
 public:
  // Upper bounds in seconds: those that Prometheus' clients have by default.
  static constexpr std::array<double, 11> kBounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

  void observe(double seconds);

  // How many were at most as long as the bound.
  std::uint64_t count_up_to(std::size_t bound) const;
  std::uint64_t count() const { return count_up_to(kBounds.size()); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};  // each from bound to bound
  std::atomic<double> sum_{0};
};

// Writes families one after the other: family(), then its samples. Not thread-safe.
class MetricWriter {
 public:
  enum class Type { kGauge, kCounter, kHistogram, kSummary };

  MetricWriter() = default;
  MetricWriter(const MetricWriter&) = delete;
  MetricWriter& operator=(const MetricWriter&) = delete;

  void family(std::string_view name, Type type, std::string_view help);
  void sample(double value) { emitter_.sample(value); }
  void sample(std::initializer_list<Label> labels, double value) { emitter_.sample(labels, value); }
  void sample(std::span<const Label> labels, double value) { emitter_.sample(labels, value); }
  // All samples of a histogram with these labels; the family's type is kHistogram.
  void histogram(std::initializer_list<Label> labels, const DurationHistogram& histogram) {
    this->histogram(std::span<const Label>(labels.begin(), labels.size()), histogram);
  }
  void histogram(std::span<const Label> labels, const DurationHistogram& histogram);
  // All samples of a summary with these labels; the family's type is kSummary.
  struct Quantile {
    std::string_view quantile;  // "0.99"
    double value;
  };
  void summary(std::initializer_list<Label> labels, std::span<const Quantile> quantiles, double sum,
               std::uint64_t count);

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::string family_;
  Emitter emitter_{text_};
};

// CPU time, memory, file descriptors, threads and start time of this process (process_*), as far as /proc
// tells.
void write_process_metrics(MetricWriter& writer);

}  // namespace kubevitals::exposition
