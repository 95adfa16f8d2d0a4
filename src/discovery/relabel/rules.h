// Relabelling: rules that keep or drop a target and change its labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "discovery/label_name.h"
#include "discovery/label_set.h"
#include "discovery/relabel/config.h"
#include "discovery/relabel/expansion.h"
#include "discovery/relabel/md5.h"
#include "discovery/relabel/pattern.h"

namespace kubevitals::discovery {

// What one rule did to a target, for explanations.
struct RelabelStep {
  struct Change {
    LabelName name;
    std::string before;  // empty: it was not there
    std::string after;   // empty: it is no longer there
  };

  std::size_t rule = 0;  // from 0
  // What the rule looked at: the values of the source labels, joined. Empty for the actions on names.
  std::string value;
  // Whether the expression matched: the value, or for actions on names the name of any label. For keepequal
  // and dropequal whether both were equal; always true where an action asks for nothing.
  bool matched = false;
  std::vector<Change> changes;  // by name
  bool dropped = false;         // the last step then
};

// Rules, compiled, for many targets one after the other. They remember what they found out about label
// names, so an object is for one thread at a time; it can be moved. Nothing of a target is copied before a
// rule changes it. Rules that multiply labels or their length do so within limits that nobody meets who means
// well: what is beyond them is left alone.
class RelabelRules final {
 public:
  // The rules are such as read_relabel_configs() accepts under the same scheme: an expression that does not
  // compile matches nothing here.
  explicit RelabelRules(const std::vector<RelabelConfig>& configs,
                        NameValidation scheme = NameValidation::kUtf8);

  // Runs the rules in order. The number, from 0, of the rule that dropped the target; what has become of
  // `labels` is of no use then. Nothing when the target is kept.
  std::optional<std::size_t> apply(LabelSet& labels);

  // The same, telling every step; slower.
  std::optional<std::size_t> trace(LabelSet& labels, const std::function<void(const RelabelStep&)>& on_step);

  std::size_t size() const { return rules_.size(); }

 private:
  struct Rule {
    RelabelAction action;
    std::vector<LabelName> sources;
    std::string separator;
    Pattern pattern;
    std::uint64_t modulus = 0;
    Expansion target;
    std::optional<LabelName> target_name;  // when it is the same for every match, and valid
    Expansion replacement;
    bool needs_groups = false;

    enum class Known : std::uint8_t { kNo, kMatch, kMismatch };
    // About lasting names only.
    std::vector<Known> names;                                            // by number of the name
    std::unordered_map<std::uint32_t, std::optional<LabelName>> mapped;  // names that match, for labelmap
  };

  struct Verdict {
    bool matched;
    bool dropped = false;
  };

  static Rule compile(const RelabelConfig& config, NameValidation scheme);

  Verdict run(Rule& rule, LabelSet& labels);
  std::string_view join_sources(const Rule& rule, const LabelSet& labels);
  Verdict replace(const Rule& rule, LabelSet& labels, std::string_view value);
  Verdict hash(const Rule& rule, LabelSet& labels, std::string_view value);
  Verdict map_names(Rule& rule, LabelSet& labels);
  Verdict filter_names(Rule& rule, LabelSet& labels, bool remove_matches);
  static bool name_matches(Rule& rule, LabelName name);
  std::optional<LabelName> map_name(Rule& rule, LabelName name, LabelSet& labels);
  void sort_by_age();  // the mappings
  void set(LabelSet& labels, LabelName name, std::string_view value);

  NameValidation scheme_;
  std::vector<Rule> rules_;
  std::size_t last_map_ = 0;  // behind the last labelmap
  Md5 md5_;

  // Of the target that is worked on.
  std::size_t at_ = 0;
  std::unordered_map<std::uint32_t, std::size_t> ages_;  // of labels that rules have set: the later the more
  std::size_t last_age_ = 0;

  // Only to be used again.
  struct Mapping {
    Label label;
    LabelName to;
    std::size_t age = 0;
  };
  std::string joined_;
  PatternMatch match_;
  std::string target_;
  std::string result_;
  std::vector<Mapping> mappings_;
};

}  // namespace kubevitals::discovery
