// What the API server fills into and checks of new objects, for the kinds that the simulation acts upon.
#pragma once

#include <optional>
#include <string_view>

#include "sim/api/error.h"
#include "sim/layout.h"

namespace kubevitals::sim {

// Fills in the API's defaults. `hash` draws addresses.
void apply_defaults(unsigned resource, json::object& document, const Layout& layout, std::uint64_t hash);

// A failure when the document cannot be of this resource.
std::optional<ApiError> validate(unsigned resource, const json::object& document);

// Whether the text is a DNS-1123 subdomain, which most names must be.
bool valid_name(std::string_view name);

}  // namespace kubevitals::sim
