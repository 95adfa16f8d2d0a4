// What the decoders need to know about an object type at run time. It is made from T::fields() (field.h),
// once for each type, so that both decoders exist once in the program and a further object type costs only a
// small table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kube/field.h"
#include "kube/objects/meta.h"

namespace kubevitals::kube {

// What one value of a member is.
enum class ValueKind : std::uint8_t {
  kString,
  kBool,
  kInt32,
  kInt64,
  kTime,
  kIntOrString,
  kStringMap,
  kResourceList,
  kMessage,
};

// How often it may be there.
enum class Cardinality : std::uint8_t { kOne, kOptional, kList };

struct MessageLayout;

// A member, seen without its type. Pointers to void point to the member.
struct FieldLayout {
  std::string_view json_name;
  std::int32_t number = 0;
  std::uint32_t offset = 0;  // in the object, bytes
  ValueKind kind = ValueKind::kString;
  Cardinality cardinality = Cardinality::kOne;
  std::uint8_t index = 0;                                     // among the object's members, for this encoding
  std::uint8_t list_index = 0;                                // among its lists
  const MessageLayout* message = nullptr;                     // of a kMessage
  void* (*engage)(void* optional) = nullptr;                  // makes it hold a value, returns that
  void* (*element)(void* list, std::size_t index) = nullptr;  // index <= size; grows the list by one at most
  std::size_t (*list_size)(const void* list) = nullptr;
  void (*truncate)(void* list, std::size_t size) = nullptr;  // size <= the list's
  void (*reset)(void* member) = nullptr;                     // of a kOptional: makes it nullopt

  bool is_map() const {
    return cardinality == Cardinality::kOne &&
           (kind == ValueKind::kStringMap || kind == ValueKind::kResourceList);
  }
  void* in(void* object) const { return static_cast<char*>(object) + offset; }
};

// An object type. Immutable once made.
struct MessageLayout {
  static constexpr std::size_t kMaxFields = 64;  // one bit each in a decoder's set of those seen
  static constexpr std::size_t kMaxLists = 16;
  static constexpr std::int32_t kDirectNumbers = 64;
  static constexpr std::uint8_t kNone = 0xff;

  std::vector<FieldLayout> fields;  // as protobuf has them
  std::vector<FieldLayout>
      json_fields;  // as JSON has them: those of inlined messages stand among the parent's
  std::uint8_t by_number[kDirectNumbers];  // index in `fields`, or kNone

  const FieldLayout* find(std::uint32_t number) const {
    if (number < static_cast<std::uint32_t>(kDirectNumbers)) {
      const std::uint8_t index = by_number[number];
      return index == kNone ? nullptr : &fields[index];
    }
    return find_high(number);
  }

  // Takes over the fields and works out all that follows from them.
  void finish(std::vector<FieldLayout> own, const std::vector<bool>& inlined_in_json);

 private:
  const FieldLayout* find_high(std::uint32_t number) const;
};

// Gives a member the value that it has in a new object.
void reset_field(const FieldLayout& field, void* object);
// The same for one value of it: a list's element, for example.
void reset_value(const FieldLayout& field, void* value);

// A map member, by its base.
using MapBase = std::vector<std::pair<std::string_view, std::string_view>>;
MapBase& map_of(const FieldLayout& field, void* member);

// One object while it is being filled: knows which members have been given, so that an object can be used
// again without clearing it first, and that lists keep their elements' memory.
class ObjectFiller final {
 public:
  // `fields` are those of the object's layout, for the encoding at hand; they live elsewhere. With `fresh`
  // false what the object holds stays and is added to: that is how a message given twice is merged.
  ObjectFiller(const std::vector<FieldLayout>& fields, void* object, bool fresh)
      : fields_(fields), object_(object), fresh_(fresh) {}

  struct Value {
    void* at;
    bool fresh;  // false: a message here is merged into what is there
  };

  // Where a further value of the member goes: of a list it is a new element, of a map the map.
  Value next_value(const FieldLayout& field) {
    const bool first = mark(field);
    void* member = field.in(object_);
    switch (field.cardinality) {
      case Cardinality::kOne:
        break;
      case Cardinality::kOptional:
        return {field.engage(member), first};
      case Cardinality::kList:
        return {field.element(member, counts_[field.list_index]++), true};
    }
    return {member, first};
  }

  // Adds to a map member that next_value() has given.
  void add_to_map(const FieldLayout& field, MapBase& map, std::string_view key, std::string_view value) {
    if (!map.empty() && !(map.back().first < key)) {
      unsorted_ |= bit(field);
    }
    map.emplace_back(key, value);
  }

  // The member is given as nothing: an empty list or map, no value in an optional.
  void set_empty(const FieldLayout& field) {
    mark(field);
    if (field.cardinality == Cardinality::kList) {
      counts_[field.list_index] = 0;
    } else {
      reset_field(field, object_);
    }
  }

  // To be called at the end, unless decoding failed.
  void finish();

