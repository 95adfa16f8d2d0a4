// From what was discovered to what is scraped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "discovery/label_block.h"
#include "discovery/label_set.h"
#include "discovery/relabel/config.h"
#include "discovery/relabel/rules.h"

namespace kubevitals::discovery {

// What a scrape configuration says about its targets. The initial values are the incumbent's defaults.
struct TargetOptions {
  std::string job_name;
  std::chrono::milliseconds scrape_interval{60'000};
  std::chrono::milliseconds scrape_timeout{10'000};
  std::string metrics_path = "/metrics";
  std::string scheme = "http";
  std::map<std::string, std::vector<std::string>> params;
  bool convert_classic_histograms_to_nhcb = false;
  bool always_scrape_classic_histograms = false;
  bool scrape_native_histograms = false;
  // They are Alertmanagers: their own labels are the scheme and the path, which is __alerts_path__ then.
  bool alertmanagers = false;
  NameValidation validation = NameValidation::kUtf8;
  std::vector<RelabelConfig> relabel_configs;

  friend bool operator==(const TargetOptions&, const TargetOptions&) = default;
};

struct KeptTarget {
  // After relabelling, without the labels that begin with "__meta_"; what else begins with "__" is part of it
  // but is never shown nor put on samples. What is as the scrape configuration has it is in a parent that all
  // targets of a job share.
  LabelBlockPtr labels;
  // Of all these labels: within a job equal for equal targets, and hardly ever for others. Not the same in
  // another run of the program.
  std::uint64_t identity = 0;
};

struct DroppedTarget {
  std::size_t rule = 0;  // the number, from 0, of the rule that dropped it
};

// Error: the target cannot be scraped and appears nowhere; the message is the incumbent's.
using TargetOutcome = std::variant<KeptTarget, DroppedTarget, Error>;

// Makes targets of one scrape configuration, one after the other. Not thread-safe; can be moved.
class TargetBuilder final {
 public:
  explicit TargetBuilder(TargetOptions options);

  const TargetOptions& options() const { return options_; }

  // `group` holds the labels that all targets of a group have, unless they have them themselves; it may be
  // null.
  TargetOutcome build(const LabelBlock* target, const LabelBlock* group);

  // The same, telling what each rule did.
  TargetOutcome trace(const LabelBlock* target, const LabelBlock* group,
                      const std::function<void(const RelabelStep&)>& on_step);

  // The labels before relabelling, those of the scrape configuration among them. `out` is of use as long as
  // the blocks and this object are there.
  void discovered(const LabelBlock* target, const LabelBlock* group, LabelSet& out) const;

  // Where a target that was built here is scraped.
  std::string url(const LabelBlock& labels) const;

 private:
  TargetOutcome finish();
  Result<void> check_labels();
  KeptTarget keep();

  TargetOptions options_;
  LabelBlockPtr defaults_;  // the labels of the scrape configuration
  RelabelRules rules_;
  std::unique_ptr<LabelSet> labels_;  // of the target that is worked on

  // Only to be used again.
  std::vector<Label> own_;
  std::string bytes_;
};

}  // namespace kubevitals::discovery
