#include "discovery/dns/message.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace kubevitals::discovery::dns {
namespace {

constexpr std::size_t kMaxName = 255;  // bytes on the wire, RFC 1035 section 3.1
constexpr int kMaxPointers = 126;      // as many as a name can have labels

constexpr std::pair<std::string_view, RecordType> kTypes[] = {
    {"A", RecordType::kA},   {"AAAA", RecordType::kAaaa}, {"MX", RecordType::kMx},
    {"NS", RecordType::kNs}, {"SRV", RecordType::kSrv},
};

Error broken(const char* cause) {
  return Error{ErrorCode::kInvalid, cause};
}

// Reads forward through a message; after a failure everything reads as zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  std::size_t position() const { return position_; }

  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
  std::uint16_t number() {
    const auto high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  // Valid until the next call; zeros when there are not so many.
  std::string_view take(std::size_t count) {
    static constexpr std::array<char, 16> kZeros{};
    if (failed_ || bytes_.size() - position_ < count) {
      failed_ = true;
      return {kZeros.data(), std::min(count, kZeros.size())};
    }
    position_ += count;
    return bytes_.substr(position_ - count, count);
  }
  void skip(std::size_t count) { take(count); }

  std::string name();

 private:
  void append_label(std::string& out, std::string_view label);

  std::string_view bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

void Reader::append_label(std::string& out, std::string_view label) {
  for (const char c : label) {
    const auto value = static_cast<unsigned char>(c);
    if (std::string_view(". '@;()\"\\").find(c) != std::string_view::npos) {
      out += '\\';
      out += c;
    } else if (value < ' ' || value > '~') {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\%03u", unsigned{value});
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '.';
}

std::string Reader::name() {
  std::string text;
  std::size_t wire_size = 1;
  std::size_t after = 0;  // where to go on when a pointer was followed
  int pointers = 0;
  while (!failed_) {
    const std::uint8_t length = byte();
    if (failed_ || length == 0) break;
    if ((length & 0xC0) == 0xC0) {
      const std::size_t target = std::size_t{length & 0x3Fu} << 8 | byte();
      if (++pointers > kMaxPointers || target >= bytes_.size()) failed_ = true;
      if (pointers == 1) after = position_;
      position_ = failed_ ? position_ : target;
    } else if ((length & 0xC0) == 0 && (wire_size += length + 1u) <= kMaxName) {
      const std::string_view label = take(length);
      if (!failed_) append_label(text, label);
    } else {
      failed_ = true;
    }
  }
  if (pointers > 0) position_ = after;
  return text.empty() ? "." : text;
}

std::string ipv4_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (!text.empty()) text += '.';
    text += std::to_string(static_cast<unsigned char>(c));
  }
  return text;
}

// As RFC 5952 has it and Go writes it: one of IPv4 that is mapped into IPv6 is written as IPv4.
std::string ipv6_text(std::string_view bytes) {
  if (bytes.substr(0, 12) == std::string_view("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12)) {
    return ipv4_text(bytes.substr(12));
  }
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) {
    groups[i] = static_cast<unsigned char>(bytes[2 * i]) << 8 | static_cast<unsigned char>(bytes[2 * i + 1]);
  }
  std::size_t zeros_at = 8;
  std::size_t zeros = 1;  // a single zero is written
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > zeros) {
      zeros_at = i;
      zeros = end - i;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == zeros_at) {
      text += "::";
      i += zeros - 1;
      continue;
    }
    char group[5];
    std::snprintf(group, sizeof group, "%x", groups[i]);
    if (!text.empty() && text.back() != ':') text += ':';
    text += group;
  }
  return text;
}

bool has_size(RecordType type, std::size_t size) {
  return (type != RecordType::kA || size == 4) && (type != RecordType::kAaaa || size == 16);
}

// The record's data; false when it is none for its type.
bool read_data(Reader& reader, std::size_t size, Record& record) {
  const std::size_t begin = reader.position();
  if (!has_size(record.type, size)) return false;
  switch (record.type) {
    case RecordType::kA:
      record.target = ipv4_text(reader.take(4));
      break;
    case RecordType::kAaaa:
      record.target = ipv6_text(reader.take(16));
      break;
    case RecordType::kSrv:
      reader.skip(4);  // priority, weight
      record.port = reader.number();
      record.target = reader.name();
      break;
    case RecordType::kMx:
      reader.skip(2);  // preference
      record.target = reader.name();
      break;
    case RecordType::kNs:
      record.target = reader.name();
      break;
  }
  return !reader.failed() && reader.position() == begin + size;
}

std::optional<RecordType> known_type(std::uint16_t number) {
  for (const auto& [name, type] : kTypes) {
    if (static_cast<std::uint16_t>(type) == number) return type;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RecordType> record_type_named(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const auto& [name, type] : kTypes) {
    if (name == upper) return type;
  }
  return std::nullopt;
}

Result<Message> parse_message(std::string_view bytes) {
  constexpr std::uint16_t kInternet = 1;
  Reader reader(bytes);
  Message message;
  reader.skip(2);
  const std::uint16_t flags = reader.number();
  message.code = flags & 0x0F;
  const std::uint16_t questions = reader.number();
  const std::uint16_t answers = reader.number();
  reader.skip(4);
  if (reader.failed()) return broken("a message without a whole head");
  if ((flags & 0x8000) == 0) return broken("a question where an answer was expected");
  for (int i = 0; i < questions; ++i) {
    reader.name();
    reader.skip(4);
    if (reader.failed()) return broken("a message that breaks off in its question");
  }
  for (int i = 0; i < answers; ++i) {
    reader.name();
    const auto type = known_type(reader.number());
    const bool internet = reader.number() == kInternet;
    reader.skip(4);  // time to live
    const std::size_t size = reader.number();
    if (reader.failed()) return broken("a message that breaks off in its answers");
    if (!type || !internet) {
      reader.skip(size);
    } else {
      Record record{*type, {}, 0};
      if (!read_data(reader, size, record)) return broken("a record whose data do not fit its type");
      message.records.push_back(std::move(record));
    }
    if (reader.failed()) return broken("a message that breaks off in its answers");
  }
  return message;
}

}  // namespace kubevitals::discovery::dns
