// Protobuf messages of the API into JSON objects.
#include <simdjson.h>
#include <boost/json/parse.hpp>
#include <cstdio>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "kube/protobuf_wire.h"
#include "sim/protobuf.h"
#include "sim/schema.h"

namespace kubevitals::sim {
namespace {

using kube::wire::Cause;
using kube::wire::Cursor;
using kube::wire::Tag;
using kube::wire::WireType;

constexpr char kWrongType[] = "a field has another wire type than the schema says";
constexpr char kNotUtf8[] = "a text is not UTF-8";
constexpr char kBadTime[] = "a time is out of range";
constexpr char kBadJson[] = "an embedded object is not JSON";

// Go's zero time, 0001-01-01T00:00:00Z, and the last second that RFC 3339 can write.
constexpr std::int64_t kFirstSecond = -62135596800;
constexpr std::int64_t kLastSecond = 253402300799;

// A Timestamp, IntOrString or the like: at most three fields, by number.
struct SmallMessage {
  std::uint64_t numbers[4] = {};
  std::string_view texts[4];

  Cause read(std::string_view message) {
    for (Cursor cursor(message); !cursor.done();) {
      Tag tag;
      if (const Cause cause = cursor.read_tag(tag)) return cause;
      const bool known = tag.number < 4;
      if (known && tag.type == WireType::kVarint) {
        if (const Cause cause = cursor.read_varint(numbers[tag.number])) return cause;
      } else if (known && tag.type == WireType::kBytes) {
        if (const Cause cause = cursor.read_bytes(texts[tag.number])) return cause;
      } else if (const Cause cause = cursor.skip(tag.type)) {
        return cause;
      }
    }
    return nullptr;
  }
};

Cause checked(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size()) ? nullptr : kNotUtf8;
}

Cause decode_time(std::string_view message, bool micro, json::value& out) {
  SmallMessage time;
  if (const Cause cause = time.read(message)) return cause;
  const auto seconds = static_cast<std::int64_t>(time.numbers[1]);
  // Go writes its zero time as an empty message, JSON as null.
  if (message.empty()) return nullptr;
  if (seconds < kFirstSecond || seconds > kLastSecond) return kBadTime;
  std::string text = format_rfc3339(seconds);
  if (micro) {
    char fraction[16];
    const auto micros = static_cast<unsigned>(time.numbers[2] / 1000 % 1000000);
    std::snprintf(fraction, sizeof fraction, ".%06uZ", micros);
    text.replace(text.size() - 1, 1, fraction);
  }
  out = text;
  return nullptr;
}

Cause decode_int_or_string(std::string_view message, json::value& out) {
  SmallMessage both;
  if (const Cause cause = both.read(message)) return cause;
  if (both.numbers[1] == 0) {
    out = static_cast<std::int64_t>(static_cast<std::int32_t>(both.numbers[2]));
    return nullptr;
  }
  out = both.texts[3];
  return checked(both.texts[3]);
}

Cause decode_items(std::string_view message, json::value& out) {
  json::array& items = out.is_array() ? out.get_array() : out.emplace_array();
  for (Cursor cursor(message); !cursor.done();) {
    Tag tag;
    std::string_view text;
    if (const Cause cause = cursor.read_tag(tag)) return cause;
    if (tag.number != 1 || tag.type != WireType::kBytes) {
      if (const Cause cause = cursor.skip(tag.type)) return cause;
      continue;
    }
    if (const Cause cause = cursor.read_bytes(text)) return cause;
    if (const Cause cause = checked(text)) return cause;
    items.emplace_back(text);
  }
  return nullptr;
}

// RawExtension and FieldsV1: JSON in field 1.
Cause decode_json(std::string_view message, json::value& out) {
  SmallMessage raw;
  if (const Cause cause = raw.read(message)) return cause;
  if (raw.texts[1].empty()) return nullptr;
  boost::system::error_code error;
  out = json::parse(raw.texts[1], error);
  return error ? kBadJson : nullptr;
}

class Decoder {
 public:
  // Adds the message's members to `out`; a message that comes twice is merged.
  Cause object(std::string_view message, const Message& schema, json::object& out) {
    for (Cursor cursor(message); !cursor.done();) {
      Tag tag;
      if (const Cause cause = cursor.read_tag(tag)) return cause;
      const SchemaField* field = schema.find(tag.number);
      const Cause cause = field != nullptr ? member(cursor, tag, *field, out) : cursor.skip(tag.type);
      if (cause != nullptr) return cause;
    }
    return nullptr;
  }

 private:
  static bool is_varint(FieldType type) {
    return type == FieldType::kInt32 || type == FieldType::kInt64 || type == FieldType::kBool;
  }

  Cause member(Cursor& cursor, Tag tag, const SchemaField& field, json::object& out) {
    if (field.shape != FieldShape::kMap && is_varint(field.type)) return varints(cursor, tag, field, out);
    std::string_view bytes;
    if (tag.type != WireType::kBytes) return kWrongType;
    if (const Cause cause = cursor.read_bytes(bytes)) return cause;
    if (field.hoisted) return object(bytes, *field.message, out);
    if (field.shape == FieldShape::kMap) return entry(bytes, field, out);
    if (field.shape == FieldShape::kList) {
      json::value item(out.storage());
      if (const Cause cause = value(bytes, field, item)) return cause;
      list_of(field, out).push_back(std::move(item));
      return nullptr;
    }
    if (field.type == FieldType::kString && bytes.empty() && !field.keep_zero) {
      out.erase(field.name);
      return nullptr;
    }
    if (field.type == FieldType::kMessage) return value(bytes, field, out[field.name]);
    json::value single(out.storage());
    if (const Cause cause = value(bytes, field, single)) return cause;
    if (single.is_null()) {
      out.erase(field.name);
    } else {
      out[field.name] = std::move(single);
    }
    return nullptr;
  }

