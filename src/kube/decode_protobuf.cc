#include "kube/decode_protobuf.h"

#include <string>

#include "kube/protobuf_wire.h"

namespace kubevitals::kube {
namespace {

using wire::Cause;
using wire::Cursor;
using wire::Tag;
using wire::WireType;

constexpr Cause kWrongWireType = "the field has another wire type than the API gives it";

// Reads the messages whose layout is fixed; `Reader` gets each field it knows and says how the value was.
// Go's rules for absence are in the callers.
template <typename Reader>
Cause for_each_field(std::string_view message, Reader&& reader) {
  Cursor cursor(message);
  while (!cursor.done()) {
    Tag tag;
    if (const Cause cause = cursor.read_tag(tag)) {
      return cause;
    }
    if (const Cause cause = reader(tag, cursor)) {
      return cause;
    }
  }
  return nullptr;
}

Cause read_string(const Tag& tag, Cursor& cursor, std::string_view& out) {
  return tag.type == WireType::kBytes ? cursor.read_bytes(out) : kWrongWireType;
}

template <typename Int>
Cause read_int(const Tag& tag, Cursor& cursor, Int& out) {
  if (tag.type != WireType::kVarint) {
    return kWrongWireType;
  }
  std::uint64_t value = 0;
  const Cause cause = cursor.read_varint(value);
  out = static_cast<Int>(value);  // Go keeps the low bits, too
  return cause;
}

Cause read_bool(const Tag& tag, Cursor& cursor, bool& out) {
  std::uint64_t value = 0;
  const Cause cause = read_int(tag, cursor, value);
  out = value != 0;
  return cause;
}

// metav1.Time.Unmarshal: the message replaces the time, nanoseconds do not count.
Cause read_time(std::string_view message, Time& time) {
  if (message.empty()) {
    time = {};
    return nullptr;
  }
  time = {0, 0};
  std::int32_t nanos = 0;
  return for_each_field(message, [&](const Tag& tag, Cursor& cursor) -> Cause {
    switch (tag.number) {
      case 1:
        return read_int(tag, cursor, time.seconds);
      case 2:
        return read_int(tag, cursor, nanos);
      default:
        return cursor.skip(tag.type);
    }
  });
}

Cause read_int_or_string(std::string_view message, bool fresh, IntOrString& out) {
  if (fresh) {
    out = {};
  }
  std::int64_t type = out.is_string ? 1 : 0;
  const Cause cause = for_each_field(message, [&](const Tag& tag, Cursor& cursor) -> Cause {
    switch (tag.number) {
      case 1:
        return read_int(tag, cursor, type);
      case 2:
        return read_int(tag, cursor, out.int_value);
      case 3:
        return read_string(tag, cursor, out.string_value);
      default:
        return cursor.skip(tag.type);
    }
  });
  out.is_string = type == 1;
  return cause;
}

Cause read_quantity(std::string_view message, std::string_view& text) {
  return for_each_field(message, [&](const Tag& tag, Cursor& cursor) -> Cause {
    return tag.number == 1 ? read_string(tag, cursor, text) : cursor.skip(tag.type);
  });
}

struct MapEntry {
  std::string_view key;
  std::string_view value;
};

Cause read_map_entry(std::string_view message, bool quantities, MapEntry& entry) {
  entry.value = quantities ? "0" : "";
  return for_each_field(message, [&](const Tag& tag, Cursor& cursor) -> Cause {
    switch (tag.number) {
      case 1:
        return read_string(tag, cursor, entry.key);
      case 2: {
        std::string_view value;
        if (const Cause cause = read_string(tag, cursor, value)) {
          return cause;
        }
        if (!quantities) {
          entry.value = value;
          return nullptr;
        }
        entry.value = "0";
        return read_quantity(value, entry.value);
      }
      default:
        return cursor.skip(tag.type);
    }
  });
}

// Walks a message along its layout. The depth of the recursion is that of the type.
class Decoder final {
 public:
  bool decode(std::string_view message, const MessageLayout& layout, void* object, bool fresh) {
    Cursor cursor(message);
    ObjectFiller filler(layout.fields, object, fresh);
    while (!cursor.done()) {
      Tag tag;
      if (const Cause cause = cursor.read_tag(tag)) {
        return fail(cause);
      }
      const FieldLayout* field = layout.find(tag.number);
      if (field == nullptr) {
        if (const Cause cause = cursor.skip(tag.type)) {
          return fail(cause);
        }
      } else if (!decode_field(tag, cursor, *field, filler)) {
        return fail_in(*field);
      }
    }
    filler.finish();
    return true;
  }

