// What a request wants to do, as an authorizer has it.
#pragma once

#include <string>
#include <vector>

#include "kube/selectors.h"
#include "net/http_server.h"

namespace kubevitals::usage {

// All texts but the selectors' are UTF-8.
struct Attributes {
  std::string verb;
  std::string path;
  bool is_resource = false;  // else it is about the path, and what follows is empty
  std::string group;
  std::string version;
  std::string namespace_;
  std::string resource;
  std::string subresource;
  std::string name;
  std::vector<kube::FieldSelector::Requirement> fields;
  std::vector<kube::LabelSelector::Requirement> labels;
};

// As k8s.io/apiserver/pkg/endpoints/request has it for what is below /apis; there is no core group here, so
// that anything else is a path.
Attributes attributes_of(const net::ServerRequest& request);

}  // namespace kubevitals::usage