  static json::array& list_of(const SchemaField& field, json::object& out) {
    json::value& list = out[field.name];
    return list.is_array() ? list.get_array() : list.emplace_array();
  }

  // An integer or a bool, or a list of them, packed or not.
  Cause varints(Cursor& cursor, Tag tag, const SchemaField& field, json::object& out) {
    std::uint64_t number = 0;
    if (tag.type == WireType::kVarint) {
      if (const Cause cause = cursor.read_varint(number)) return cause;
      if (field.shape == FieldShape::kList) {
        list_of(field, out).push_back(scalar(field.type, number));
      } else if (number == 0 && !field.keep_zero) {
        out.erase(field.name);
      } else {
        out[field.name] = scalar(field.type, number);
      }
      return nullptr;
    }
    std::string_view packed;
    if (tag.type != WireType::kBytes || field.shape != FieldShape::kList) return kWrongType;
    if (const Cause cause = cursor.read_bytes(packed)) return cause;
    for (Cursor items(packed); !items.done();) {
      if (const Cause cause = items.read_varint(number)) return cause;
      list_of(field, out).push_back(scalar(field.type, number));
    }
    return nullptr;
  }

  static json::value scalar(FieldType type, std::uint64_t number) {
    if (type == FieldType::kBool) return number != 0;
    if (type == FieldType::kInt32) return static_cast<std::int64_t>(static_cast<std::int32_t>(number));
    return static_cast<std::int64_t>(number);
  }

  Cause entry(std::string_view bytes, const SchemaField& field, json::object& out) {
    SmallMessage entry;
    if (const Cause cause = entry.read(bytes)) return cause;
    if (const Cause cause = checked(entry.texts[1])) return cause;
    json::value& map = out[field.name];
    json::object& object = map.is_object() ? map.get_object() : map.emplace_object();
    return value(entry.texts[2], field, object[entry.texts[1]]);
  }

  Cause value(std::string_view bytes, const SchemaField& field, json::value& out) {
    switch (field.type) {
      case FieldType::kString:
        out = bytes;
        return checked(bytes);
      case FieldType::kBytes:
        out = encode_base64(bytes);
        return nullptr;
      case FieldType::kMessage:
        return object(bytes, *field.message, out.is_object() ? out.get_object() : out.emplace_object());
      case FieldType::kTime:
        return decode_time(bytes, false, out);
      case FieldType::kMicroTime:
        return decode_time(bytes, true, out);
      case FieldType::kQuantity: {
        SmallMessage quantity;
        if (const Cause cause = quantity.read(bytes)) return cause;
        out = quantity.texts[1].empty() ? std::string_view("0") : quantity.texts[1];
        return checked(quantity.texts[1]);
      }
      case FieldType::kIntOrString:
        return decode_int_or_string(bytes, out);
      case FieldType::kJson:
        return decode_json(bytes, out);
      case FieldType::kItems:
        return decode_items(bytes, out);
      case FieldType::kInt32:
      case FieldType::kInt64:
      case FieldType::kBool:
        break;  // no map has these
    }
    return kWrongType;
  }
};

Error failure(std::string_view what, std::string_view cause) {
  return {ErrorCode::kInvalid, std::string("cannot decode ").append(what).append(": ").append(cause)};
}

// runtime.Unknown and its TypeMeta.
struct Envelope {
  std::string_view api_version, kind, raw, encoding;
};

Result<Envelope> read_envelope(std::string_view body) {
  constexpr std::string_view kMagic("k8s\0", 4);
  if (!body.starts_with(kMagic))
    return failure("the body", "it does not begin with the magic number of protobuf");
  SmallMessage unknown;
  SmallMessage type;
  if (const Cause cause = unknown.read(body.substr(kMagic.size()))) return failure("the envelope", cause);
  if (const Cause cause = type.read(unknown.texts[1])) return failure("the envelope", cause);
  return Envelope{type.texts[1], type.texts[2], unknown.texts[2], unknown.texts[3]};
}

}  // namespace

Result<json::object> decode_protobuf(std::string_view enveloped) {
  const Result<Envelope> envelope = read_envelope(enveloped);
  if (!envelope) return envelope.error();
  if (!envelope->encoding.empty()) return failure("the body", "its content encoding is unknown");
  const Message* schema = find_message(envelope->api_version, envelope->kind);
  if (schema == nullptr) {
    const bool printable = checked(envelope->api_version) == nullptr && checked(envelope->kind) == nullptr;
    return Error{ErrorCode::kUnsupported,
                 "cannot decode the body: no kind \"" + std::string(printable ? envelope->kind : "?") +
                     "\" in version \"" + std::string(printable ? envelope->api_version : "?") + "\""};
  }
  json::object object;
  object["apiVersion"] = envelope->api_version;
  object["kind"] = envelope->kind;
  if (const Cause cause = Decoder().object(envelope->raw, *schema, object))
    return failure(envelope->kind, cause);
  return object;
}

}  // namespace kubevitals::sim
