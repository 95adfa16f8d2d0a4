// What a Eureka server tells of its applications.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery::eureka {

// The one group, "eureka", with a target for each instance, whatever its status. `xml` is the document of
// GET /apps; elements are known by their names without a namespace, unknown ones are passed over, and what
// follows the root element is not looked at. kInvalid for what is not well-formed, for a number or boolean
// that is none, and for declarations of entities, which no Eureka server makes.
Result<TargetGroup> parse_applications(std::string_view xml);

}  // namespace kubevitals::discovery::eureka
