// Label selectors: the grammar of k8s.io/apimachinery/pkg/labels.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "kube/selectors.h"

namespace kubevitals::kube {
namespace {

enum class Token {
  kEnd,
  kIdentifier,
  kClose,
  kComma,
  kNot,
  kDoubleEquals,
  kEquals,
  kGreater,
  kIn,
  kLess,
  kNotEquals,
  kNotIn,
  kOpen
};

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

Token known_token(std::string_view text) {
  struct Known {
    std::string_view text;
    Token token;
  };
  static constexpr Known kKnown[] = {
      {")", Token::kClose},      {",", Token::kComma},     {"!", Token::kNot}, {"==", Token::kDoubleEquals},
      {"=", Token::kEquals},     {">", Token::kGreater},   {"in", Token::kIn}, {"<", Token::kLess},
      {"!=", Token::kNotEquals}, {"notin", Token::kNotIn}, {"(", Token::kOpen}};
  for (const Known& known : kKnown) {
    if (known.text == text) return known.token;
  }
  return Token::kEnd;
}

std::vector<Lexeme> scan(std::string_view text) {
  std::vector<Lexeme> lexemes;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at == text.size()) break;
    const std::size_t begin = at;
    if (!is_special(text[at])) {
      while (at < text.size() && !is_blank(text[at]) && !is_special(text[at])) ++at;
      const std::string_view word = text.substr(begin, at - begin);
      const Token token = known_token(word);
      lexemes.push_back({token == Token::kEnd ? Token::kIdentifier : token, word});
      continue;
    }
    // The longest operator; every special character but these begins one of its own.
    std::size_t length = 1;
    if (at + 1 < text.size() && known_token(text.substr(at, 2)) != Token::kEnd) length = 2;
    at += length;
    lexemes.push_back({known_token(text.substr(begin, length)), text.substr(begin, length)});
  }
  lexemes.push_back({Token::kEnd, {}});
  return lexemes;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// At most 63 letters, digits, "-", "_" and ".", the first and the last one a letter or a digit.
bool is_name(std::string_view text) {
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::ranges::all_of(text, inner);
}

// RFC 1123: labels of lower-case letters, digits and "-", with dots between them.
bool is_subdomain(std::string_view text) {
  const auto outer = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || !outer(label.front()) || !outer(label.back())) return false;
    if (!std::ranges::all_of(label, [&](char c) { return outer(c) || c == '-'; })) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_name(key);
  return is_subdomain(key.substr(0, slash)) && is_name(key.substr(slash + 1));
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

// Reads one lexeme after another, as apimachinery's parser does: "in" and "notin" are values where a value
// may stand.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexemes_(scan(text)) {}

  Result<LabelSelector> parse() {
    LabelSelector selector;
    while (true) {
      switch (peek()) {
        case Token::kEnd:
          return selector;
        case Token::kIdentifier:
        case Token::kNot:
          break;
        default:
          return expected("\"!\", a key or the end");
      }
      if (!requirement(selector.requirements_.emplace_back())) return *failure_;
      if (peek() == Token::kEnd) return selector;
      if (peek() != Token::kComma) return expected("\",\" or the end");
      next();
      if (peek() != Token::kIdentifier && peek() != Token::kNot) return expected("a key after \",\"");
    }
  }

 private:
  using Operator = Requirement::Operator;

  // What the next lexeme means where a key or a value may stand.
  Token peek() const {
    const Token token = lexemes_[at_].token;
    return token == Token::kIn || token == Token::kNotIn ? Token::kIdentifier : token;
  }
  Lexeme next() { return at_ + 1 < lexemes_.size() ? lexemes_[at_++] : lexemes_[at_]; }

