#include "exposition/text_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/utf8.h"

namespace kubevitals::exposition {
namespace {

enum : std::uint8_t { kNameStart = 1, kNamePart = 2, kColon = 4, kEndsPlain = 8, kNotAscii = 16 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (letter) classes[c] |= kNameStart | kNamePart;
    if (c >= '0' && c <= '9') classes[c] |= kNamePart;
    if (c == ':') classes[c] |= kColon;
    if (c == '"' || c == '\\' || c == '\n') classes[c] |= kEndsPlain;
    if (c >= 128) classes[c] |= kNotAscii;
  }
  return classes;
}
constexpr auto kClasses = make_classes();

std::uint8_t class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::optional<double> read_double(std::string_view word) {
  if (word.starts_with('+') && !word.starts_with("+-")) word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (end != word.data() + word.size() || word.ends_with(')')) return std::nullopt;  // C++ reads "nan(x)"
  if (error == std::errc{}) return value;
  if (error != std::errc::result_out_of_range) return std::nullopt;
  // Too small is zero, too large is an error, as for Go.
  value = std::strtod(std::string(word).c_str(), nullptr);
  return std::isinf(value) ? std::nullopt : std::optional<double>(value);
}

}  // namespace

Result<const TextSample*> TextParser::next() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c == '\n' || c == '\r' || is_blank(c)) {
      ++position_;
    } else if (c == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else {
      const std::string_view wrong = read_sample();
      if (wrong.empty()) return &sample_;
      const std::string_view read = text_.substr(0, position_);
      const auto line = std::count(read.begin(), read.end(), '\n') + 1;
      return Error{ErrorCode::kInvalid, "line " + std::to_string(line) + ": " + std::string(wrong)};
    }
  }
  return static_cast<const TextSample*>(nullptr);
}

std::string_view TextParser::read_sample() {
  sample_.labels.clear();
  sample_.timestamp.reset();
  if (!unescaped_.empty()) unescaped_.clear();
  sample_.name = read_name(true);
  skip_blanks();
  const std::size_t begin = position_;
  const bool named = !sample_.name.empty();
  const std::string_view expected =
      expected_ && named && at('{') ? expected_(sample_.name) : std::string_view();
  sample_.as_expected = !expected.empty() && text_.substr(begin, expected.size()) == expected;
  if (sample_.as_expected) {
    position_ += expected.size();
  } else if (at('{')) {
    if (const std::string_view wrong = read_labels(); !wrong.empty()) return wrong;
  }
  sample_.label_text = named ? text_.substr(begin, position_ - begin) : std::string_view();
  if (sample_.name.empty()) return "expected a metric's name";
  return read_numbers();
}

std::string_view TextParser::read_labels() {
  ++position_;
  for (skip_blanks(); !at('}'); skip_blanks()) {
    if (const std::string_view wrong = read_label(); !wrong.empty()) return wrong;
    skip_blanks();
    if (at(',')) {
      ++position_;
    } else if (!at('}')) {
      return "expected a comma or a closing brace behind a label";
    }
  }
  ++position_;
  return {};
}

std::string_view TextParser::read_label() {
  TextLabel label;
  const bool quoted = at('"');
  if (quoted) {
    if (const std::string_view wrong = read_quoted(label.name); !wrong.empty()) return wrong;
  } else {
    label.name = read_name(false);
  }
  if (label.name.empty()) return "expected a label's name";
  skip_blanks();
  if (quoted && !at('=') && sample_.name.empty()) {
    sample_.name = label.name;
    return {};
  }
  if (!at('=')) return "expected an equals sign behind a label's name";
  ++position_;
  skip_blanks();
  if (!at('"')) return "expected a label's value in quotes";
  if (const std::string_view wrong = read_quoted(label.value); !wrong.empty()) return wrong;
  sample_.labels.push_back(label);
  return {};
}

std::string_view TextParser::read_quoted(std::string_view& value) {
  const std::size_t begin = ++position_;
  std::uint8_t seen = 0;
  const auto read_plain = [this, &seen] {
    while (position_ < text_.size()) {
      const std::uint8_t c = class_of(text_[position_]);
      if ((c & kEndsPlain) != 0) return;
      seen |= c;
      ++position_;
    }
  };
  read_plain();
  value = text_.substr(begin, position_ - begin);
  if (at('\\')) {
    std::string& text = unescaped_.emplace_back(value);
    while (at('\\')) {
      const char escaped = position_ + 1 < text_.size() ? text_[position_ + 1] : '\n';
      if (escaped == '\n') return "unfinished text in quotes";
      // What is no escape stands for itself, as it does for Prometheus.
      if (escaped != '"' && escaped != '\\' && escaped != 'n') text.push_back('\\');
      text.push_back(escaped == 'n' ? '\n' : escaped);
      seen |= class_of(escaped);
      position_ += 2;
      const std::size_t plain = position_;
      read_plain();
      text.append(text_.substr(plain, position_ - plain));
    }
    value = text;
  }
  if (!at('"')) return "unfinished text in quotes";
  ++position_;
  if ((seen & kNotAscii) != 0 && !is_utf8(value)) return "text in quotes that is not UTF-8";
  return {};
}

std::string_view TextParser::read_numbers() {
  const std::optional<double> value = read_double(read_word());
  if (!value) return "expected a number as the sample's value";
  sample_.value = *value;
  const std::string_view word = read_word();
  if (!word.empty()) {
    std::int64_t timestamp = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), timestamp);
    if (error != std::errc{} || end != word.data() + word.size()) {
      return "expected a whole number of milliseconds as the sample's time";
    }
    sample_.timestamp = timestamp;
  }
  if (!read_word().empty()) return "unexpected text behind the sample";
  return {};
}

std::string_view TextParser::read_name(bool colons) {
  const std::size_t begin = position_;
  const int start = kNameStart | (colons ? kColon : 0);
  const int part = kNamePart | (colons ? kColon : 0);
  if (position_ == text_.size() || (class_of(text_[position_]) & start) == 0) return {};
  while (position_ < text_.size() && (class_of(text_[position_]) & part) != 0) ++position_;
  return text_.substr(begin, position_ - begin);
}

std::string_view TextParser::read_word() {
  skip_blanks();
  const std::size_t begin = position_;
  while (position_ < text_.size() && !is_blank(text_[position_]) && text_[position_] != '\n' &&
         text_[position_] != '\r') {
    ++position_;
  }
  return text_.substr(begin, position_ - begin);
}

void TextParser::skip_blanks() {
  while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
}

}  // namespace kubevitals::exposition