 private:
  std::uint64_t bit(const FieldLayout& field) const { return std::uint64_t{1} << field.index; }

  bool mark(const FieldLayout& field) {
    if ((seen_ & bit(field)) != 0) {
      return false;
    }
    seen_ |= bit(field);
    if (field.cardinality == Cardinality::kList) {
      counts_[field.list_index] = fresh_ ? 0 : static_cast<std::uint32_t>(field.list_size(field.in(object_)));
    } else if (fresh_ && field.is_map()) {
      map_of(field, field.in(object_)).clear();
    }
    return fresh_;
  }

  const std::vector<FieldLayout>& fields_;
  void* object_;
  bool fresh_;
  std::uint64_t seen_ = 0;                          // by index in fields_
  std::uint64_t unsorted_ = 0;                      // maps, the same
  std::uint32_t counts_[MessageLayout::kMaxLists];  // elements in use, by list_index; set when seen
};

// The layout of T. Thread-safe. A type may not contain itself, directly or through others.
template <typename T>
const MessageLayout& layout_of();

namespace layout_detail {

template <typename T>
concept Message = requires { T::fields(); };

template <typename Value>
void set_kind(FieldLayout& field) {
  if constexpr (std::is_same_v<Value, std::string_view>) {
    field.kind = ValueKind::kString;
  } else if constexpr (std::is_same_v<Value, bool>) {
    field.kind = ValueKind::kBool;
  } else if constexpr (std::is_same_v<Value, std::int32_t>) {
    field.kind = ValueKind::kInt32;
  } else if constexpr (std::is_same_v<Value, std::int64_t>) {
    field.kind = ValueKind::kInt64;
  } else if constexpr (std::is_same_v<Value, Time>) {
    field.kind = ValueKind::kTime;
  } else if constexpr (std::is_same_v<Value, IntOrString>) {
    field.kind = ValueKind::kIntOrString;
  } else if constexpr (std::is_same_v<Value, StringMap>) {
    field.kind = ValueKind::kStringMap;
  } else if constexpr (std::is_same_v<Value, ResourceList>) {
    field.kind = ValueKind::kResourceList;
  } else {
    static_assert(Message<Value>, "objects/meta.h lists the types that a member may have");
    field.kind = ValueKind::kMessage;
    field.message = &layout_of<Value>();
  }
}

template <typename Member>
struct Traits {
  static void apply(FieldLayout& field) { set_kind<Member>(field); }
};

template <typename Value>
struct Traits<std::optional<Value>> {
  static void apply(FieldLayout& field) {
    set_kind<Value>(field);
    field.cardinality = Cardinality::kOptional;
    field.engage = [](void* member) -> void* {
      auto& optional = *static_cast<std::optional<Value>*>(member);
      return optional ? &*optional : &optional.emplace();
    };
    field.reset = [](void* member) { static_cast<std::optional<Value>*>(member)->reset(); };
  }
};

template <typename Value>
struct Traits<std::vector<Value>> {
  static_assert(!std::is_same_v<Value, bool>, "std::vector<bool> has no elements to point to");
  static void apply(FieldLayout& field) {
    set_kind<Value>(field);
    field.cardinality = Cardinality::kList;
    field.element = [](void* member, std::size_t index) -> void* {
      auto& list = *static_cast<std::vector<Value>*>(member);
      return index < list.size() ? &list[index] : &list.emplace_back();
    };
    field.list_size = [](const void* member) {
      return static_cast<const std::vector<Value>*>(member)->size();
    };
    field.truncate = [](void* member, std::size_t size) {
      auto& list = *static_cast<std::vector<Value>*>(member);
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(size), list.end());
    };
  }
};

template <typename T, typename Member>
FieldLayout make_field(const T& example, const Field<T, Member>& field) {
  FieldLayout layout;
  layout.json_name = field.json_name;
  layout.number = field.number;
  layout.offset = static_cast<std::uint32_t>(reinterpret_cast<const char*>(&(example.*field.member)) -
                                             reinterpret_cast<const char*>(&example));
  Traits<Member>::apply(layout);
  return layout;
}

template <typename T>
MessageLayout make_layout() {
  constexpr auto kFields = T::fields();
  static_assert(std::tuple_size_v<decltype(kFields)> <= MessageLayout::kMaxFields);
  const T example{};
  std::vector<FieldLayout> own;
  std::vector<bool> inlined;
  std::apply(
      [&](const auto&... field) {
        (own.push_back(make_field<T>(example, field)), ...);
        (inlined.push_back(field.kind == FieldKind::kInlineInJson), ...);
      },
      kFields);
  MessageLayout layout;
  layout.finish(std::move(own), inlined);
  return layout;
}

}  // namespace layout_detail

template <typename T>
const MessageLayout& layout_of() {
  static const MessageLayout layout = layout_detail::make_layout<T>();
  return layout;
}

}  // namespace kubevitals::kube
