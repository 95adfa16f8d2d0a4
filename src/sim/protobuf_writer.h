// Writes protobuf from its end to its beginning: a message's length is known by the time it is needed.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace kubevitals::sim {

// What is written later stands before what was written earlier. Small messages cost no allocation. Not
// thread-safe.
class BackwardWriter {
 public:
  BackwardWriter() = default;
  BackwardWriter(const BackwardWriter&) = delete;
  BackwardWriter& operator=(const BackwardWriter&) = delete;

  std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }
  std::string_view text() const { return {at_, size()}; }

  void bytes(std::string_view text) {
    reserve(text.size());
    at_ -= text.size();
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
  }

  void varint(std::uint64_t value) {
    reserve(10);
    if (value < 0x80) {
      *--at_ = static_cast<char>(value);
      return;
    }
    unsigned length = 1;
    for (std::uint64_t rest = value; rest >= 0x80; rest >>= 7) ++length;
    at_ -= length;
    for (unsigned i = 0; i + 1 < length; ++i, value >>= 7) at_[i] = static_cast<char>(value | 0x80);
    at_[length - 1] = static_cast<char>(value);
  }

  // The tag of a varint field.
  void varint_tag(std::uint32_t number) { varint(std::uint64_t{number} << 3); }
  // Length and tag of everything written since size() was `mark`.
  void close(std::uint32_t number, std::size_t mark) {
    varint(size() - mark);
    varint((std::uint64_t{number} << 3) | 2);
  }
  // A whole field.
  void varint_field(std::uint32_t number, std::uint64_t value) {
    varint(value);
    varint_tag(number);
  }
  void bytes_field(std::uint32_t number, std::string_view text) {
    const std::size_t mark = size();
    bytes(text);
    close(number, mark);
  }

 private:
  static constexpr std::size_t kInitial = 8 << 10;

  void reserve(std::size_t count) {
    if (static_cast<std::size_t>(at_ - begin_) < count) grow(count);
  }
  void grow(std::size_t count) {
    const std::size_t used = size();
    const std::size_t capacity = 2 * (used + count);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    std::memcpy(larger.get() + capacity - used, at_, used);
    heap_ = std::move(larger);
    begin_ = heap_.get();
    end_ = begin_ + capacity;
    at_ = end_ - used;
  }

  char initial_[kInitial];
  std::unique_ptr<char[]> heap_;
  char* begin_ = initial_;
  char* end_ = initial_ + kInitial;
  char* at_ = initial_ + kInitial;
};

}  // namespace kubevitals::sim
