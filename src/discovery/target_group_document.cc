#include "discovery/target_group_document.h"

#include <simdjson.h>

#include <optional>
#include <span>
#include <utility>

#include "base/go_text.h"
#include "base/utf8.h"
#include "discovery/relabel/config.h"

namespace kubevitals::discovery {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// As encoding/json compares the names of fields: by simple case folding, where "ſ" is an "s" too.
bool equals_folded(std::string_view text, std::string_view lower_case) {
  std::size_t i = 0;
  while (!text.empty() && i < lower_case.size()) {
    const Rune rune = decode_rune(text);
    char32_t folded = rune.value >= 'A' && rune.value <= 'Z' ? rune.value - 'A' + 'a' : rune.value;
    if (folded == 0x17F) folded = 's';
    if (folded != static_cast<unsigned char>(lower_case[i])) return false;
    text.remove_prefix(rune.bytes);
    ++i;
  }
  return text.empty() && i == lower_case.size();
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size() + 16);
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    append_rune(repaired, rune.value);
    text.remove_prefix(rune.bytes);
  }
  return repaired;
}

std::string_view kind_of(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a text";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

Error expected(std::string_view wanted, const element& value, const std::string& where) {
  return invalid(where + ": expected " + std::string(wanted) + ", not " + std::string(kind_of(value)));
}

// A text, empty for null; nothing for anything else.
std::optional<std::string_view> text_of(const element& value) {
  if (value.is_null()) return "";
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

LabelBlockPtr make_target(std::string_view address) {
  const Label label{address_label(), address};
  return LabelBlock::make(std::span(&label, 1));
}

Result<std::vector<LabelBlockPtr>> read_targets(const element& value, const std::string& where) {
  std::vector<LabelBlockPtr> targets;
  if (value.is_null()) return targets;
  simdjson::dom::array items;
  if (value.get(items) != simdjson::SUCCESS) return expected("a list of texts", value, where);
  for (const element item : items) {
    const auto address = text_of(item);
    if (!address) return expected("a text", item, where + "[" + std::to_string(targets.size()) + "]");
    targets.push_back(make_target(*address));
  }
  return targets;
}

Result<LabelBlockPtr> read_labels(const element& value, const std::string& where) {
  if (value.is_null()) return LabelBlockPtr();
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return expected("an object of texts", value, where);
  LabelBlockBuilder labels;
  for (const auto& [name, member] : members) {
    if (name.empty()) return invalid(where + ": a label needs a name");
    const auto text = text_of(member);
    if (!text) return expected("a text", member, where + "." + std::string(name));
    labels.add(name, *text);
  }
  return labels.build();
}

Result<TargetGroup> read_group(const element& value, const std::string& where) {
  if (value.is_null()) return invalid(where + ": a target group must not be null");
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return expected("a target group", value, where);
  TargetGroup group;
  for (const auto& [key, member] : members) {
    if (equals_folded(key, "targets")) {
      auto targets = read_targets(member, where + ".targets");
      if (!targets) return std::move(targets).error();
      group.targets = *std::move(targets);
    } else if (equals_folded(key, "labels")) {
      auto labels = read_labels(member, where + ".labels");
      if (!labels) return std::move(labels).error();
      group.labels = *std::move(labels);
    } else {
      return invalid(where + ": unknown key " + go_quote(key));
    }
  }
  return group;
}

LabelBlockPtr read_labels(const YamlValue& value) {
  LabelBlockBuilder labels;
  bool any = false;
  for (const auto& [name, member] : value.members()) {
    std::string text;
    if (!is_valid_label_name(name, NameValidation::kUtf8)) {
      member.complain(go_quote(name) + " is not a valid label name");
    } else if (member.read(text)) {
      labels.add(name, text);
      any = true;
    }
  }
  return any ? labels.build() : nullptr;
}

}  // namespace

Result<std::vector<TargetGroup>> parse_target_groups_json(std::string_view text) {
  const bool proper = simdjson::validate_utf8(text.data(), text.size());
  const simdjson::padded_string padded(proper ? std::string(text) : repair_utf8(text));
  simdjson::dom::parser parser;
  element document;
  if (const auto error = parser.parse(padded).get(document); error != simdjson::SUCCESS) {
    return invalid(std::string("no JSON: ") + simdjson::error_message(error));
  }
  std::vector<TargetGroup> groups;
  if (document.is_null()) return groups;
  simdjson::dom::array items;
  if (document.get(items) != simdjson::SUCCESS) {
    return invalid("expected a list of target groups, not " + std::string(kind_of(document)));
  }
  for (const element item : items) {
    Result<TargetGroup> group = read_group(item, "[" + std::to_string(groups.size()) + "]");
    if (!group) return std::move(group).error();
    groups.push_back(*std::move(group));
  }
  return groups;
}

TargetGroup read_target_group(const YamlValue& value) {
  TargetGroup group;
  if (value.is_null()) value.complain("a target group must not be null");
  YamlMapping mapping(value);
  std::vector<std::string> addresses;
  mapping.read("targets", addresses);
  for (const std::string& address : addresses) group.targets.push_back(make_target(address));
  group.labels = read_labels(mapping.get("labels"));
  mapping.finish();
  return group;
}

Result<std::vector<TargetGroup>> parse_target_groups_yaml(std::string_view text, const std::string& file) {
  YamlProblems problems(file);
  const Result<YamlValue> document = parse_yaml(std::string(text), problems);
  if (!document) return document.error();
  std::vector<TargetGroup> groups;
  for (const YamlValue& item : document->items()) groups.push_back(read_target_group(item));
  if (const Result<void> read = problems.result(); !read) return read.error();
  return groups;
}

LabelBlockPtr with_label(const LabelBlockPtr& labels, LabelName name, std::string_view value) {
  std::vector<Label> all;
  if (labels) merge_labels({labels.get()}, all);
  all.push_back({name, value});  // of two with the same name the last one counts
  return LabelBlock::make(all);
}

}  // namespace kubevitals::discovery
