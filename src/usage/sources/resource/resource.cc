#include "usage/sources/resource/resource.h"

#include <array>
#include <optional>

#include "exposition/text_parser.h"
#include "usage/sources/block_builder.h"

namespace kubevitals::usage {
namespace {

using exposition::TextLabel;
using exposition::TextSample;

enum class Owner { kNode, kPod, kContainer };
enum class Kind { kCpu, kMemory, kStartTime };

struct Family {
  std::string_view name;
  Owner owner;
  Kind kind;
};

constexpr std::array kFamilies{
    Family{"container_cpu_usage_seconds_total", Owner::kContainer, Kind::kCpu},
    Family{"container_memory_working_set_bytes", Owner::kContainer, Kind::kMemory},
    Family{"container_start_time_seconds", Owner::kContainer, Kind::kStartTime},
    Family{"node_cpu_usage_seconds_total", Owner::kNode, Kind::kCpu},
    Family{"node_memory_working_set_bytes", Owner::kNode, Kind::kMemory},
    Family{"pod_cpu_usage_seconds_total", Owner::kPod, Kind::kCpu},
    Family{"pod_memory_working_set_bytes", Owner::kPod, Kind::kMemory},
};

constexpr double kMost = 9.2e18;  // the largest round number in an int64

// Cut to a whole number, as metrics-server does.
std::optional<Value> whole(double value) {
  if (!(value >= 0 && value <= kMost)) return std::nullopt;
  return static_cast<Value>(value);
}

class Filler {
 public:
  explicit Filler(const ParseInput& input) : now_(input.now), builder_(input.node, input.before) {}

  // The labels that the next sample of a family probably has.
  std::string_view expected(std::string_view family);
  void add(const TextSample& sample);
  bool empty() const { return empty_; }
  NodeBlock finish() { return builder_.finish(); }

 private:
  // Who a sample is about; views into the sample.
  struct Names {
    std::string_view namespace_, pod, container;
  };
  static Names read_names(const TextSample& sample);
  // The rows of pods, or of containers, with their labels' text in the answer. All families tell of them in
  // the same order, so that the next sample is mostly about the next row.
  struct Sequence {
    std::vector<std::string_view> labels;
    std::uint32_t next = 0;
  };
  bool find_family(std::string_view name);
  Sequence& sequence() { return family_->owner == Owner::kPod ? pods_ : containers_; }
  std::optional<std::uint32_t> row_of(const TextSample& sample);
  void put(Table& table, std::uint32_t row, Kind kind, const TextSample& sample);
  std::uint32_t node_row();
  std::uint32_t container_row(const Names& names);
  bool is_pod(std::uint32_t row, const Names& names) const;

  const Nanos now_;
  BlockBuilder builder_;
  bool empty_ = true;
  const Family* family_ = kFamilies.data();  // of the sample before
  Sequence pods_;
  Sequence containers_;
};

Filler::Names Filler::read_names(const TextSample& sample) {
  Names names;
  for (const TextLabel& label : sample.labels) {
    if (label.name == "namespace") names.namespace_ = label.value;
    if (label.name == "pod") names.pod = label.value;
    if (label.name == "container") names.container = label.value;
  }
  return names;
}

bool Filler::find_family(std::string_view name) {
  if (family_->name == name) return true;
  for (const Family& family : kFamilies) {
    if (family.name != name) continue;
    family_ = &family;
    return true;
  }
  return false;
}

std::string_view Filler::expected(std::string_view family) {
  if (!find_family(family) || family_->owner == Owner::kNode) return {};
  Sequence& rows = sequence();
  if (rows.next >= rows.labels.size()) rows.next = 0;
  return rows.labels.empty() ? std::string_view() : rows.labels[rows.next];
}

void Filler::add(const TextSample& sample) {
  if (!find_family(sample.name)) return;
  NodeBlock& block = builder_.block();
  if (family_->owner == Owner::kNode) return put(block.node, node_row(), family_->kind, sample);
  const std::optional<std::uint32_t> row = row_of(sample);
  if (!row) return;
  put(family_->owner == Owner::kPod ? block.pods : block.containers, *row, family_->kind, sample);
}

// Nothing: the sample does not say what it is about.
std::optional<std::uint32_t> Filler::row_of(const TextSample& sample) {
  Sequence& rows = sequence();
  if (sample.as_expected) return rows.next++;
  const Names names = read_names(sample);
  if (names.namespace_.empty() || names.pod.empty()) return std::nullopt;
  const bool of_pod = family_->owner == Owner::kPod;
  if (!of_pod && names.container.empty()) return std::nullopt;
  const std::uint32_t row = of_pod ? builder_.pod(names.namespace_, names.pod, {}) : container_row(names);
  if (rows.labels.size() <= row) rows.labels.resize(row + 1);
  rows.labels[row] = sample.label_text;
  rows.next = row + 1;
  return row;
}

void Filler::put(Table& table, std::uint32_t row, Kind kind, const TextSample& sample) {
  empty_ = false;
  constexpr std::int64_t kMillisecond = 1'000'000;
  const Nanos start_time = table.start_time(row);
  Nanos time = now_;
  if (sample.timestamp && *sample.timestamp >= 0 && *sample.timestamp < kMost / kMillisecond) {
    time = *sample.timestamp * kMillisecond;
  }
  switch (kind) {
    case Kind::kCpu:
      if (const std::optional<Value> nanos = whole(sample.value * 1e9)) {
        table.set(Metric::kCpuUsage, row, *nanos);
        table.set_times(row, time, start_time);
      }
      break;
    case Kind::kMemory:
      if (const std::optional<Value> bytes = whole(sample.value)) {
        table.set(Metric::kMemoryWorkingSet, row, *bytes);
        if (!table.has(Metric::kCpuUsage, row)) table.set_times(row, time, start_time);
      }
      break;
    case Kind::kStartTime:
      if (const std::optional<Value> nanos = whole(sample.value * 1e9)) {
        table.set_times(row, table.scrape_time(row), *nanos);
        set_uptime(table, row, now_, *nanos);
      }
      break;
  }
}

std::uint32_t Filler::node_row() {
  Table& node = builder_.block().node;
  return node.rows() > 0 ? 0 : node.add_row(kNoTime, kNoTime);
}

bool Filler::is_pod(std::uint32_t row, const Names& names) const {
  const std::vector<NodeBlock::Pod>& pods = builder_.block().pod_rows;
  return pods[row].name->name == names.pod && pods[row].name->namespace_ == names.namespace_;
}

std::uint32_t Filler::container_row(const Names& names) {
  // A pod's containers stand one after another.
  const std::vector<NodeBlock::Container>& containers = builder_.block().container_rows;
  const bool same_pod = !containers.empty() && is_pod(containers.back().pod, names);
  const std::uint32_t pod = same_pod ? containers.back().pod : builder_.pod(names.namespace_, names.pod, {});
  return builder_.container(pod, names.container, {});
}

}  // namespace

Result<NodeBlock> parse_resource(const ParseInput& input) {
  Filler filler(input);
  exposition::TextParser parser(input.body,
                                [&filler](std::string_view family) { return filler.expected(family); });
  while (true) {
    const Result<const TextSample*> sample = parser.next();
    if (!sample) return sample.error().wrap("not the metrics that were expected");
    if (*sample == nullptr) break;
    filler.add(**sample);
  }
  if (filler.empty()) return Error{ErrorCode::kInvalid, "no resource metrics in the answer"};
  return filler.finish();
}

}  // namespace kubevitals::usage
