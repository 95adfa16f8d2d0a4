// Reading JSON documents that may have any shape: what is missing or of another type reads as nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/document.h"

namespace kubevitals::sim {

// A value or nothing. Refers to the document.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(const json::value* value) : value_(value) {}
  explicit JsonView(const json::value& value) : value_(&value) {}

  // The member of an object.
  JsonView operator[](std::string_view member) const {
    const json::object* object = value_ != nullptr ? value_->if_object() : nullptr;
    return JsonView(object != nullptr ? object->if_contains(member) : nullptr);
  }
  // Neither missing nor null.
  bool exists() const { return value_ != nullptr && !value_->is_null(); }
  bool truth() const { return value_ != nullptr && value_->is_bool() && value_->get_bool(); }
  std::int64_t number(std::int64_t otherwise = 0) const {
    return value_ != nullptr && value_->is_int64() ? value_->get_int64() : otherwise;
  }
  std::string_view text() const {
    const json::string* text = value_ != nullptr ? value_->if_string() : nullptr;
    return text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
  }
  std::string text_or(std::string_view otherwise) const {
    return std::string(text().empty() ? otherwise : text());
  }
  // Empty when it is no list.
  const json::array& list() const {
    static const json::array kNone;
    const json::array* list = value_ != nullptr ? value_->if_array() : nullptr;
    return list != nullptr ? *list : kNone;
  }
  // Empty when it is no object.
  const json::object& object() const {
    static const json::object kNone;
    const json::object* object = value_ != nullptr ? value_->if_object() : nullptr;
    return object != nullptr ? *object : kNone;
  }
  const json::value* value() const { return value_; }

 private:
  const json::value* value_ = nullptr;
};

// The member of a document.
inline JsonView member(const json::object& object, std::string_view name) {
  return JsonView(object.if_contains(name));
}

}  // namespace kubevitals::sim
