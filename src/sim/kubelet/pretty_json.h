// JSON as Go's MarshalIndent(value, "", " ") writes it, which is how kubelets answer.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace kubevitals::sim {

// Appends to a text; the caller sees to it that what is opened is closed. Keys must need no escaping.
class PrettyJson {
 public:
  explicit PrettyJson(std::string& out) : out_(out) {}

  void open(char bracket) {
    value();
    out_.push_back(bracket);
    ++depth_;
    first_ = true;
  }
  void open(std::string_view name, char bracket) {
    key(name);
    open(bracket);
  }
  void close(char bracket) {
    --depth_;
    if (!first_) line();
    out_.push_back(bracket);
    first_ = false;
  }

  void key(std::string_view name) {
    value();
    out_.push_back('"');
    out_.append(name);
    out_.append("\": ");
    keyed_ = true;
  }
  void text(std::string_view text) {
    value();
    out_.push_back('"');
    for (const char c : text) escape(c);
    out_.push_back('"');
  }
  void number(std::uint64_t number) {
    value();
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out_.append(digits, end);
  }
  void boolean(bool yes) {
    value();
    out_.append(yes ? "true" : "false");
  }

  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  void member(std::string_view name, const char* value) { member(name, std::string_view(value)); }
  void member(std::string_view name, std::uint64_t value) {
    key(name);
    number(value);
  }
  void member(std::string_view name, bool value) {
    key(name);
    boolean(value);
  }

 private:
  // Before a value that is not after a key: an element or a key itself.
  void value() {
    if (keyed_) {
      keyed_ = false;
      return;
    }
    if (depth_ == 0) return;
    if (!first_) out_.push_back(',');
    first_ = false;
    line();
  }
  void line() {
    out_.push_back('\n');
    out_.append(depth_, ' ');
  }
  void escape(char c) {
    constexpr char kDigits[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
      out_.push_back('\\');
      out_.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out_.append("\\u00").push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      out_.push_back(kDigits[c & 15]);
    } else {
      out_.push_back(c);
    }
  }

  std::string& out_;
  std::size_t depth_ = 0;
  bool first_ = true;
  bool keyed_ = false;
};

}  // namespace kubevitals::sim
