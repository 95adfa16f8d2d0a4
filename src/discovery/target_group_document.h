// Target groups as users write them: in a configuration, and in what file and http discovery read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml_fields.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery {

// A list of groups {targets: [text], labels: {name: text}}. Both forms are read as strictly, and as
// leniently, as the incumbent does: a key of a group must be known, an item must not be null, a label's name
// must not be empty, addresses may be anything. A document that is null is an empty list. The groups have no
// source yet. kInvalid with the place and the cause; label values never get into a message.

// JSON keys are compared without case, the later of two counts, null stands for a text or a list that is
// empty, bytes that are no UTF-8 become U+FFFD, and an empty document is an error. The one difference: a lone
// half of a surrogate pair is refused.
Result<std::vector<TargetGroup>> parse_target_groups_json(std::string_view text);

// An empty document is an empty list, a key that is given twice an error, a number or boolean is its text.
// `file` is the name for messages.
Result<std::vector<TargetGroup>> parse_target_groups_yaml(std::string_view text, const std::string& file);

// One group of such a list, or of static_configs; complains about what is wrong.
TargetGroup read_target_group(const YamlValue& value);

// The same labels with this one, which replaces one of its name. `labels` may be null.
LabelBlockPtr with_label(const LabelBlockPtr& labels, LabelName name, std::string_view value);

}  // namespace kubevitals::discovery
