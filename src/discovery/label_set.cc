#include "discovery/label_set.h"

#include <algorithm>

namespace kubevitals::discovery {
namespace {

// So many changes are looked through before everything is copied.
constexpr std::size_t kMaxEarlyChanges = 8;

auto position_of(auto& labels, LabelName name) {
  return std::lower_bound(labels.begin(), labels.end(), name,
                          [](const Label& label, LabelName wanted) { return label.name < wanted; });
}

}  // namespace

void LabelSet::reset(const LabelBlock* target, const LabelBlock* group, const LabelBlock* defaults) {
  target_ = target;
  group_ = group;
  defaults_ = defaults;
  flat_ = target == nullptr && group == nullptr && defaults == nullptr;
  labels_.clear();
  early_.clear();
  used_values_ = 0;
  names_.clear();
}

std::string_view LabelSet::get(LabelName name) const {
  if (flat_) {
    const auto position = position_of(labels_, name);
    return position != labels_.end() && position->name == name ? position->value : std::string_view();
  }
  for (const Label& change : early_) {
    if (change.name == name) return change.value;
  }
  std::optional<std::string_view> value;
  if (target_ != nullptr) value = target_->find(name);
  if (!value && group_ != nullptr) value = group_->find(name);
  if ((!value || value->empty()) && defaults_ != nullptr) value = defaults_->find(name);
  return value.value_or(std::string_view());
}

void LabelSet::set(LabelName name, std::string_view value) {
  if (!flat_ && early_.size() == kMaxEarlyChanges) flatten();
  const std::string_view kept = value.empty() ? value : keep(value);
  if (flat_) {
    put(name, kept);
    return;
  }
  const auto known =
      std::find_if(early_.begin(), early_.end(), [name](const Label& change) { return change.name == name; });
  if (known == early_.end()) {
    early_.push_back({name, kept});
  } else {
    known->value = kept;
  }
}

std::string_view LabelSet::keep(std::string_view value) {
  if (used_values_ == values_.size()) values_.emplace_back();
  return values_[used_values_++].assign(value);
}

void LabelSet::put(LabelName name, std::string_view value) {
  const auto position = position_of(labels_, name);
  const bool there = position != labels_.end() && position->name == name;
  if (value.empty()) {
    if (there) labels_.erase(position);
  } else if (there) {
    position->value = value;
  } else {
    labels_.insert(position, Label{name, value});
  }
}

const std::vector<Label>& LabelSet::labels() {
  flatten();
  return labels_;
}

std::vector<Label> LabelSet::sorted() {
  std::vector<Label> result = labels();
  std::sort(result.begin(), result.end(),
            [](const Label& a, const Label& b) { return a.name.text() < b.name.text(); });
  return result;
}

void LabelSet::flatten() {
  if (flat_) return;
  flat_ = true;
  merge_labels({target_, group_, defaults_}, labels_);
  std::erase_if(labels_, [this](Label& label) {
    if (label.value.empty() && defaults_ != nullptr) {
      label.value = defaults_->find(label.name).value_or(std::string_view());
    }
    return label.value.empty();
  });
  for (const Label& change : early_) put(change.name, change.value);
  early_.clear();
}

}  // namespace kubevitals::discovery