  Error failure(std::string why) const {
    return {ErrorCode::kInvalid,
            "cannot parse label selector \"" + std::string(text_.substr(0, 256)) + "\": " + std::move(why)};
  }
  Error expected(std::string_view what) const {
    const std::string found = lexemes_[at_].token == Token::kEnd
                                  ? "the end"
                                  : "\"" + std::string(lexemes_[at_].text.substr(0, 64)) + "\"";
    return failure("found " + found + ", expected " + std::string(what));
  }
  bool fail(Error error) {
    failure_ = std::move(error);
    return false;
  }

  bool requirement(Requirement& out) {
    const bool negated = peek() == Token::kNot;
    if (negated) next();
    if (peek() != Token::kIdentifier) return fail(expected("a key"));
    out.key = next().text;
    if (!is_label_key(out.key))
      return fail(failure("\"" + out.key.substr(0, 320) + "\" is no valid label key"));
    if (negated || peek() == Token::kEnd || peek() == Token::kComma) {
      out.op = negated ? Operator::kNotExists : Operator::kExists;
      return true;
    }
    const Token op = lexemes_[at_].token;
    switch (op) {
      case Token::kIn:
      case Token::kEquals:
      case Token::kDoubleEquals:
        out.op = Operator::kIn;
        break;
      case Token::kNotIn:
      case Token::kNotEquals:
        out.op = Operator::kNotIn;
        break;
      case Token::kGreater:
        out.op = Operator::kGreater;
        break;
      case Token::kLess:
        out.op = Operator::kLess;
        break;
      default:
        return fail(expected("one of in, notin, =, ==, !=, >, <"));
    }
    next();
    const bool set = op == Token::kIn || op == Token::kNotIn;
    return (set ? value_set(out) : exact_value(out)) && valid_values(out);
  }

  bool exact_value(Requirement& out) {
    if (peek() == Token::kEnd || peek() == Token::kComma) {
      out.values.emplace_back();
      return true;
    }
    if (peek() != Token::kIdentifier) return fail(expected("a value"));
    out.values.emplace_back(next().text);
    return true;
  }

  // "(a,b)": what is missing between commas is the empty value.
  bool value_set(Requirement& out) {
    if (peek() != Token::kOpen) return fail(expected("\"(\""));
    next();
    while (true) {
      if (peek() == Token::kIdentifier) {
        out.values.emplace_back(next().text);
      } else if (peek() == Token::kComma || peek() == Token::kClose) {
        out.values.emplace_back();
      } else {
        return fail(expected("a value, \",\" or \")\""));
      }
      if (peek() != Token::kComma && peek() != Token::kClose) return fail(expected("\",\" or \")\""));
      if (next().token == Token::kClose) return true;
    }
  }

  bool valid_values(const Requirement& out) {
    for (const std::string& value : out.values) {
      if (!value.empty() && !is_name(value)) {
        return fail(failure("\"" + value.substr(0, 128) + "\" is no valid label value"));
      }
      const bool compares = out.op == Operator::kGreater || out.op == Operator::kLess;
      if (compares && !parse_integer(value)) return fail(failure("\"" + value + "\" is no integer"));
    }
    return true;
  }

  std::string_view text_;
  std::vector<Lexeme> lexemes_;
  std::size_t at_ = 0;
  std::optional<Error> failure_;
};

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  return Parser(text).parse();
}

bool LabelSelector::Requirement::matches(const std::string_view* value) const {
  const auto listed = [&] { return std::ranges::find(values, *value) != values.end(); };
  switch (op) {
    case Operator::kIn:
      return value != nullptr && listed();
    case Operator::kNotIn:
      return value == nullptr || !listed();
    case Operator::kExists:
      return value != nullptr;
    case Operator::kNotExists:
      return value == nullptr;
    case Operator::kGreater:
    case Operator::kLess:
      break;
  }
  if (value == nullptr) return false;
  const std::optional<std::int64_t> left = parse_integer(*value);
  const std::optional<std::int64_t> right = parse_integer(values.front());
  return left && right && (op == Operator::kGreater ? *left > *right : *left < *right);
}

}  // namespace kubevitals::kube
