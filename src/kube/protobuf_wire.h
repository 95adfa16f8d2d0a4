// The protobuf wire format, read without exceptions: what is malformed is hostile input, not a surprise, must
// say where it was, and in a stream mostly means that more is to come. As fast as protozero's reader
// (decode_bench.cc), which throws and does not pass over groups as Go does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kubevitals::kube::wire {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5,
};

// Why reading failed, in words; nullptr when it did not. Arrays, so that each has one address in the program.
using Cause = const char*;
inline constexpr char kTruncated[] = "the message is truncated";
inline constexpr char kBadVarint[] = "a varint has more than 10 bytes";
inline constexpr char kBadTag[] = "a field number is out of range";
inline constexpr char kBadWireType[] = "unknown wire type";
inline constexpr char kUnexpectedEndGroup[] = "a group ends that was not begun";

struct Tag {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
};

// A place in a message. After a failed read it is nowhere of use.
class Cursor final {
 public:
  explicit Cursor(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  bool done() const { return at_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  const char* at() const { return at_; }

  Cause read_varint(std::uint64_t& value) {
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) {
      value = static_cast<unsigned char>(*at_++);
      return nullptr;
    }
    return read_long_varint(value);
  }

  Cause read_tag(Tag& tag) {
    std::uint64_t value = 0;
    if (const Cause cause = read_varint(value)) {
      return cause;
    }
    constexpr std::uint64_t kMaxNumber = (std::uint64_t{1} << 29) - 1;
    if (value >> 3 == 0 || value >> 3 > kMaxNumber) {
      return kBadTag;
    }
    tag = {static_cast<std::uint32_t>(value >> 3), static_cast<WireType>(value & 7)};
    return nullptr;
  }

  // The bytes of a kBytes field.
  Cause read_bytes(std::string_view& bytes) {
    std::uint64_t size = 0;
    if (const Cause cause = read_varint(size)) {
      return cause;
    }
    if (size > left()) {
      return kTruncated;
    }
    bytes = std::string_view(at_, static_cast<std::size_t>(size));
    at_ += size;
    return nullptr;
  }

  // Passes over the value behind a tag; groups nest as deep as they like, at no cost.
  Cause skip(WireType type) {
    std::uint64_t ignored = 0;
    std::string_view bytes;
    switch (type) {
      case WireType::kVarint:
        return read_varint(ignored);
      case WireType::kFixed64:
        return advance(8);
      case WireType::kBytes:
        return read_bytes(bytes);
      case WireType::kFixed32:
        return advance(4);
      case WireType::kStartGroup:
        return skip_group();
      case WireType::kEndGroup:
        return kUnexpectedEndGroup;
    }
    return kBadWireType;
  }

 private:
  Cause advance(std::size_t size) {
    if (size > left()) {
      return kTruncated;
    }
    at_ += size;
    return nullptr;
  }

  Cause read_long_varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) {
        return kTruncated;
      }
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return nullptr;
      }
    }
    return kBadVarint;
  }

  Cause skip_group() {
    for (std::size_t depth = 1; depth > 0;) {
      Tag tag;
      if (const Cause cause = read_tag(tag)) {
        return cause;
      }
      if (tag.type == WireType::kStartGroup) {
        ++depth;
      } else if (tag.type == WireType::kEndGroup) {
        --depth;
      } else if (const Cause cause = skip(tag.type)) {
        return cause;
      }
    }
    return nullptr;
  }

  const char* at_;
  const char* end_;
};

}  // namespace kubevitals::kube::wire
