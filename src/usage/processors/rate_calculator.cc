#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

constexpr std::uint32_t kNoRow = UINT32_MAX;

// What a counter did in which time.
struct Change {
  std::int64_t counted;
  Nanos elapsed;
};

// Nothing when the counter went down or time did not go on; nor for counters that wrapped below zero and
// times before 1970, so that no difference overflows.
std::optional<Change> change(Value before, Value now, Nanos time_before, Nanos time_now) {
  if (before == kAbsent || now == kAbsent || before < 0 || now < before) return std::nullopt;
  if (time_before < 0 || time_now <= time_before) return std::nullopt;
  return Change{now - before, time_now - time_before};
}

Value rate_value(Metric rate, const Change& change) {
  if (describe(rate).value_type == ValueType::kFloat) {
    return from_float(1e9 * static_cast<double>(change.counted) / static_cast<double>(change.elapsed));
  }
  // Millicores: nanoseconds of CPU time in a thousandth of the nanoseconds that went by, cut to a whole one.
  const std::int64_t whole = change.counted / change.elapsed;
  const std::int64_t rest = change.counted % change.elapsed;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  if (whole > kMost || rest > kMost) return whole > kMost ? kMost * 1000 : whole * 1000;
  return whole * 1000 + rest * 1000 / change.elapsed;
}

bool is_network(Metric metric) {
  return metric >= Metric::kNetworkRx && metric <= Metric::kNetworkTxErrors;
}

// Which counters of a table have rates made of their differences.
enum class Counters { kAll, kNetwork };

void calculate(Table& table, const Table& before, const std::vector<std::uint32_t>& rows_before,
               Counters counters) {
  // Which rows may have rates at all.
  std::vector<std::uint32_t> from(rows_before);
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::uint32_t old = from[row];
    if (old == kNoRow) continue;
    if (table.scrape_time(row) <= before.scrape_time(old) ||
        table.start_time(row) != before.start_time(old)) {
      from[row] = kNoRow;
    }
  }
  for (const auto [counter, rate] : rates()) {
    if (counters == Counters::kNetwork && !is_network(counter)) continue;
    const std::vector<Value>* now = table.find_column(counter);
    const std::vector<Value>* then = before.find_column(counter);
    if (now == nullptr || then == nullptr) continue;
    // The column of the rates may move that of the counters.
    std::vector<Value> values(table.rows(), kAbsent);
    bool any = false;
    for (std::size_t row = 0; row < table.rows(); ++row) {
      if (from[row] == kNoRow) continue;
      const auto found =
          change((*then)[from[row]], (*now)[row], before.scrape_time(from[row]), table.scrape_time(row));
      if (!found) continue;
      values[row] = rate_value(rate, *found);
      any = true;
    }
    if (any) table.column(rate) = std::move(values);
  }
}

std::optional<Value> find_labelled(const Table& table, std::uint32_t row, Metric metric,
                                   const LabelValues& labels) {
  auto found =
      std::lower_bound(table.labelled.begin(), table.labelled.end(), row,
                       [](const LabelledValue& value, std::uint32_t key) { return value.row < key; });
  for (; found != table.labelled.end() && found->row == row; ++found) {
    if (found->metric == metric && (*table.label_values)[found->labels] == labels) return found->value;
  }
  return std::nullopt;
}

// The rates of a row stand behind its other labelled values.
void calculate_labelled(Table& table, const Table& before, const std::vector<std::uint32_t>& rows_before) {
  const auto rate_of = [](Metric metric) -> std::optional<Metric> {
    for (const auto [counter, rate] : labelled_rates()) {
      if (counter == metric) return rate;
    }
    return std::nullopt;
  };
  const auto is_counter = [&](const LabelledValue& value) { return rate_of(value.metric).has_value(); };
  if (std::none_of(table.labelled.begin(), table.labelled.end(), is_counter)) return;
  std::vector<LabelledValue> with_rates;
  with_rates.reserve(table.labelled.size() * 2);
  for (std::size_t i = 0; i < table.labelled.size();) {
    const std::uint32_t row = table.labelled[i].row;
    const std::size_t first = i;
    for (; i < table.labelled.size() && table.labelled[i].row == row; ++i)
      with_rates.push_back(table.labelled[i]);
    const std::uint32_t old = rows_before[row];
    if (old == kNoRow || table.start_time(row) != before.start_time(old)) continue;
    for (std::size_t j = first; j < i; ++j) {
      const LabelledValue& value = table.labelled[j];
      const std::optional<Metric> rate = rate_of(value.metric);
      if (!rate) continue;
      const std::optional<Value> then =
          find_labelled(before, old, value.metric, (*table.label_values)[value.labels]);
      const auto found =
          change(then.value_or(kAbsent), value.value, before.scrape_time(old), table.scrape_time(row));
      if (found) with_rates.push_back({row, *rate, value.labels, rate_value(*rate, *found)});
    }
  }
  table.labelled = std::move(with_rates);
}

