// The three ways a client patches an object.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sim/document.h"

namespace kubevitals::sim {

// RFC 7396.
void apply_merge_patch(json::value& target, const json::value& patch);

// RFC 6902; kInvalid when an operation cannot be applied; `target` is unchanged then.
Result<void> apply_json_patch(json::value& target, const json::value& patch);

// Kubernetes' strategic merge: lists of the built-in types merge by their merge key (containers by name, a
// service's ports by port, conditions by type; tolerations are replaced, ...), and "$patch":
// "delete"/"replace",
// "$setElementOrder/…", "$deleteFromPrimitiveList/…", "$retainKeys". `api_version` and `kind` say which type
// `target` is: kUnsupported when it is not built in. kInvalid when the patch makes no sense; `target` is
// unchanged then.
Result<void> apply_strategic_merge_patch(std::string_view api_version, std::string_view kind,
                                         json::value& target, const json::value& patch);

}  // namespace kubevitals::sim
