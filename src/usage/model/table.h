// Values of many metric sets of one type, laid out by columns.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "usage/model/metric.h"

namespace kubevitals::usage {

// A value as it is stored: the integer itself, or the bits of the double, as its metric's ValueType says.
using Value = std::int64_t;

// Stands where a set has no value: the bits of a NaN that no arithmetic makes, as an integer more than 285
// years of nanoseconds.
inline constexpr Value kAbsent = 0x7ff8'dead'0000'0001;

inline Value from_float(double value) {
  return std::bit_cast<Value>(value);
}
inline double as_float(Value value) {
  return std::bit_cast<double>(value);
}

// A time in nanoseconds since 1970. kNoTime is what Go's zero time, year 1, gives there; the incumbent
// prints it so.
using Nanos = std::int64_t;
inline constexpr Nanos kNoTime = -6'795'364'578'871'345'152;

inline Nanos to_nanos(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// What tells a labelled value from its siblings. For kResourceId: {resource_id}; for kAccelerator: {make,
// model, accelerator_id}.
using LabelValues = std::vector<std::string>;

struct LabelledValue {
  std::uint32_t row;
  Metric metric;
  std::uint16_t labels;  // index into Table::label_values
  Value value;
};

// A metric that is not in the schema: "custom/<name>" and "<resource>/request".
struct ExtraValue {
  std::uint32_t row;
  std::uint16_t name;  // index into Table::extra_names
  ValueType value_type;
  Value value;
  MetricType type = MetricType::kGauge;
};

// Rows are metric sets; who they are is known by the table's owner. Not thread-safe; constant once published.
class Table {
 public:
  std::size_t rows() const { return scrape_times_.size(); }

  // Room for so many rows, in columns that come later too.
  void reserve(std::size_t rows);
  // Returns the new row's number; it has no values yet.
  std::uint32_t add_row(Nanos scrape_time, Nanos start_time);

  Nanos scrape_time(std::size_t row) const { return scrape_times_[row]; }
  Nanos start_time(std::size_t row) const { return start_times_[row]; }  // of the counters
  void set_times(std::size_t row, Nanos scrape_time, Nanos start_time);

  Value get(Metric metric, std::size_t row) const {
    const std::uint8_t index = index_[static_cast<std::size_t>(metric)];
    return index == 0 ? kAbsent : columns_[index - 1].values[row];
  }
  bool has(Metric metric, std::size_t row) const { return get(metric, row) != kAbsent; }
  void set(Metric metric, std::size_t row, Value value) { column(metric)[row] = value; }
  // A counter or gauge that a peer reports: what does not fit wraps, as the incumbent's does.
  void set_unsigned(Metric metric, std::size_t row, std::uint64_t value) {
    set(metric, row, static_cast<Value>(value));
  }
  // Null when no row has the metric.
  const std::vector<Value>* find_column(Metric metric) const;
  std::vector<Value>* find_column(Metric metric);
  std::vector<Value>& column(Metric metric);
  // Of all metrics that some row has, in no order.
  std::vector<Metric> metrics() const;

  // Labelled values stand in the order of their rows.
  std::vector<LabelledValue> labelled;
  std::shared_ptr<const std::vector<LabelValues>> label_values;  // null: there are none
  std::vector<ExtraValue> extra;                                 // in the order of their rows
  std::shared_ptr<const std::vector<std::string>> extra_names;   // null: there are none

  // Gives memory back that was only needed while rows were added.
  void shrink();

 private:
  struct Column {
    Metric metric;
    std::vector<Value> values;  // one for each row
  };

  std::size_t reserved_ = 0;  // rows
  std::vector<Nanos> scrape_times_;
  std::vector<Nanos> start_times_;
  std::vector<Column> columns_;
  std::array<std::uint8_t, kMetricCount> index_{};  // into columns_, plus one
};

// Adds a value of one row to the sum in another. A sum that does not fit wraps, as the incumbent's does.
void add_value(const Table& from, std::size_t from_row, Table& to, std::size_t to_row, Metric metric);

// The number of a text that found no room in its pool.
inline constexpr std::uint16_t kNoNumber = std::numeric_limits<std::uint16_t>::max();

// Adds numbered texts to a list that is shared with the batch before as long as it does not differ.
template <typename T>
class Pool {
 public:
  explicit Pool(std::shared_ptr<const std::vector<T>> before) : before_(std::move(before)) {}

  // The number of `value`; kNoNumber when there are 65,535 others.
  std::uint16_t add(T value) {
    // Mostly they come in the order of the batch before.
    const std::size_t size = list().size();
    for (std::size_t step = 0; step < std::min(size, kScanned); ++step) {
      const std::size_t candidate = (next_ + step) % size;
      if (list()[candidate] == value) return found(candidate);
    }
    if (size > kScanned) {
      for (std::size_t i = index_.size(); i < size; ++i) index_.emplace(list()[i], i);
      if (const auto known = index_.find(value); known != index_.end()) return found(known->second);
    }
    if (size == kNoNumber) return kNoNumber;
    if (before_) own_ = *before_;
    before_.reset();
    own_.push_back(std::move(value));
    return found(size);
  }

  // Drops the items that found no room, and renumbers them when most of the list is not used any more: names
  // of volumes come and go with their pods.
  template <typename Item>
  void fit(std::vector<Item>& items, std::uint16_t Item::*number) {
    std::erase_if(items, [number](const Item& item) { return item.*number == kNoNumber; });
    std::vector<std::uint16_t> numbers(list().size(), kNoNumber);
    for (const Item& item : items) numbers[item.*number] = 0;
    const auto used = static_cast<std::size_t>(std::count(numbers.begin(), numbers.end(), 0));
    if (list().size() <= 2 * used + kScanned) return;
    std::vector<T> kept;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] == kNoNumber) continue;
      numbers[i] = static_cast<std::uint16_t>(kept.size());
      kept.push_back(list()[i]);
    }
    for (Item& item : items) item.*number = numbers[item.*number];
    before_.reset();
    own_ = std::move(kept);
  }

  // The list; null when it is empty. The pool is of no use afterwards.
  std::shared_ptr<const std::vector<T>> take() {
    if (before_) return std::move(before_);
    if (own_.empty()) return nullptr;
    return std::make_shared<const std::vector<T>>(std::move(own_));
  }

 private:
  static constexpr std::size_t kScanned = 16;

  const std::vector<T>& list() const { return before_ ? *before_ : own_; }
  std::uint16_t found(std::size_t number) {
    next_ = number + 1;
    return static_cast<std::uint16_t>(number);
  }

  std::shared_ptr<const std::vector<T>> before_;  // as long as nothing new was added
  std::vector<T> own_;
  std::map<T, std::size_t> index_;  // of the first so many of the list, once it was needed
  std::size_t next_ = 0;
};

}  // namespace kubevitals::usage
