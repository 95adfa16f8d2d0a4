// Merge patch (RFC 7396) and JSON patch (RFC 6902, with pointers by RFC 6901).
#include "sim/patch.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/json_depth.h"

namespace kubevitals::sim {
namespace {

// As the API server limits them: operations in one patch, and bytes that "copy" may add in all, so that a
// short patch cannot double a document again and again.
constexpr std::size_t kMaxOperations = 10'000;
constexpr std::size_t kMaxCopiedBytes = std::size_t{3} << 20;

Error failure(std::string why) {
  return {ErrorCode::kInvalid, "cannot apply JSON patch: " + std::move(why)};
}

// A lower bound of the value's size as text, good enough to limit copies.
std::size_t size_of(const json::value& value) {
  std::size_t size = 4;
  if (const json::string* text = value.if_string()) size += text->size();
  if (const json::array* list = value.if_array()) {
    for (const json::value& item : *list) size += size_of(item);
  }
  if (const json::object* object = value.if_object()) {
    for (const json::key_value_pair& pair : *object) size += pair.key().size() + size_of(pair.value());
  }
  return size;
}

// The steps of a JSON pointer, or nothing when it is malformed.
std::optional<std::vector<std::string>> parse_pointer(std::string_view text) {
  std::vector<std::string> steps;
  while (!text.empty()) {
    if (text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
    std::string& step = steps.emplace_back();
    while (!text.empty() && text.front() != '/') {
      char c = text.front();
      text.remove_prefix(1);
      if (c == '~') {
        if (text.empty() || (text.front() != '0' && text.front() != '1')) return std::nullopt;
        c = text.front() == '0' ? '~' : '/';
        text.remove_prefix(1);
      }
      step.push_back(c);
    }
  }
  return steps;
}

// An index below `bound`: digits without leading zeros.
std::optional<std::size_t> parse_index(const std::string& step, std::size_t bound) {
  if (step.empty() || (step.size() > 1 && step[0] == '0')) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size() || index >= bound) return std::nullopt;
  return index;
}

json::value* step_into(json::value& value, const std::string& step) {
  if (json::object* object = value.if_object()) return object->if_contains(step);
  if (json::array* list = value.if_array()) {
    const std::optional<std::size_t> index = parse_index(step, list->size());
    return index ? &(*list)[*index] : nullptr;
  }
  return nullptr;
}

using Steps = std::vector<std::string>;

json::value* resolve(json::value& root, const Steps& steps, std::size_t count) {
  json::value* at = &root;
  for (std::size_t i = 0; at != nullptr && i < count; ++i) at = step_into(*at, steps[i]);
  return at;
}

class JsonPatch {
 public:
  explicit JsonPatch(json::value& document) : document_(document) {}

  Result<void> apply(const json::value& operation) {
    const json::object* object = operation.if_object();
    if (object == nullptr) return failure("an operation is no object");
    const std::optional<std::string> op = text(*object, "op");
    const std::optional<std::string> path = text(*object, "path");
    if (!op || !path) return failure("an operation has no \"op\" or no \"path\"");
    std::optional<Steps> steps = parse_pointer(*path);
    if (!steps) return failure("\"" + *path + "\" is no JSON pointer");
    where_ = *op + " " + *path;
    if (*op == "remove") return remove(*steps);
    if (*op == "move" || *op == "copy") return transfer(*object, *op == "move", *steps);
    const json::value* value = object->if_contains("value");
    if (value == nullptr) return failure(where_ + ": there is no \"value\"");
    if (*op == "add") return add(*steps, *value);
    if (*op == "replace") return replace(*steps, *value);
    if (*op == "test") return test(*steps, *value);
    return failure("there is no operation \"" + *op + "\"");
  }

 private:
  static std::optional<std::string> text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
  }

  Error missing() const { return failure(where_ + ": there is nothing at this path"); }

