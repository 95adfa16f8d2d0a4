// Batches as maps of texts, and all that makes one of a kubelet's answers: for tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "usage/directory/directory.h"
#include "usage/model/metric_set.h"
#include "usage/model/set_cursor.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {

// A metric set as text: integers as they are, floats with six decimals.
struct FlatSet {
  Nanos scrape_time = kNoTime;
  Nanos start_time = kNoTime;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> metrics;
  std::map<std::string, std::string> labelled;  // by "name{label=value,…}"
  bool operator==(const FlatSet&) const = default;
};
using FlatBatch = std::map<std::string, FlatSet>;  // by key

FlatBatch flatten(const Batch& batch);
// One line for each set, label and value; to compare with files and to show what differs.
std::string to_text(const FlatBatch& batch);

// What read_file() gives when there is no such file is an empty text and a failure.
std::string read_test_file(const std::string& path);

// Objects in JSON, as the API server gives them, for a directory.
void add_pods(Directory& directory, std::string_view list);
void add_nodes(Directory& directory, std::string_view list);
void add_namespaces(Directory& directory, std::string_view list);

// A copy of the text with readable bytes behind it.
class PaddedText {
 public:
  explicit PaddedText(std::string_view text);
  std::string_view view() const { return std::string_view(text_).substr(0, size_); }

 private:
  std::string text_;
  std::size_t size_;
};

std::shared_ptr<const NodeInfo> make_node(std::string name);

// Parses one answer after another of each node, and makes batches of them.
class ScrapedBatches {
 public:
  explicit ScrapedBatches(const SourceType& type) : type_(type) {}

  Directory& directory() { return directory_; }
  // Answers by the nodes' names. Checks what holds for all batches, see check_batch().
  std::shared_ptr<const Batch> scrape(const std::map<std::string, std::string>& answers, Nanos now);

 private:
  const SourceType& type_;
  Directory directory_;
  std::shared_ptr<const Batch> before_;
};

// Fails where sums are not those of their parts, rates are below zero, or a container has no pod.
void check_batch(const Batch& batch);

}  // namespace kubevitals::usage
