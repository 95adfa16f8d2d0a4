// Targets as http_sd and file_sd documents have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "discovery/label_block.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery {

// Writes the elements of the list, {"targets": [addresses], "labels": {...}}, with ",\n" between them and a
// line break behind the last. Neighbours with the same labels become one element. Labels stand in the order
// of their names, so that the same targets always give the same text. Not thread-safe; the text outlives the
// writer.
class HttpSdWriter final {
 public:
  explicit HttpSdWriter(std::string& out) : out_(out) {}

  // A target with all its labels, __address__ among them; one without an address cannot be written and is
  // left out. `labels` has each name once, in any order, and is reordered.
  void add(std::vector<Label>& labels);

  // The targets of a group, with its labels.
  void add(const TargetGroup& group);

  // Closes the last element; true when there was one.
  bool finish();

 private:
  void close();

  std::string& out_;
  std::string addresses_;    // of the element that is open
  std::string labels_json_;  // its labels
  std::string next_json_;
  std::vector<Label> scratch_;
  bool written_ = false;
};

// Appends {"name":"value",...}; empty values are left out.
void append_labels_json(std::string& out, std::vector<Label>& labels);

}  // namespace kubevitals::discovery