  Result<void> add(const Steps& steps, json::value value) {
    if (steps.size() + depth_of(value) > kMaxDepth) return failure(where_ + ": the document gets too deep");
    if (steps.empty()) {
      document_ = std::move(value);
      return {};
    }
    json::value* parent = resolve(document_, steps, steps.size() - 1);
    if (parent == nullptr) return missing();
    const std::string& last = steps.back();
    if (json::object* object = parent->if_object()) {
      (*object)[last] = std::move(value);
      return {};
    }
    json::array* list = parent->if_array();
    if (list == nullptr) return missing();
    const std::optional<std::size_t> index = last == "-" ? list->size() : parse_index(last, list->size() + 1);
    if (!index) return failure(where_ + ": there is no such place in the list");
    list->insert(list->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
    return {};
  }

  Result<void> remove(const Steps& steps) {
    if (steps.empty()) return failure(where_ + ": the whole document cannot be removed");
    json::value* parent = resolve(document_, steps, steps.size() - 1);
    if (parent == nullptr || step_into(*parent, steps.back()) == nullptr) return missing();
    if (json::object* object = parent->if_object()) {
      object->erase(steps.back());
    } else {
      json::array& list = parent->get_array();
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(*parse_index(steps.back(), list.size())));
    }
    return {};
  }

  Result<void> replace(const Steps& steps, const json::value& value) {
    json::value* found = resolve(document_, steps, steps.size());
    if (found == nullptr) return missing();
    if (steps.size() + depth_of(value) > kMaxDepth) return failure(where_ + ": the document gets too deep");
    *found = value;
    return {};
  }

  Result<void> test(const Steps& steps, const json::value& value) {
    const json::value* found = resolve(document_, steps, steps.size());
    if (found == nullptr ? !value.is_null() : *found != value)
      return failure(where_ + ": the value is another");
    return {};
  }

  Result<void> transfer(const json::object& operation, bool move, const Steps& to) {
    const std::optional<std::string> from_text = text(operation, "from");
    const std::optional<Steps> from = from_text ? parse_pointer(*from_text) : std::nullopt;
    if (!from) return failure(where_ + ": there is no \"from\"");
    const json::value* found = resolve(document_, *from, from->size());
    if (found == nullptr) return failure(where_ + ": there is nothing at \"" + *from_text + "\"");
    json::value value = *found;
    if (move) {
      if (*from == to) return {};
      const bool inside = from->size() < to.size() && std::equal(from->begin(), from->end(), to.begin());
      if (inside) return failure(where_ + ": a value cannot be moved into itself");
      if (Result<void> removed = remove(*from); !removed) return removed;
    } else {
      copied_ += size_of(value);
      if (copied_ > kMaxCopiedBytes) return failure(where_ + ": the patch copies too much");
    }
    return add(to, std::move(value));
  }

  json::value& document_;
  std::string where_;
  std::size_t copied_ = 0;
};

}  // namespace

std::size_t depth_of(const json::value& value) {
  std::size_t deepest = 0;
  if (const json::array* list = value.if_array()) {
    for (const json::value& item : *list) deepest = std::max(deepest, depth_of(item));
  } else if (const json::object* object = value.if_object()) {
    for (const json::key_value_pair& pair : *object) deepest = std::max(deepest, depth_of(pair.value()));
  } else {
    return 0;
  }
  return deepest + 1;
}

void apply_merge_patch(json::value& target, const json::value& patch) {
  const json::object* changes = patch.if_object();
  if (changes == nullptr) {
    target = patch;
    return;
  }
  json::object& object = target.is_object() ? target.get_object() : target.emplace_object();
  for (const json::key_value_pair& change : *changes) {
    if (change.value().is_null()) {
      object.erase(change.key());
    } else {
      apply_merge_patch(object[change.key()], change.value());
    }
  }
}

Result<void> apply_json_patch(json::value& target, const json::value& patch) {
  const json::array* operations = patch.if_array();
  if (operations == nullptr) return failure("it is no list");
  if (operations->size() > kMaxOperations) return failure("it has more than 10000 operations");
  json::value document = target;
  JsonPatch applied(document);
  for (const json::value& operation : *operations) {
    if (Result<void> done = applied.apply(operation); !done) return done;
  }
  target = std::move(document);
  return {};
}

}  // namespace kubevitals::sim
