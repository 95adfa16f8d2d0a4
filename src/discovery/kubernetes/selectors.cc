#include "discovery/kubernetes/selectors.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace kubevitals::discovery::kubernetes {
namespace {

std::string quoted(std::string_view text) {
  return std::string("\"").append(text).append("\"");
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Of letters and digits, and between them also "-", "_" and ".".
bool is_label_text(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_dns_label(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && allowed(text.front()) && allowed(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return allowed(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > 253) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_label_text(key);
  return is_dns_subdomain(key.substr(0, slash)) && is_label_text(key.substr(slash + 1));
}

enum class Token { kEnd, kWord, kIn, kNotIn, kNot, kEquals, kNotEquals, kCompare, kOpen, kClose, kComma };

struct Lexeme {
  Token token = Token::kEnd;
  std::string_view text;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_special(char c) {
  return std::string_view("=!(),><").find(c) != std::string_view::npos;
}

Token symbol_of(std::string_view text) {
  switch (text.front()) {
    case '=':
      return Token::kEquals;
    case '!':
      return text.size() == 2 ? Token::kNotEquals : Token::kNot;
    case '(':
      return Token::kOpen;
    case ')':
      return Token::kClose;
    case ',':
      return Token::kComma;
    default:
      return Token::kCompare;
  }
}

std::vector<Lexeme> scan(std::string_view text) {
  text = text.substr(0, text.find('\0'));  // nothing is read behind it
  std::vector<Lexeme> lexemes;
  while (!text.empty()) {
    std::size_t size = 1;
    if (is_blank(text.front())) {
      text.remove_prefix(1);
      continue;
    }
    if (is_special(text.front())) {
      if ((text.front() == '=' || text.front() == '!') && text.size() > 1 && text[1] == '=') size = 2;
      lexemes.push_back({symbol_of(text.substr(0, size)), text.substr(0, size)});
    } else {
      while (size < text.size() && !is_blank(text[size]) && !is_special(text[size])) ++size;
      const std::string_view word = text.substr(0, size);
      const Token token = word == "in" ? Token::kIn : word == "notin" ? Token::kNotIn : Token::kWord;
      lexemes.push_back({token, word});
    }
    text.remove_prefix(size);
  }
  lexemes.push_back({});
  return lexemes;
}

class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : lexemes_(scan(text)) {}

  Result<void> parse() {
    if (peek().token == Token::kEnd) return {};
    for (;;) {
      if (Result<void> requirement = parse_requirement(); !requirement) return requirement;
      const Lexeme next = take();
      if (next.token == Token::kEnd) return {};
      if (next.token != Token::kComma) return unexpected(next, "a comma or the end");
      if (!is_word(peek()) && peek().token != Token::kNot)
        return unexpected(peek(), "a label after the comma");
    }
  }

 private:
  const Lexeme& peek() const { return lexemes_[position_]; }
  // The end can be taken again and again.
  Lexeme take() { return position_ + 1 < lexemes_.size() ? lexemes_[position_++] : lexemes_.back(); }

  // "in" and "notin" are also names.
  static bool is_word(const Lexeme& lexeme) {
    return lexeme.token == Token::kWord || lexeme.token == Token::kIn || lexeme.token == Token::kNotIn;
  }
  static Error unexpected(const Lexeme& found, std::string_view expected) {
    const std::string what = found.token == Token::kEnd ? "the end" : quoted(found.text);
    return invalid("found " + what + ", expected " + std::string(expected));
  }

  bool at_end_of_requirement() const { return peek().token == Token::kEnd || peek().token == Token::kComma; }

  Result<void> parse_requirement() {
    const bool absent = peek().token == Token::kNot;
    if (absent) take();
    const Lexeme key = take();
    if (!is_word(key)) return unexpected(key, "a label");
    if (!is_label_key(key.text)) return invalid(quoted(key.text) + " is not a label's name");
    if (absent || at_end_of_requirement()) return {};
    const Lexeme op = take();
    switch (op.token) {
      case Token::kIn:
      case Token::kNotIn:
        return parse_values();
      case Token::kEquals:
      case Token::kNotEquals:
        return parse_value(false);
      case Token::kCompare:
        return parse_value(true);
      default:
        return unexpected(op, "one of in, notin, =, ==, !=, > and <");
    }
  }

  static Result<void> check_value(std::string_view value) {
    if (value.empty() || is_label_text(value)) return {};
    return invalid(quoted(value) + " is not a label's value");
  }

  Result<void> parse_value(bool number) {
    std::string_view value;
    if (!at_end_of_requirement()) {
      const Lexeme found = take();
      if (!is_word(found)) return unexpected(found, "a value");
      value = found.text;
    }
    if (number && !is_number(value)) return invalid(quoted(value) + " is not a number");
    return check_value(value);
  }

  static bool is_number(std::string_view text) {
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with("+-")) return false;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
  }

  // "(a,b)". Values may be empty.
  Result<void> parse_values() {
    const Lexeme open = take();
    if (open.token != Token::kOpen) return unexpected(open, "\"(\"");
    for (;;) {
      if (is_word(peek())) {
        if (Result<void> value = check_value(take().text); !value) return value;
      }
      const Lexeme next = take();
      if (next.token == Token::kClose) return {};
      if (next.token != Token::kComma) return unexpected(next, "a value, a comma or \")\"");
    }
  }

  std::vector<Lexeme> lexemes_;
  std::size_t position_ = 0;
};

// A value of a field selector: "," "=" and "\" must be escaped, and nothing else may be.
Result<void> check_field_value(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == ',' || value[i] == '=') {
      return invalid(quoted(value) + ": unescaped character " + quoted(value.substr(i, 1)));
    }
    if (value[i] != '\\') continue;
    ++i;
    const bool known = i < value.size() && (value[i] == '\\' || value[i] == ',' || value[i] == '=');
    if (!known) return invalid(quoted(value) + ": invalid escape sequence");
  }
  return {};
}

Result<void> check_field_term(std::string_view term) {
  if (term.empty()) return {};
  for (std::size_t i = 0; i < term.size(); ++i) {
    const std::string_view rest = term.substr(i);
    if (rest.starts_with("!=") || rest.starts_with("==")) return check_field_value(rest.substr(2));
    if (rest.starts_with('=')) return check_field_value(rest.substr(1));
  }
  return invalid(quoted(term) + " has none of =, == and !=");
}

}  // namespace

Result<void> check_label_selector(std::string_view selector) {
  return LabelParser(selector).parse();
}

Result<void> check_field_selector(std::string_view selector) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= selector.size(); ++i) {
    if (i < selector.size() && selector[i] == '\\') {
      ++i;
      continue;
    }
    if (i < selector.size() && selector[i] != ',') continue;
    if (Result<void> term = check_field_term(selector.substr(begin, i - begin)); !term) return term;
    begin = i + 1;
  }
  if (begin < selector.size()) return check_field_term(selector.substr(begin));  // it ends within an escape
  return {};
}

}  // namespace kubevitals::discovery::kubernetes