  Error error() const {
    return {ErrorCode::kInvalid, path_.empty() ? std::string(cause_) : path_ + ": " + cause_};
  }

 private:
  bool decode_field(const Tag& tag, Cursor& cursor, const FieldLayout& field, ObjectFiller& filler) {
    if (tag.type == WireType::kBytes) {
      std::string_view bytes;
      if (const Cause cause = cursor.read_bytes(bytes)) {
        return fail(cause);
      }
      return decode_bytes(bytes, field, filler);
    }
    const auto value = [&] { return filler.next_value(field).at; };
    switch (field.kind) {
      case ValueKind::kBool:
        return check(read_bool(tag, cursor, *static_cast<bool*>(value())));
      case ValueKind::kInt32:
        return check(read_int(tag, cursor, *static_cast<std::int32_t*>(value())));
      case ValueKind::kInt64:
        return check(read_int(tag, cursor, *static_cast<std::int64_t*>(value())));
      default:
        return fail(kWrongWireType);
    }
  }

  bool decode_bytes(std::string_view bytes, const FieldLayout& field, ObjectFiller& filler) {
    switch (field.kind) {
      case ValueKind::kString:
        *static_cast<std::string_view*>(filler.next_value(field).at) = bytes;
        return true;
      case ValueKind::kTime:
        return check(read_time(bytes, *static_cast<Time*>(filler.next_value(field).at)));
      case ValueKind::kIntOrString: {
        const ObjectFiller::Value value = filler.next_value(field);
        return check(read_int_or_string(bytes, value.fresh, *static_cast<IntOrString*>(value.at)));
      }
      case ValueKind::kStringMap:
      case ValueKind::kResourceList: {
        MapEntry entry;
        if (const Cause cause = read_map_entry(bytes, field.kind == ValueKind::kResourceList, entry)) {
          return fail(cause);
        }
        filler.add_to_map(field, map_of(field, filler.next_value(field).at), entry.key, entry.value);
        return true;
      }
      case ValueKind::kMessage: {
        const ObjectFiller::Value value = filler.next_value(field);
        return decode(bytes, *field.message, value.at, value.fresh);
      }
      case ValueKind::kBool:
      case ValueKind::kInt32:
      case ValueKind::kInt64:
        return field.cardinality == Cardinality::kList ? decode_packed(bytes, field, filler)
                                                       : fail(kWrongWireType);
    }
    return false;
  }

  bool decode_packed(std::string_view bytes, const FieldLayout& field, ObjectFiller& filler) {
    Cursor cursor(bytes);
    constexpr Tag kElement{1, WireType::kVarint};
    while (!cursor.done()) {
      if (!decode_field(kElement, cursor, field, filler)) {
        return false;
      }
    }
    return true;
  }

  bool check(Cause cause) { return cause == nullptr || fail(cause); }

  bool fail(Cause cause) {
    cause_ = cause;
    return false;
  }

  bool fail_in(const FieldLayout& field) {
    if (!field.json_name.empty()) {
      path_ = path_.empty() ? std::string(field.json_name) : std::string(field.json_name).append(".") + path_;
    }
    return false;
  }

  std::string path_;
  Cause cause_ = "";
};

}  // namespace

Result<void> decode_protobuf_message(std::string_view message, const MessageLayout& layout, void* object) {
  Decoder decoder;
  if (!decoder.decode(message, layout, object, true)) {
    return decoder.error();
  }
  return {};
}

}  // namespace kubevitals::kube
