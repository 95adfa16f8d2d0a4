// A target's labels while they are worked on.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/label_block.h"
#include "discovery/label_name.h"

namespace kubevitals::discovery {

// Begins as what a target and its group say, and is changed by relabelling. Nothing is copied for the
// first few changes: most targets are dropped by a rule that looks at what one before it has made. A label
// with an empty value is one that is not there. Made once and used for many targets, one after the other. Not
// thread-safe; the blocks outlive it.
class LabelSet final {
 public:
  LabelSet() = default;
  LabelSet(const LabelSet&) = delete;
  LabelSet& operator=(const LabelSet&) = delete;

  // Begins with the labels of a target, and those of its group that the target has not. `defaults` are for
  // names that are absent then, or empty. Any may be null.
  void reset(const LabelBlock* target = nullptr, const LabelBlock* group = nullptr,
             const LabelBlock* defaults = nullptr);

  // Empty when there is no such label. The view lasts until the next reset.
  std::string_view get(LabelName name) const;

  // A name that comes from outside, kept until the next reset.
  LabelName keep_name(std::string_view text) { return names_.keep(text); }

  // An empty value removes the label. The name is kept by somebody until the next reset.
  void set(LabelName name, std::string_view value);
  void remove(LabelName name) { set(name, {}); }
  // Removes every label whose name is unwanted, which is asked once for each.
  template <typename Predicate>
  void remove_if(Predicate unwanted) {
    flatten();
    std::erase_if(labels_, [&](const Label& label) { return unwanted(label.name); });
  }

  // All labels that are there, by number of their names. Their order lasts until the next change, the values
  // until the next reset.
  const std::vector<Label>& labels();

  // The same by their names' text: a copy of views.
  std::vector<Label> sorted();

 private:
  void flatten();
  std::string_view keep(std::string_view value);
  void put(LabelName name, std::string_view value);

  const LabelBlock* target_ = nullptr;
  const LabelBlock* group_ = nullptr;
  const LabelBlock* defaults_ = nullptr;
  bool flat_ = true;                // labels_ has everything; otherwise the blocks and early_ have it
  std::vector<Label> early_;        // the first changes, one for each name; an empty value removes
  std::vector<Label> labels_;       // no empty values, by number of the names
  std::deque<std::string> values_;  // what labels_ points to, besides the blocks
  std::size_t used_values_ = 0;
  NameKeeper names_;
};

}  // namespace kubevitals::discovery
