// What the simulated API server serves: one row a resource.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/document.h"
#include "sim/kind.h"
#include "sim/layout.h"
#include "sim/version.h"

namespace kubevitals::sim {

struct Resource {
  ApiResource api;
  // For computed kinds, else null: the name, the namespace (empty when cluster-wide) and the document of a
  // Version.
  std::string (*name)(const Layout&, const Version&) = nullptr;
  std::string (*ns)(const Layout&, const Version&) = nullptr;
  json::object (*render)(const Layout&, const Version&, const json::storage_ptr&) = nullptr;

  const kube::ResourceType& type() const { return api.type; }
};

// All resources; the first kComputedKinds are those of Kind, in its order. Constant.
const std::vector<Resource>& catalog();

// The index of a resource, e.g. ("apps", "v1", "deployments"), or that of a kind ("apps/v1", "Deployment").
std::optional<unsigned> find_resource(std::string_view group, std::string_view version,
                                      std::string_view plural);
std::optional<unsigned> find_kind(std::string_view api_version, std::string_view kind);

// Name and namespace of an object, stored or computed.
std::string name_of(const Layout& layout, unsigned resource, const Version& version);
std::string namespace_of(const Layout& layout, unsigned resource, const Version& version);

// "namespace/name", or the name alone for a cluster-wide resource: the order of these is the order of a LIST.
std::string key_of(const Layout& layout, unsigned resource, const Version& version);
std::string make_key(std::string_view ns, std::string_view name);

// The UID of an object, stored or computed.
std::string uid_of(const Layout& layout, unsigned resource, const Version& version);

// The object as a client sees it, with its resourceVersion, but without apiVersion and kind. Thread-safe.
json::object render(const Layout& layout, unsigned resource, const Version& version,
                    const json::storage_ptr& storage);

}  // namespace kubevitals::sim
