// The table of roles: what each one discovers and needs for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace kubevitals::discovery::kubernetes {

enum class Role : std::uint8_t { kPod, kService, kEndpoints, kEndpointSlice, kNode, kIngress };

class Unit;
struct UnitSettings;

struct RoleRow {
  Role role;
  std::string_view name;
  bool namespaced;                  // one unit for each namespace
  std::span<const Role> selectors;  // roles that its selectors may have
  std::unique_ptr<Unit> (*make_unit)(const UnitSettings& settings);
};

// In the order in which messages name them.
std::span<const RoleRow> roles();
const RoleRow& row_of(Role role);
std::optional<Role> find_role(std::string_view name);

}  // namespace kubevitals::discovery::kubernetes
