#include "usage/api/media_type.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "net/http_message.h"
#include "usage/api/api_status.h"

namespace kubevitals::usage {
namespace {

struct EncodingRow {
  std::string_view name;
  Encoding encoding;
};
// In the order in which "*" finds them.
constexpr EncodingRow kEncodings[] = {
    {kJsonType, Encoding::kJson},
    {kYamlType, Encoding::kYaml},
    {kProtobufType, Encoding::kProtobuf},
};

struct ShapeRow {
  std::string_view kind;
  Shape shape;
  bool of_lists;
  bool of_objects;
};
constexpr ShapeRow kShapes[] = {
    {"Table", Shape::kTable, true, true},
    {"PartialObjectMetadata", Shape::kMetadata, false, true},
    {"PartialObjectMetadataList", Shape::kMetadata, true, false},
};

constexpr std::string_view kMetaVersions[] = {"v1", "v1beta1"};

struct Clause {
  std::string_view type;
  double quality = 1;
  // Of what the answer is to be converted to.
  std::string_view kind, group, version;
  bool pretty = false;

  bool converts() const { return !kind.empty() || !group.empty() || !version.empty(); }
  int stars() const { return static_cast<int>(std::count(type.begin(), type.end(), '*')); }
  bool matches(std::string_view name) const {
    return type == name || type == "*/*" || type == "*" || type == "application/*";
  }
};

Clause read_clause(std::string_view text) {
  Clause clause;
  clause.type = net::take_element(text, ';');
  while (!text.empty()) {
    std::string_view value = net::take_element(text, ';');
    const std::string_view name = net::take_element(value, '=');
    value = net::trim_blanks(value);
    if (name == "as") clause.kind = value;
    if (name == "g") clause.group = value;
    if (name == "v") clause.version = value;
    if (name == "pretty") clause.pretty = value == "1" || value == "true";
    if (name == "q") {
      clause.quality = 0;
      std::from_chars(value.data(), value.data() + value.size(), clause.quality);
      if (std::isnan(clause.quality)) clause.quality = 0;
    }
  }
  return clause;
}

// The best first.
std::vector<Clause> read_accept(std::string_view accept) {
  std::vector<Clause> clauses;
  while (!accept.empty()) clauses.push_back(read_clause(net::take_element(accept, ',')));
  std::stable_sort(clauses.begin(), clauses.end(), [](const Clause& a, const Clause& b) {
    return a.quality != b.quality ? a.quality > b.quality : a.stars() < b.stars();
  });
  return clauses;
}

// What the clause makes of an encoding; nothing when there is no such thing.
std::optional<MediaType> read_shape(const Clause& clause, const EncodingRow& row, bool list) {
  MediaType found{row.encoding, Shape::kObject, row.name};
  if (!clause.converts()) return found;
  const auto* const version = std::ranges::find(kMetaVersions, clause.version);
  const auto* const shape = std::ranges::find_if(kShapes, [&](const ShapeRow& one) {
    return one.kind == clause.kind && (list ? one.of_lists : one.of_objects);
  });
  if (row.encoding == Encoding::kProtobuf || clause.group != "meta.k8s.io" ||
      version == std::end(kMetaVersions) || shape == std::end(kShapes)) {
    return std::nullopt;
  }
  found.shape = shape->shape;
  found.meta_version = *version;
  return found;
}

std::string accept_of(const net::ServerRequest& request) {
  std::string accept = request.headers.joined("Accept");
  return net::trim_blanks(accept).empty() ? std::string("*/*") : accept;
}

}  // namespace

std::optional<MediaType> negotiate(const net::ServerRequest& request, bool list) {
  const std::string accept = accept_of(request);
  for (const Clause& clause : read_accept(accept)) {
    for (const EncodingRow& row : kEncodings) {
      if (!clause.matches(row.name)) continue;
      std::optional<MediaType> found = read_shape(clause, row, list);
      if (!found) continue;
      const bool pretty = clause.pretty || wants_pretty(request);
      if (row.encoding == Encoding::kJson && pretty) found->encoding = Encoding::kPrettyJson;
      return found;
    }
  }
  return std::nullopt;
}

bool accepts(const net::ServerRequest& request, std::string_view type) {
  const std::string accept = accept_of(request);
  return std::ranges::any_of(read_accept(accept),
                             [type](const Clause& clause) { return clause.matches(type); });
}

}  // namespace kubevitals::usage
