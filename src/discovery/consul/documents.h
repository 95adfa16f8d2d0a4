// What a Consul agent answers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "discovery/target_group.h"

namespace kubevitals::discovery::consul {

// All three read text from outside: kInvalid with the cause alone when it is not what it should be.

// The datacenter in an answer of /v1/agent/self.
Result<std::string> parse_datacenter(std::string_view text);

// The tags of each service, in an answer of /v1/catalog/services.
Result<std::map<std::string, std::vector<std::string>>> parse_services(std::string_view text);

struct ServiceContext {
  std::string service;
  std::string datacenter;
  std::string tag_separator;
};

// The targets of a service, in an answer of /v1/health/service: one for each instance, in their order.
Result<TargetGroupPtr> parse_instances(std::string_view text, const ServiceContext& context);

}  // namespace kubevitals::discovery::consul
