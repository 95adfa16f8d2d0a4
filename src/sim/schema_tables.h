// The notation in which the schema is written.
//
// A message is a row of its name and its fields, separated by blanks:
//
//   name=number[!][:type][@key]
//
// type: string when it is left out; int32 int64 bool bytes Time MicroTime Quantity IntOrString Json Items, or
// the name of
//       a message of the same group, else of the core group or of meta/v1. "[]" before it makes a list, "{}"
//       a map.
// name: as in JSON; "." hoists the message's members into the parent.
// !:    SchemaField::keep_zero.
// @key: strategic merge by this key; "@" alone: a list of scalars merges as a set, an object is replaced.
#pragma once

#include <span>
#include <string_view>

namespace kubevitals::sim {

struct MessageRow {
  std::string_view name;
  std::string_view fields;
};

struct GroupTable {
  std::string_view api_version;
  std::string_view kinds;    // have lists: "Pod" means "PodList" too
  std::string_view singles;  // have none
  std::span<const MessageRow> messages;
};

// More rows of the core group, in files of their own because there are so many.
std::span<const MessageRow> pod_messages();
std::span<const MessageRow> volume_messages();
std::span<const MessageRow> meta_messages();

GroupTable core_table();
GroupTable apps_table();
GroupTable batch_table();
GroupTable autoscaling_v1_table();
GroupTable autoscaling_v2_table();
GroupTable discovery_table();
GroupTable networking_table();
GroupTable coordination_table();
GroupTable events_table();
GroupTable policy_table();
GroupTable storage_table();
GroupTable scheduling_table();
GroupTable node_table();
GroupTable rbac_table();
GroupTable certificates_table();
GroupTable admission_table();
GroupTable authentication_table();
GroupTable authorization_table();

}  // namespace kubevitals::sim
