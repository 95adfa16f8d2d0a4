// A sink that writes down what it is given: for tests.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "discovery/discoverer.h"

namespace kubevitals::discovery {

// "a=1 b=2", by name; empty values included.
inline std::string show_labels(const LabelBlockPtr& target, const LabelBlockPtr& group = nullptr) {
  std::vector<Label> labels;
  merge_labels({target.get(), group.get()}, labels);
  std::map<std::string_view, std::string_view> sorted;
  for (const Label& label : labels) sorted.emplace(label.name.text(), label.value);
  std::string text;
  for (const auto& [name, value] : sorted) {
    text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  }
  return text;
}

// "source: labels of the group | labels of each target |".
inline std::string show_group(const TargetGroup& group) {
  std::string text = group.source + ":";
  if (group.labels) text.append(" ").append(show_labels(group.labels));
  for (const LabelBlockPtr& target : group.targets) text.append(" | ").append(show_labels(target));
  return text;
}

inline TargetGroupPtr make_group(std::string source, const std::string& address) {
  LabelBlockBuilder target;
  target.add(address_label(), address);
  return std::make_shared<const TargetGroup>(TargetGroup{std::move(source), nullptr, {target.build()}});
}

// From then on new names are forgotten with their last label.
inline void use_up_lasting_names() {
  NameKeeper names;
  for (std::uint32_t i = 0; i < LabelName::kLasting; ++i) names.keep("lasting" + std::to_string(i));
}

// Thread-safe.
class RecordingSink final : public GroupSink {
 public:
  void update(std::vector<TargetGroupPtr> groups) override {
    std::string text = "update";
    for (const TargetGroupPtr& group : groups) text.append(" [").append(show_group(*group)).append("]");
    note(std::move(text));
  }
  void failed(Error error) override { note("failed " + error.message); }
  void recovered() override { note("recovered"); }

  // What came since the last call.
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notes_, {});
  }

 private:
  void note(std::string text) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(text));
  }

  std::mutex mutex_;
  std::vector<std::string> notes_;  // guarded by mutex_
};

}  // namespace kubevitals::discovery
