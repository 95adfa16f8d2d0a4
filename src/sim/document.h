// API objects as the simulator holds them: JSON documents, whatever a client sent or the cluster computed.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <string_view>
#include <vector>

#include "kube/resource_type.h"

namespace kubevitals::sim {

namespace json = boost::json;

// A resource that the simulated API server serves, as discovery describes it.
struct ApiResource {
  kube::ResourceType type;
  std::string_view singular;
  std::vector<std::string_view> short_names;
  bool scale = false;  // has the /scale subresource
  bool status = true;  // has the /status subresource
};

}  // namespace kubevitals::sim