void calculate_all(Table& table, const Table& before, const std::vector<std::uint32_t>& rows_before,
                   Counters counters = Counters::kAll) {
  calculate(table, before, rows_before, counters);
  calculate_labelled(table, before, rows_before);
}

// For each row the one before with the same name: mostly the one at the same place, or near it. Of the rows,
// `same(now, before)` compares two, and what is the same has the same hash.
template <typename Same, typename HashNow, typename HashBefore>
std::vector<std::uint32_t> match(std::size_t now, std::size_t before, Same same, HashNow hash_now,
                                 HashBefore hash_before) {
  constexpr std::size_t kNear = 4;
  std::vector<std::uint32_t> rows(now, kNoRow);
  std::unordered_multimap<std::size_t, std::uint32_t> by_hash;  // filled when it is needed
  std::size_t next = 0;
  for (std::uint32_t row = 0; row < now; ++row) {
    for (std::size_t candidate = next; candidate < std::min(next + kNear, before); ++candidate) {
      if (!same(row, candidate)) continue;
      rows[row] = static_cast<std::uint32_t>(candidate);
      break;
    }
    if (rows[row] == kNoRow) {
      for (std::size_t i = by_hash.size(); i < before; ++i) {
        by_hash.emplace(hash_before(i), static_cast<std::uint32_t>(i));
      }
      const auto [first, last] = by_hash.equal_range(hash_now(row));
      for (auto candidate = first; candidate != last; ++candidate) {
        if (same(row, candidate->second)) rows[row] = candidate->second;
      }
    }
    if (rows[row] != kNoRow) next = rows[row] + 1;
  }
  return rows;
}

std::size_t hash(std::string_view name, std::size_t group) {
  return std::hash<std::string_view>{}(name)*31 + group;
}

std::vector<std::uint32_t> match_system(const NodeBlock& now, const NodeBlock& before) {
  const auto same = [&](std::size_t a, std::size_t b) {
    return now.system_names[a] == before.system_names[b];
  };
  return match(
      now.system_names.size(), before.system_names.size(), same,
      [&](std::size_t row) { return hash(now.system_names[row], 0); },
      [&](std::size_t row) { return hash(before.system_names[row], 0); });
}

std::vector<std::uint32_t> match_pods(const NodeBlock& now, const NodeBlock& before) {
  const auto same = [&](std::size_t a, std::size_t b) {
    const auto& name = now.pod_rows[a].name;
    const auto& other = before.pod_rows[b].name;
    return name == other || (name->name == other->name && name->namespace_ == other->namespace_);
  };
  const auto hash_pod = [](const PodName& pod) { return hash(pod.name, hash(pod.namespace_, 0)); };
  return match(
      now.pod_rows.size(), before.pod_rows.size(), same,
      [&](std::size_t row) { return hash_pod(*now.pod_rows[row].name); },
      [&](std::size_t row) { return hash_pod(*before.pod_rows[row].name); });
}

std::vector<std::uint32_t> match_containers(const NodeBlock& now, const NodeBlock& before,
                                            const std::vector<std::uint32_t>& pods) {
  const auto same = [&](std::size_t a, std::size_t b) {
    const NodeBlock::Container& container = now.container_rows[a];
    const NodeBlock::Container& other = before.container_rows[b];
    return pods[container.pod] == other.pod &&
           (container.name == other.name || container.name->name == other.name->name);
  };
  return match(
      now.container_rows.size(), before.container_rows.size(), same,
      [&](std::size_t row) {
        return hash(now.container_rows[row].name->name, pods[now.container_rows[row].pod]);
      },
      [&](std::size_t row) {
        return hash(before.container_rows[row].name->name, before.container_rows[row].pod);
      });
}

}  // namespace

void calculate_rates(NodeBlock& block, const BlockContext& context) {
  if (context.before == nullptr) return;
  const NodeBlock& before = *context.before;
  if (block.node.rows() > 0 && before.node.rows() > 0) calculate_all(block.node, before.node, {0});
  calculate_all(block.system, before.system, match_system(block, before));
  const std::vector<std::uint32_t> pods = match_pods(block, before);
  // Where a pod's counters are sums, one container that starts again spoils the difference: the sums of the
  // containers' rates stand in for it.
  calculate_all(block.pods, before.pods, pods, block.classic ? Counters::kNetwork : Counters::kAll);
  calculate_all(block.containers, before.containers, match_containers(block, before, pods));
}

}  // namespace kubevitals::usage
