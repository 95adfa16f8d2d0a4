#include "sim/table.h"

#include <utility>

#include "sim/partial_metadata.h"
#include "sim/table_cells.h"

namespace kubevitals::sim {
namespace {

// Kinds without columns of their own, custom resources among them.
void plain_cells(const json::object& object, std::int64_t, json::array& cells) {
  cells.emplace_back(name_cell(object));
  cells.emplace_back(metadata_of(object)["creationTimestamp"].text());
}

constexpr TableColumn kPlainColumns[] = {kNameColumn, {"Created At", "date", "When the object was created."}};
constexpr TableRows kPlainTable{"", "", kPlainColumns, plain_cells};

const TableRows& rows_of(const kube::ResourceType& type) {
  if (type.group.empty() && type.kind == "Pod") return kPodTable;
  for (const auto& tables : {core_tables(), workload_tables(), network_tables(), cluster_tables()}) {
    for (const TableRows& rows : tables) {
      if (rows.kind == type.kind && rows.group == type.group) return rows;
    }
  }
  return kPlainTable;
}

json::array column_definitions(const TableRows& rows) {
  json::array columns;
  for (const TableColumn& column : rows.columns) {
    columns.push_back(json::object({{"name", column.name},
                                    {"type", column.type},
                                    {"format", column.name == "Name" ? "name" : ""},
                                    {"description", column.description},
                                    {"priority", column.priority}}));
  }
  return columns;
}

json::value row_object(const kube::ResourceType& type, const json::object& object, IncludeObject include) {
  switch (include) {
    case IncludeObject::kNothing:
      break;
    case IncludeObject::kMetadata:
      return partial_metadata(object);
    case IncludeObject::kObject: {
      json::object whole(object);
      whole["kind"] = type.kind;
      whole["apiVersion"] = type.api_version();
      return whole;
    }
  }
  return nullptr;
}

}  // namespace

json::object partial_metadata(const json::object& object) {
  json::object partial({{"kind", "PartialObjectMetadata"}, {"apiVersion", "meta.k8s.io/v1"}});
  const json::value* metadata = object.if_contains("metadata");
  partial["metadata"] =
      metadata != nullptr && metadata->is_object() ? *metadata : json::value(json::object());
  return partial;
}

json::object make_table(const kube::ResourceType& type, std::span<const json::object> objects,
                        const json::object& list_metadata, IncludeObject include,
                        std::chrono::system_clock::time_point now) {
  const TableRows& rows = rows_of(type);
  const std::int64_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  json::array table_rows;
  table_rows.reserve(objects.size());
  for (const json::object& object : objects) {
    json::array cells;
    cells.reserve(rows.columns.size());
    rows.cells(object, seconds, cells);
    json::object row;
    row["cells"] = std::move(cells);
    row["object"] = row_object(type, object, include);
    table_rows.push_back(std::move(row));
  }
  json::object table({{"kind", "Table"}, {"apiVersion", "meta.k8s.io/v1"}, {"metadata", list_metadata}});
  table["columnDefinitions"] = column_definitions(rows);
  table["rows"] = std::move(table_rows);
  return table;
}

}  // namespace kubevitals::sim
