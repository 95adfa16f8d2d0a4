#include "sim/protobuf.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "sim/protobuf_writer.h"
#include "sim/schema.h"

namespace kubevitals::sim {
namespace {

using Pair = json::key_value_pair;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

struct Member {
  std::uint32_t number;
  const SchemaField* field;
  const Pair* pair;
};

// The members of an object, or the part of them that a hoisted message has, by field number. No object has
// more than the schema knows, which is at most kMaxMembers (schema_test.cc).
class Members {
 public:
  void add(const Message& message, const Pair& pair) {
    const json::string_view key = pair.key();
    const SchemaField* field = message.find(std::string_view(key.data(), key.size()));
    if (field == nullptr || pair.value().is_null() || count_ == kMaxMembers) return;
    std::size_t at = count_++;
    for (; at > 0 && list_[at - 1].number > field->number; --at) list_[at] = list_[at - 1];
    list_[at] = {field->number, field, &pair};
  }
  std::size_t count() const { return count_; }
  const Member& operator[](std::size_t index) const { return list_[index]; }

 private:
  std::size_t count_ = 0;
  Member list_[kMaxMembers];
};

class Encoder {
 public:
  explicit Encoder(BackwardWriter& out) : out_(out) {}

  void object(const Message& message, const json::object& object) {
    Members members;
    for (const Pair& pair : object) members.add(message, pair);
    write(members);
  }

 private:
  void write(const Members& members) {
    for (std::size_t end = members.count(); end > 0;) {
      const SchemaField& field = *members[end - 1].field;
      if (!field.hoisted) {
        --end;
        write_field(field, members[end].pair->value());
        continue;
      }
      std::size_t begin = end;
      Members inner;
      while (begin > 0 && members[begin - 1].field == &field)
        inner.add(*field.message, *members[--begin].pair);
      const std::size_t mark = out_.size();
      write(inner);
      out_.close(field.number, mark);
      end = begin;
    }
  }

  void write_field(const SchemaField& field, const json::value& value) {
    switch (field.shape) {
      case FieldShape::kOne:
        write_value(field, field.number, value);
        break;
      case FieldShape::kList:
        write_list(field, value);
        break;
      case FieldShape::kMap:
        write_map(field, value);
        break;
    }
  }

  void write_list(const SchemaField& field, const json::value& value) {
    const json::array* list = value.if_array();
    if (list == nullptr) return;
    for (std::size_t i = list->size(); i > 0; --i) write_value(field, field.number, (*list)[i - 1]);
  }

  void write_map(const SchemaField& field, const json::value& value) {
    const json::object* map = value.if_object();
    if (map == nullptr) return;
    const auto before = [](const Pair* a, const Pair* b) { return a->key() < b->key(); };
    constexpr std::size_t kFew = 32;
    const Pair* few[kFew];
    std::vector<const Pair*> many(map->size() > kFew ? map->size() : 0);
    const Pair** const pairs = many.empty() ? few : many.data();
    std::size_t count = 0;
    for (const Pair& pair : *map) pairs[count++] = &pair;
    if (!std::is_sorted(pairs, pairs + count, before)) std::sort(pairs, pairs + count, before);
    for (std::size_t i = count; i > 0; --i) {
      const std::size_t mark = out_.size();
      const json::value& entry = pairs[i - 1]->value();
      if (entry.is_null()) {
        out_.bytes_field(2, {});  // all values of maps are texts or messages: their zero
      } else if (!write_value(field, 2, entry)) {
        continue;
      }
      const json::string_view key = pairs[i - 1]->key();
      out_.bytes_field(1, std::string_view(key.data(), key.size()));
      out_.close(field.number, mark);
    }
  }

  // Whether anything was written: what has another JSON type than the schema says is left out.
  bool write_value(const SchemaField& field, std::uint32_t number, const json::value& value) {
    switch (field.type) {
      case FieldType::kString: {
        const json::string* text = value.if_string();
        if (text == nullptr) return false;
        out_.bytes_field(number, view(*text));
        return true;
      }
      case FieldType::kMessage: {
        const json::object* inner = value.if_object();
        if (inner == nullptr) return false;
        const std::size_t mark = out_.size();
        object(*field.message, *inner);
        out_.close(number, mark);
        return true;
      }
      case FieldType::kInt32:
      case FieldType::kInt64:
        return write_integer(number, value);
      case FieldType::kBool:
        if (!value.is_bool()) return false;
        out_.varint_field(number, value.get_bool() ? 1 : 0);
        return true;
      case FieldType::kTime:
      case FieldType::kMicroTime:
        return write_time(number, value, field.type == FieldType::kMicroTime);
      case FieldType::kQuantity:
        return write_quantity(number, value);
      case FieldType::kIntOrString:
        return write_int_or_string(number, value);
      case FieldType::kBytes:
        return write_bytes(number, value);
      case FieldType::kJson: {
        const std::size_t mark = out_.size();
        out_.bytes_field(1, json::serialize(value));
        out_.close(number, mark);
        return true;
      }
      case FieldType::kItems:
        return write_items(number, value);
    }
    return false;
  }

