// Reading the JSON of kubelets.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "usage/model/table.h"

namespace kubevitals::usage::json {

// simdjson's own exceptions (and BadTime) tell what is wrong; they end at read_document(). A value that is
// null is as good as one that is not there, as in Go. The DOM is used because it picks the machine's vector
// instructions at run time; on-demand parsing would be limited to those that we are compiled for.
using Value = simdjson::dom::element;

struct BadTime {
  std::string text;
};

// Calls visit(key, value) for each member; a null instead of the object has none.
template <typename Visitor>
void each_member(Value object, Visitor&& visit) {
  if (object.is_null()) return;
  for (const auto& [key, value] : simdjson::dom::object(object.get_object())) visit(key, value);
}

template <typename Visitor>
void each_element(Value array, Visitor&& visit) {
  if (array.is_null()) return;
  for (const Value element : simdjson::dom::array(array.get_array())) visit(element);
}

std::optional<std::uint64_t> unsigned_number(Value value);
std::optional<std::int64_t> signed_number(Value value);
std::optional<double> number(Value value);
bool boolean(Value value);
// Good as long as the document's parser is.
std::string_view text(Value value);
// An RFC 3339 time in nanoseconds; kNoTime for null and for years beyond what fits.
Nanos time(Value value);

// Calls read(Value) with the document's object; what is thrown on the way is a kInvalid. `body` has
// kBodyPadding readable bytes behind it. Not to be used within itself.
Result<void> read_document(std::string_view body, void (*read)(void* context, Value document), void* context);

template <typename Reader>
Result<void> read_document(std::string_view body, Reader&& reader) {
  return read_document(
      body,
      [](void* context, Value document) {
        (*static_cast<std::remove_reference_t<Reader>*>(context))(document);
      },
      &reader);
}

}  // namespace kubevitals::usage::json
