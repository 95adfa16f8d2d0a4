#include "usage/model/table.h"

namespace kubevitals::usage {

void Table::reserve(std::size_t rows) {
  reserved_ = rows;
  scrape_times_.reserve(rows);
  start_times_.reserve(rows);
  for (Column& column : columns_) column.values.reserve(rows);
}

std::uint32_t Table::add_row(Nanos scrape_time, Nanos start_time) {
  scrape_times_.push_back(scrape_time);
  start_times_.push_back(start_time);
  for (Column& column : columns_) column.values.push_back(kAbsent);
  return static_cast<std::uint32_t>(rows() - 1);
}

void Table::set_times(std::size_t row, Nanos scrape_time, Nanos start_time) {
  scrape_times_[row] = scrape_time;
  start_times_[row] = start_time;
}

const std::vector<Value>* Table::find_column(Metric metric) const {
  const std::uint8_t index = index_[static_cast<std::size_t>(metric)];
  return index == 0 ? nullptr : &columns_[index - 1].values;
}

std::vector<Value>* Table::find_column(Metric metric) {
  return const_cast<std::vector<Value>*>(std::as_const(*this).find_column(metric));
}

std::vector<Value>& Table::column(Metric metric) {
  std::uint8_t& index = index_[static_cast<std::size_t>(metric)];
  if (index == 0) {
    Column& added = columns_.emplace_back();
    added.metric = metric;
    added.values.reserve(std::max(reserved_, rows()));
    added.values.resize(rows(), kAbsent);
    index = static_cast<std::uint8_t>(columns_.size());
  }
  return columns_[index - 1].values;
}

std::vector<Metric> Table::metrics() const {
  std::vector<Metric> metrics;
  metrics.reserve(columns_.size());
  for (const Column& column : columns_) metrics.push_back(column.metric);
  return metrics;
}

void Table::shrink() {
  scrape_times_.shrink_to_fit();
  start_times_.shrink_to_fit();
  columns_.shrink_to_fit();
  for (Column& column : columns_) column.values.shrink_to_fit();
  labelled.shrink_to_fit();
  extra.shrink_to_fit();
}

void add_value(const Table& from, std::size_t from_row, Table& to, std::size_t to_row, Metric metric) {
  const Value value = from.get(metric, from_row);
  if (value == kAbsent) return;
  const Value sum = to.get(metric, to_row);
  if (sum == kAbsent) {
    to.set(metric, to_row, value);
  } else if (describe(metric).value_type == ValueType::kFloat) {
    to.set(metric, to_row, from_float(as_float(sum) + as_float(value)));
  } else {
    to.set(metric, to_row,
           static_cast<Value>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(value)));
  }
}

}  // namespace kubevitals::usage
