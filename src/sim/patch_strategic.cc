// Strategic merge patch: what k8s.io/apimachinery/pkg/util/strategicpatch does when the API server applies
// one.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/patch.h"
#include "sim/schema.h"

namespace kubevitals::sim {
namespace {

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeleteFrom = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrder = "$setElementOrder/";

Error failure(std::string why) {
  return {ErrorCode::kInvalid, "cannot apply strategic merge patch: " + std::move(why)};
}

std::string_view view(json::string_view text) {
  return {text.data(), text.size()};
}

// The value of "$patch", empty when there is none.
std::string_view directive_of(const json::object& patch) {
  const json::value* directive = patch.if_contains(kDirective);
  if (directive == nullptr) return {};
  return directive->is_string() ? view(directive->get_string()) : std::string_view("?");
}

bool contains(const json::array& list, const json::value& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// A part of a patch as it is taken over where there is nothing to merge it with: without directives and
// nulls.
json::value stripped(const json::value& patch) {
  if (const json::object* object = patch.if_object()) {
    json::object kept;
    for (const json::key_value_pair& pair : *object) {
      if (!pair.value().is_null() && !pair.key().starts_with('$'))
        kept.emplace(pair.key(), stripped(pair.value()));
    }
    return kept;
  }
  if (const json::array* list = patch.if_array()) {
    json::array kept;
    for (const json::value& item : *list) {
      const json::object* object = item.if_object();
      if (object == nullptr || directive_of(*object).empty()) kept.push_back(stripped(item));
    }
    return kept;
  }
  return patch;
}

// The field itself, not the hoisted one that has it.
const SchemaField* field_of(const Message* message, std::string_view name) {
  const SchemaField* field = message != nullptr ? message->find(name) : nullptr;
  while (field != nullptr && field->hoisted) field = field->message->find(name);
  return field;
}

// Null where the key is missing, so that no two such elements are equal.
const json::value* key_of(const json::value& item, std::string_view merge_key) {
  const json::object* object = item.if_object();
  return object != nullptr ? object->if_contains(merge_key) : nullptr;
}

// The place in `list` of the element that is the same as `item`: by merge key, scalars by value.
std::ptrdiff_t place_of(const json::array& list, const json::value& item, std::string_view merge_key) {
  const json::value* wanted = merge_key.empty() ? &item : key_of(item, merge_key);
  if (wanted == nullptr) return -1;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const json::value* key = merge_key.empty() ? &list[i] : key_of(list[i], merge_key);
    if (key != nullptr && *key == *wanted) return static_cast<std::ptrdiff_t>(i);
  }
  return -1;
}

// `list` in the order that a client wants. Elements that the client did not name keep their order, and their
// place before what they stood before in `former`.
json::array ordered(const json::array& list, const json::array& wanted, const json::array& former,
                    std::string_view merge_key) {
  json::array named, others, all;
  for (const json::value& key : wanted) {
    const std::ptrdiff_t place = place_of(list, key, merge_key);
    if (place >= 0 && place_of(named, key, merge_key) < 0)
      named.push_back(list[static_cast<std::size_t>(place)]);
  }
  for (const json::value& item : list) {
    if (place_of(named, item, merge_key) < 0) others.push_back(item);
  }
  std::size_t next = 0;
  for (const json::value& item : named) {
    const std::ptrdiff_t place = place_of(former, item, merge_key);
    while (place >= 0 && next < others.size()) {
      const std::ptrdiff_t other = place_of(former, others[next], merge_key);
      if (other < 0 || other > place) break;
      all.push_back(others[next++]);
    }
    all.push_back(item);
  }
  while (next < others.size()) all.push_back(others[next++]);
  return all;
}

Result<void> merge_object(const Message* schema, json::object& target, const json::object& patch);

Result<void> merge_element(const SchemaField& field, json::array& target, const json::object& patch) {
  if (patch.if_contains(field.merge_key) == nullptr) {
    return failure("an element of \"" + std::string(field.name) + "\" has no \"" +
                   std::string(field.merge_key) + "\"");
  }
  const std::ptrdiff_t place = place_of(target, patch, field.merge_key);
  const std::string_view directive = directive_of(patch);
  if (directive == "delete") {
    if (place >= 0) target.erase(target.begin() + place);
    return {};
  }
  if (place < 0) {
    target.push_back(stripped(patch));
    return {};
  }
  return merge_object(field.message, target[static_cast<std::size_t>(place)].get_object(), patch);
}

Result<void> merge_list(const SchemaField& field, json::array& target, const json::array& patch) {
  if (field.merge_key.empty()) {
    for (const json::value& item : patch) {
      if (!contains(target, item)) target.push_back(item);
    }
    return {};
  }
  for (const json::value& item : patch) {
    if (!item.is_object()) return failure("an element of \"" + std::string(field.name) + "\" is no object");
    if (directive_of(item.get_object()) == "replace") {
      target = stripped(patch).get_array();
      return {};
    }
  }
  for (const json::value& item : patch) {
    if (Result<void> merged = merge_element(field, target, item.get_object()); !merged) return merged;
  }
  return {};
}

Result<void> retain_keys(json::object& target, const json::object& patch) {
  const json::value* directive = patch.if_contains(kRetainKeys);
  if (directive == nullptr) return {};
  const json::array* keys = directive->if_array();
  if (keys == nullptr) return failure("\"$retainKeys\" is no list");
  for (const json::key_value_pair& pair : patch) {
    const bool named =
        pair.value().is_null() || pair.key().starts_with('$') || contains(*keys, json::value(pair.key()));
    if (!named) return failure("\"$retainKeys\" does not name \"" + std::string(pair.key()) + "\"");
  }
  for (auto pair = target.begin(); pair != target.end();) {
    pair = contains(*keys, json::value(pair->key())) ? pair + 1 : target.stable_erase(pair);
  }
  return {};
}

Result<void> delete_from_list(json::object& target, std::string_view name, const json::value& items) {
  if (!items.is_array()) return failure("\"$deleteFromPrimitiveList/" + std::string(name) + "\" is no list");
  json::value* found = target.if_contains(name);
  if (found == nullptr || !found->is_array()) return {};
  json::array kept;
  for (const json::value& item : found->get_array()) {
    if (!contains(items.get_array(), item)) kept.push_back(item);
  }
  *found = std::move(kept);
  return {};
}

Result<void> merge_member(const Message* schema, json::object& target, std::string_view name,
                          const json::value& patch) {
  if (patch.is_null()) {
    target.erase(name);
    return {};
  }
  const SchemaField* field = field_of(schema, name);
  const PatchStrategy strategy = field != nullptr ? field->patch : PatchStrategy::kDefault;
  json::value* found = target.if_contains(name);
  if (found != nullptr && found->is_object() && patch.is_object() && strategy != PatchStrategy::kReplace) {
    const bool one = field != nullptr && field->shape == FieldShape::kOne;
    return merge_object(one ? field->message : nullptr, found->get_object(), patch.get_object());
  }
  if (found != nullptr && found->is_array() && patch.is_array() && strategy == PatchStrategy::kMerge) {
    return merge_list(*field, found->get_array(), patch.get_array());
  }
  const json::object* object = patch.if_object();
  if (object != nullptr && directive_of(*object) == "delete") {
    target.erase(name);
  } else {
    target[name] = stripped(patch);
  }
  return {};
}

// What "$setElementOrder/<name>" asks for, once the list is merged.
Result<void> order_list(const Message* schema, json::object& target, const json::object& former,
                        std::string_view name, const json::value& wanted) {
  if (!wanted.is_array()) return failure("\"$setElementOrder/" + std::string(name) + "\" is no list");
  const SchemaField* field = field_of(schema, name);
  json::value* list = target.if_contains(name);
  if (field == nullptr || list == nullptr || !list->is_array()) return {};
  const json::value* before = former.if_contains(name);
  const json::array none;
  const json::array& order = before != nullptr && before->is_array() ? before->get_array() : none;
  *list = ordered(list->get_array(), wanted.get_array(), order, field->merge_key);
  return {};
}

Result<void> merge_object(const Message* schema, json::object& target, const json::object& patch) {
  const std::string_view directive = directive_of(patch);
  if (directive == "replace" || directive == "delete") {
    target = directive == "replace" ? stripped(patch).get_object() : json::object();
    return {};
  }
  if (!directive.empty() && directive != "merge") {
    return failure("there is no directive \"" + std::string(directive) + "\"");
  }
  json::object former;  // only the lists that are to be put in order
  for (const json::key_value_pair& pair : patch) {
    if (!pair.key().starts_with(kOrder)) continue;
    const json::string_view name = pair.key().substr(kOrder.size());
    if (const json::value* list = target.if_contains(name)) former.emplace(name, *list);
  }
  if (Result<void> retained = retain_keys(target, patch); !retained) return retained;
  for (const json::key_value_pair& pair : patch) {
    const std::string_view key = view(pair.key());
    if (!key.starts_with('$')) {
      if (Result<void> merged = merge_member(schema, target, key, pair.value()); !merged) return merged;
    } else if (key.starts_with(kDeleteFrom)) {
      Result<void> deleted = delete_from_list(target, key.substr(kDeleteFrom.size()), pair.value());
      if (!deleted) return deleted;
    }
  }
  for (const json::key_value_pair& pair : patch) {
    const std::string_view key = view(pair.key());
    if (!key.starts_with(kOrder)) continue;
    Result<void> done = order_list(schema, target, former, key.substr(kOrder.size()), pair.value());
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<void> apply_strategic_merge_patch(std::string_view api_version, std::string_view kind,
                                         json::value& target, const json::value& patch) {
  const Message* schema = find_message(api_version, kind);
  if (schema == nullptr) {
    return Error{ErrorCode::kUnsupported, "cannot apply strategic merge patch: the merge keys of kind " +
                                              std::string(kind) + " are not known"};
  }
  if (!patch.is_object() || !target.is_object()) return failure("it is no object");
  json::object merged = target.get_object();
  if (Result<void> done = merge_object(schema, merged, patch.get_object()); !done) return done;
  target = std::move(merged);
  return {};
}

}  // namespace kubevitals::sim
