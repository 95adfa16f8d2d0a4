// The labels of an object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kubevitals::usage {

// Names and values, in the order of the names, in one piece of memory: a cluster has tens of thousands of
// these.
class LabelPairs {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  LabelPairs() = default;
  LabelPairs(std::initializer_list<Pair> pairs) {
    for (const Pair& pair : pairs) append(pair.first, pair.second);
  }

  // Behind the others, whose names are lower.
  void append(std::string_view name, std::string_view value) {
    append(name);
    append(value);
    ++size_;
  }
  // Gives memory back that was only needed while labels were appended.
  void shrink() { text_.shrink_to_fit(); }

  // Gives views that are good as long as the labels are.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Pair;
    using difference_type = std::ptrdiff_t;
    using pointer = const Pair*;
    using reference = Pair;

    explicit Iterator(const char* at) : at_(at) {}
    Pair operator*() const {
      const std::string_view name = text(at_);
      return {name, text(name.data() + name.size())};
    }
    Iterator& operator++() {
      const std::string_view value = (**this).second;
      at_ = value.data() + value.size();
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    static std::string_view text(const char* at) {
      std::uint32_t size = 0;
      std::memcpy(&size, at, sizeof size);
      return {at + sizeof size, size};
    }
    const char* at_;
  };

  Iterator begin() const { return Iterator(text_.data()); }
  Iterator end() const { return Iterator(text_.data() + text_.size()); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  std::optional<std::string_view> find(std::string_view name) const {
    for (const auto& [known, value] : *this) {
      if (known == name) return value;
    }
    return std::nullopt;
  }

  bool operator==(const LabelPairs&) const = default;
  std::size_t hash() const { return std::hash<std::string>{}(text_); }

 private:
  void append(std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    char bytes[sizeof size];
    std::memcpy(bytes, &size, sizeof size);
    text_.append(bytes, sizeof size).append(text);
  }

  std::string text_;  // of each name and value: its size, and itself
  std::uint32_t size_ = 0;
};

}  // namespace kubevitals::usage
