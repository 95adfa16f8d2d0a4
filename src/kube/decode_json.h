// JSON objects of the API into the structs of objects/.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "kube/message_layout.h"

namespace kubevitals::kube {

// So many bytes must be readable behind a text that is decoded in place; their values do not matter.
inline constexpr std::size_t kJsonPadding = 64;

// Which kind an object says it is.
struct TypeMeta {
  std::string_view api_version;
  std::string_view kind;
  friend bool operator==(const TypeMeta&, const TypeMeta&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{1, "apiVersion", &TypeMeta::api_version}, Field{2, "kind", &TypeMeta::kind}};
  }
};

// Any JSON object: its kind and its metadata. (As protobuf these are not in one message: see envelope.h.)
struct AnyObject {
  TypeMeta type;
  ObjectMeta metadata;
  friend bool operator==(const AnyObject&, const AnyObject&) = default;
  static constexpr auto fields() {
    return std::tuple{Field{2, "", &AnyObject::type, FieldKind::kInlineInJson},
                      Field{1, "metadata", &AnyObject::metadata}};
  }
};

// Decodes one object after another, using its memory again. What it accepts is what the API machinery's Go
// code accepts for the typed object: names match by case, unknown ones are skipped, null leaves a zero value,
// quantities may be numbers (their text is kept), integers may be neither strings nor fractions, times are
// RFC 3339. String views in the results point into the text or into the decoder, and end with its next call.
// Fails with kInvalid and "spec.replicas: expected an integer"; `out` then holds parts of the object. Text
// that is not UTF-8 is refused. What is skipped is checked for little more than balanced brackets. Not
// thread-safe; movable.
class JsonDecoder final {
 public:
  JsonDecoder();
  JsonDecoder(JsonDecoder&&) noexcept;
  JsonDecoder& operator=(JsonDecoder&&) noexcept;
  ~JsonDecoder();

  // Decodes a copy of `json`, which may end anywhere. As for protobuf, all members of `out` are set and its
  // lists keep what they have allocated.
  template <typename T>
  Result<void> decode(std::string_view json, T& out) {
    return decode_object(copy_padded(json), layout_of<T>(), &out);
  }

  // Decodes in place: kJsonPadding bytes behind `json` must be readable. The views point into `json` where
  // they can.
  template <typename T>
  Result<void> decode_padded(std::string_view json, T& out) {
    return decode_object(json, layout_of<T>(), &out);
  }

 private:
  std::string_view copy_padded(std::string_view json);
  Result<void> decode_object(std::string_view padded, const MessageLayout& layout, void* object);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kubevitals::kube