  static std::optional<std::int64_t> integer(const json::value& value) {
    if (value.is_int64()) return value.get_int64();
    if (value.is_uint64()) return static_cast<std::int64_t>(value.get_uint64());
    if (value.is_double()) {
      const double number = value.get_double();
      if (number >= -0x1p63 && number < 0x1p63) return static_cast<std::int64_t>(number);
    }
    return std::nullopt;
  }

  bool write_integer(std::uint32_t number, const json::value& value) {
    const std::optional<std::int64_t> found = integer(value);
    if (!found) return false;
    out_.varint_field(number, static_cast<std::uint64_t>(*found));
    return true;
  }

  bool write_time(std::uint32_t number, const json::value& value, bool fraction) {
    const json::string* text = value.if_string();
    if (text == nullptr) return false;
    const Result<UnixTime> time = parse_rfc3339(view(*text));
    if (!time) return false;
    const std::size_t mark = out_.size();
    // A Time has whole seconds only (metav1.Time.ProtoTime).
    out_.varint_field(2, fraction ? static_cast<std::uint64_t>(time->nanos) : 0);
    out_.varint_field(1, static_cast<std::uint64_t>(time->seconds));
    out_.close(number, mark);
    return true;
  }

  bool write_quantity(std::uint32_t number, const json::value& value) {
    char digits[32];
    std::string_view text;
    if (const json::string* given = value.if_string()) {
      text = view(*given);
    } else if (value.is_number()) {
      const std::to_chars_result end =
          value.is_double()   ? std::to_chars(digits, digits + sizeof digits, value.get_double())
          : value.is_uint64() ? std::to_chars(digits, digits + sizeof digits, value.get_uint64())
                              : std::to_chars(digits, digits + sizeof digits, value.get_int64());
      text = std::string_view(digits, static_cast<std::size_t>(end.ptr - digits));
    } else {
      return false;
    }
    const std::size_t mark = out_.size();
    out_.bytes_field(1, text);
    out_.close(number, mark);
    return true;
  }

  bool write_int_or_string(std::uint32_t number, const json::value& value) {
    const std::size_t mark = out_.size();
    if (const json::string* text = value.if_string()) {
      out_.bytes_field(3, view(*text));
      out_.varint_field(2, 0);
      out_.varint_field(1, 1);
    } else if (const std::optional<std::int64_t> found = integer(value)) {
      out_.bytes_field(3, {});
      out_.varint_field(2, static_cast<std::uint64_t>(*found));
      out_.varint_field(1, 0);
    } else {
      return false;
    }
    out_.close(number, mark);
    return true;
  }

  bool write_bytes(std::uint32_t number, const json::value& value) {
    const json::string* text = value.if_string();
    if (text == nullptr) return false;
    const std::optional<std::string> bytes = decode_base64(view(*text));
    if (!bytes) return false;
    out_.bytes_field(number, *bytes);
    return true;
  }

  bool write_items(std::uint32_t number, const json::value& value) {
    const json::array* list = value.if_array();
    if (list == nullptr) return false;
    const std::size_t mark = out_.size();
    for (std::size_t i = list->size(); i > 0; --i) {
      if (const json::string* text = (*list)[i - 1].if_string()) out_.bytes_field(1, view(*text));
    }
    out_.close(number, mark);
    return true;
  }

  BackwardWriter& out_;
};

}  // namespace

bool has_protobuf_schema(std::string_view api_version, std::string_view kind) {
  return find_message(api_version, kind) != nullptr;
}

void append_protobuf(std::string& out, std::string_view api_version, std::string_view kind,
                     const json::object& object) {
  const Message* message = find_message(api_version, kind);
  if (message == nullptr) return;
  BackwardWriter writer;
  Encoder(writer).object(*message, object);
  out.append(writer.text());
}

void append_protobuf_envelope(std::string& out, std::string_view api_version, std::string_view kind,
                              std::string_view raw) {
  BackwardWriter head;
  head.bytes_field(2, kind);
  head.bytes_field(1, api_version);
  head.close(1, 0);
  BackwardWriter length;
  length.varint(raw.size());
  length.varint(2 << 3 | 2);
  out.append("k8s\0", 4).append(head.text()).append(length.text()).append(raw);
  out.append("\x1a\0\x22\0", 4);  // contentEncoding and contentType, which are empty
}

void append_watch_frame(std::string& out, std::string_view event_type, std::string_view enveloped) {
  BackwardWriter frame;
  frame.bytes_field(1, enveloped);  // RawExtension.raw
  frame.close(2, 0);
  frame.bytes_field(1, event_type);
  const std::size_t size = frame.size();
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(size >> shift));
  out.append(frame.text());
}

}  // namespace kubevitals::sim
