// What the data of a node say about a target.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "discovery/label_block.h"

namespace kubevitals::discovery::zookeeper {

// The labels of the target that a node at `path` with these data stands for. kInvalid with the cause alone
// when the data are none: nodes that only hold others have no data.
using ParseMember = Result<LabelBlockPtr> (*)(std::string_view data, const std::string& path);

// A member of a Twitter serverset.
Result<LabelBlockPtr> parse_serverset_member(std::string_view data, const std::string& path);

// A node of Airbnb's Nerve.
Result<LabelBlockPtr> parse_nerve_member(std::string_view data, const std::string& path);

}  // namespace kubevitals::discovery::zookeeper
