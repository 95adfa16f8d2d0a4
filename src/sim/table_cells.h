// What the columns of the kinds consist of; table.cc puts them together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/document.h"
#include "sim/json_view.h"

namespace kubevitals::sim {

// A column as meta.k8s.io/v1 TableColumnDefinition has it. Those of priority 1 only show with `-o wide`.
struct TableColumn {
  std::string_view name;
  std::string_view type;
  std::string_view description;
  std::int64_t priority = 0;
};

// Appends the cells of one object, as many as there are columns. `now` is in seconds since 1970.
using TableCells = void (*)(const json::object& object, std::int64_t now, json::array& cells);

struct TableRows {
  std::string_view group;
  std::string_view kind;
  std::span<const TableColumn> columns;
  TableCells cells;
};

std::span<const TableRows> core_tables();
std::span<const TableRows> workload_tables();
std::span<const TableRows> network_tables();
std::span<const TableRows> cluster_tables();

extern const TableRows kPodTable;

inline constexpr std::string_view kNoneCell = "<none>";
inline constexpr TableColumn kNameColumn{
    "Name", "string", "Unique within the namespace, or in the cluster for kinds without one."};
inline constexpr TableColumn kAgeColumn{"Age", "string", "How long ago the object was created."};
inline constexpr TableColumn kContainersColumn{"Containers", "string", "Names of the template's containers.",
                                               1};
inline constexpr TableColumn kImagesColumn{"Images", "string", "Images of the template's containers.", 1};
inline constexpr TableColumn kSelectorColumn{"Selector", "string", "Labels by which pods are chosen.", 1};

// Two or three significant units of time: "47s", "4m12s", "5h", "3d7h", "2y40d" (kubectl's
// duration.HumanDuration).
std::string human_duration(std::int64_t seconds);

// The time in seconds since 1970.
std::optional<std::int64_t> time_of(JsonView time);
// human_duration() since then; "<unknown>" without a time.
std::string age_of(JsonView time, std::int64_t now);

JsonView metadata_of(const json::object& object);
std::string_view name_cell(const json::object& object);
std::string age_cell(const json::object& object, std::int64_t now);
// "app=web,tier in (a,b)" for a LabelSelector, "app=web" for a map; "<none>" when it is missing or empty.
std::string selector_cell(JsonView selector);
std::string labels_cell(JsonView labels);
// The members `name` of the containers of spec.template.spec.
std::string containers_cell(JsonView template_spec, std::string_view name);
// Texts or numbers with commas between them; "<none>" when there are none.
std::string join(const json::array& list, std::string_view separator = ",");
// A scalar as text.
std::string scalar_text(const json::value& value);

}  // namespace kubevitals::sim
