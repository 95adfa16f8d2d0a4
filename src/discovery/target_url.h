// The address at which a target is scraped.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/label_block.h"

namespace kubevitals::discovery {

inline constexpr std::string_view kParamPrefix = "__param_";

// The URL as Go's net/url prints it. The labels are a target's final ones; `params` are those of its scrape
// configuration, whose first values the labels "__param_..." replace. Nothing is checked: bad labels make a
// bad URL, which fails when it is scraped.
std::string target_url(const LabelBlock& labels, std::map<std::string, std::vector<std::string>> params);

}  // namespace kubevitals::discovery
