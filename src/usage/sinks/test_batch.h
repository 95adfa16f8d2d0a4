// Batches for the tests of sinks.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "usage/model/batch.h"
#include "usage/model/set_cursor.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {

// 2026-01-01T00:02:00Z.
inline constexpr Nanos kTestTime = 1'767'225'720'000'000'000;

// A cluster, the namespace "default", the node "node-0" with the system container "kubelet", and on it the
// pod "web" with the container "app". The node's memory/usage is `mark`.
std::shared_ptr<const Batch> test_batch(std::int64_t mark = 1000, Nanos timestamp = kTestTime);

// As many nodes, with as many pods each that have two containers, with the metrics of the summary source.
std::shared_ptr<const Batch> big_batch(int nodes, int pods);

// What `append(set, labels, timestamp, piece)` makes of all sets.
template <typename Append>
std::string text_of_batch(const Batch& batch, Append&& append, const LabelFormat& format = {}) {
  Piece piece;
  SetLabels labels;
  for_each_set(batch, [&](const MetricSet& set) {
    set.fill(format, labels);
    append(set, labels, batch.timestamp, piece);
  });
  return piece.text;
}

// The batches that the incumbent's log sink wrote into a file.
std::vector<std::shared_ptr<const Batch>> read_log(const std::string& text);

// Where the recordings are, with the file's name; empty when KUBEVITALS_USAGE_RECORDINGS is not set.
std::string recorded_text(std::string_view file);
std::string read_file(const std::string& path);

}  // namespace kubevitals::usage
