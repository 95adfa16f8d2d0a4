// Turns KSM's flags for resources, families and labels into what the stores are made from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/resources.h"

namespace kubevitals::state {

// The flags as they were given. Lists may have commas in their entries.
struct SelectionFlags {
  std::vector<std::string> resources;              // --resources; none: KSM's default ones
  std::vector<std::string> metric_allowlist;       // --metric-allowlist
  std::vector<std::string> metric_denylist;        // --metric-denylist
  std::vector<std::string> metric_opt_in_list;     // --metric-opt-in-list
  std::vector<std::string> labels_allowlist;       // --metric-labels-allowlist; the last one counts
  std::vector<std::string> annotations_allowlist;  // --metric-annotations-allowlist; the last one counts
};

// What to do about an entry of an allow-list with more than one wildcard.
enum class ManyWildcards {
  kRefuse,
  kNeverMatch,  // the entry is there, so the family is on, but no key matches it
};

// "pods=[app,team],nodes=[*],*=[]": resource to keys. Spaces around names and keys are dropped; a resource
// that is given twice has the later list. Fails with kInvalid on what KSM refuses, too.
Result<std::map<std::string, std::vector<std::string>>> parse_allowlists(std::string_view text);

// What the flags select, in the table's order. Fails with kInvalid, in one line, on names that KSM does not
// know
// ("*" stands for all resources in allow-lists, and then overrides the others), on lists that exclude each
// other and on malformed ones; with kUnsupported on a resource in --resources that KSM has and this program
// does not yet.
Result<std::vector<SelectedResource>> select_resources(const SelectionFlags& flags,
                                                       ManyWildcards many_wildcards = ManyWildcards::kRefuse);

}  // namespace kubevitals::state
