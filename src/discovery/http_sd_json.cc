#include "discovery/http_sd_json.h"

#include <algorithm>

#include "base/yaml_scalar.h"

namespace kubevitals::discovery {

void append_labels_json(std::string& out, std::vector<Label>& labels) {
  std::sort(labels.begin(), labels.end(),
            [](const Label& a, const Label& b) { return a.name.text() < b.name.text(); });
  out += '{';
  bool first = true;
  for (const Label& label : labels) {
    if (label.value.empty()) continue;
    if (!first) out += ',';
    first = false;
    append_json_string(out, label.name.text());
    out += ':';
    append_json_string(out, label.value);
  }
  out += '}';
}

void HttpSdWriter::add(std::vector<Label>& labels) {
  const LabelName address_name = address_label();
  const auto address = std::find_if(labels.begin(), labels.end(),
                                    [&](const Label& label) { return label.name == address_name; });
  if (address == labels.end() || address->value.empty()) return;
  const std::string_view text = address->value;
  labels.erase(address);
  next_json_.clear();
  append_labels_json(next_json_, labels);
  if (addresses_.empty() || next_json_ != labels_json_) {
    close();
    labels_json_.swap(next_json_);
  } else {
    addresses_ += ',';
  }
  append_json_string(addresses_, text);
}

void HttpSdWriter::add(const TargetGroup& group) {
  for (const LabelBlockPtr& target : group.targets) {
    merge_labels({target.get(), group.labels.get()}, scratch_);
    add(scratch_);
  }
}

void HttpSdWriter::close() {
  if (addresses_.empty()) return;
  if (written_) out_.append(",\n");
  written_ = true;
  out_.append(R"({"targets":[)").append(addresses_).append(R"(],"labels":)").append(labels_json_).append("}");
  addresses_.clear();
}

bool HttpSdWriter::finish() {
  close();
  if (written_) out_ += '\n';
  return written_;
}

}  // namespace kubevitals::discovery
