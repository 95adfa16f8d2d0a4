// Reading and changing what is kept of stored objects.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/catalog.h"

namespace kubevitals::sim {

// Members by path; null or the default when a part is missing or of another type.
const json::value* find_member(const json::object& object, std::initializer_list<std::string_view> path);
std::string_view text_member(const json::object& object, std::initializer_list<std::string_view> path);
std::int64_t integer_member(const json::object& object, std::initializer_list<std::string_view> path,
                            std::int64_t otherwise);

// The object below `key`, made when it is missing or something else.
json::object& object_member(json::object& object, std::string_view key);

// The document of any version as it would be stored: without resourceVersion.
json::object document_of(const Layout& layout, unsigned resource, const Version& version);

// Makes `document` the version's.
void set_document(Version& version, json::object document);

// Sets the fields of a stored version that mirror its document: spec.replicas, the node, deletionTimestamp.
void read_counts(const Layout& layout, unsigned resource, Version& version);

// Writes a stored version's state and counts into the document's status. Nothing for other kinds.
void write_status(const Layout& layout, unsigned resource, Version& version);

// The number of the node of this name, kNone when the layout has none such.
std::uint32_t node_number(const Layout& layout, std::string_view name);

}  // namespace kubevitals::sim
