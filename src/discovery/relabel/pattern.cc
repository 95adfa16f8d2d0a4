#include "discovery/relabel/pattern.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/go_text.h"
#include "base/utf8.h"

namespace kubevitals::discovery {
namespace {

// Go has a limit on programs that is about as high; RE2's default is too low for long lists of names.
constexpr std::int64_t kManyBytes = std::int64_t{256} << 20;

constexpr std::string_view kMeta = "\\.+*?()|[]{}^$";

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// RE2 knows no "(?<name>...)" and no name twice, and knows "\C", all unlike Go. So groups get other names
// here; what is no expression at all is left to RE2 to complain about.
class GroupNames {
 public:
  explicit GroupNames(std::string_view text) : text_(text) {}

  Result<void> replace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\') {
        if (Result<void> escaped = escape(); !escaped) return escaped;
      } else if (c == '[') {
        character_class();
      } else if (c == '(') {
        parenthesis();
      } else {
        take(1);
      }
    }
    return {};
  }

  std::string take_text() { return std::move(changed_); }
  std::vector<std::string> take_names() { return std::move(names_); }

 private:
  void take(std::size_t size) {
    changed_.append(text_.substr(at_, size));
    at_ = std::min(at_ + size, text_.size());
  }

  Result<void> escape() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("\\C")) {
      return Error{ErrorCode::kInvalid, "error parsing regexp: invalid escape sequence: `\\C`"};
    }
    const std::size_t quoted_to = rest.starts_with("\\Q") ? rest.find("\\E") : 0;
    take(quoted_to == std::string_view::npos ? rest.size() : quoted_to + 2);
    return {};
  }

  void character_class() {
    take(text_.substr(at_).starts_with("[^") ? 2 : 1);
    for (bool first = true; at_ < text_.size() && (first || text_[at_] != ']'); first = false) {
      const std::string_view rest = text_.substr(at_);
      const std::size_t named_to = rest.starts_with("[:") ? rest.find(":]", 2) : std::string_view::npos;
      take(named_to != std::string_view::npos ? named_to + 2 : rest[0] == '\\' ? 2 : 1);
    }
    take(1);
  }

  void parenthesis() {
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with("(?")) {
      names_.emplace_back();
      take(1);
      return;
    }
    const std::size_t name = rest.starts_with("(?P<") ? 4 : rest.starts_with("(?<") ? 3 : 0;
    std::size_t end = name;
    while (name > 0 && end < rest.size() && is_name_char(rest[end])) ++end;
    if (end == name || end == rest.size() || rest[end] != '>') {
      take(2);
      return;
    }
    names_.emplace_back(rest.substr(name, end - name));
    changed_.append("(?P<g").append(std::to_string(names_.size())).append(">");
    at_ += end + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string changed_;
  std::vector<std::string> names_{std::string()};
};

std::string_view go_cause(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "regexp/syntax: internal error";
  }
}

std::string wrap(std::string_view text) {
  return std::string("^(?s:").append(text).append(")$");
}

Error syntax_error(const re2::RE2& expression, std::string_view text) {
  const re2::RE2::ErrorCode code = expression.error_code();
  const bool of_all = code == re2::RE2::ErrorMissingParen || code == re2::RE2::ErrorUnexpectedParen ||
                      code == re2::RE2::ErrorPatternTooLarge;
  return {ErrorCode::kInvalid, std::string("error parsing regexp: ")
                                   .append(go_cause(code))
                                   .append(": `")
                                   .append(of_all ? wrap(text) : expression.error_arg())
                                   .append("`")};
}

std::unique_ptr<const re2::RE2> make_expression(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto expression = std::make_unique<re2::RE2>(text, options);
  if (expression->error_code() != re2::RE2::ErrorPatternTooLarge) return expression;
  options.set_max_mem(kManyBytes);
  return std::make_unique<re2::RE2>(text, options);
}

bool search(const re2::RE2& expression, std::string_view text, std::size_t from,
            std::vector<std::string_view>* groups) {
  const re2::StringPiece piece(text.data(), text.size());
  if (groups == nullptr) {
    return expression.Match(piece, from, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
  }
  const std::size_t count = groups->size();
  constexpr std::size_t kFew = 10;
  re2::StringPiece few[kFew];
  std::vector<re2::StringPiece> many(count > kFew ? count : 0);
  re2::StringPiece* found = count > kFew ? many.data() : few;
  if (!expression.Match(piece, from, text.size(), re2::RE2::UNANCHORED, found, static_cast<int>(count))) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) (*groups)[i] = {found[i].data(), found[i].size()};
  return true;
}

}  // namespace

Pattern::Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view text) {
  Pattern pattern;
  if (pattern.recognize(text)) return pattern;
  GroupNames names(text);
  if (Result<void> replaced = names.replace(); !replaced) return replaced.error();
  pattern.expression_ = make_expression(wrap(names.take_text()));
  if (!pattern.expression_->ok()) return syntax_error(*pattern.expression_, text);
  pattern.group_names_ = names.take_names();
  pattern.group_names_.resize(static_cast<std::size_t>(pattern.expression_->NumberOfCapturingGroups()) + 1);
  return pattern;
}

Pattern Pattern::nothing() {
  Pattern pattern;
  pattern.kind_ = Kind::kLiterals;
  pattern.group_names_.resize(1);
  return pattern;
}

bool Pattern::recognize(std::string_view text) {
  std::size_t groups = 1;
  if (text.size() >= 2 && text.front() == '(' && text.back() == ')') {
    const bool captures = !text.starts_with("(?:");
    text = text.substr(captures ? 1 : 3);
    text.remove_suffix(1);
    groups += captures ? 1 : 0;
  }
  if (text == ".*") {
    kind_ = Kind::kAnything;
  } else if (text == ".+") {
    kind_ = Kind::kSomething;
  } else if (recognize_literals(text)) {
    kind_ = Kind::kLiterals;
  } else {
    return false;
  }
  group_names_.resize(groups);
  return true;
}

// Characters that mean nothing else, or are escaped so that they do not, with bars in between.
bool Pattern::recognize_literals(std::string_view text) {
  std::vector<std::string> literals(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\';
    if (escaped && (++i == text.size() || kMeta.find(text[i]) == std::string_view::npos)) return false;
    if (text[i] == '|' && !escaped) {
      literals.emplace_back();
    } else if (!escaped && kMeta.find(text[i]) != std::string_view::npos) {
      return false;
    } else {
      literals.back() += text[i];
    }
  }
  std::sort(literals.begin(), literals.end());
  literals_ = std::move(literals);
  return true;
}

bool Pattern::matches_simply(std::string_view text) const {
  switch (kind_) {
    case Kind::kAnything:
      return true;
    case Kind::kSomething:
      return !text.empty();
    default:
      return literals_.size() == 1 ? literals_[0] == text
                                   : std::binary_search(literals_.begin(), literals_.end(), text);
  }
}

bool Pattern::matches(std::string_view text) const {
  if (!expression_) return matches_simply(text);
  if (search(*expression_, text, 0, nullptr)) return true;
  return !is_utf8(text) && search(*expression_, repair_utf8(text), 0, nullptr);
}

bool Pattern::find(std::string_view text, std::size_t from, PatternMatch& match) const {
  match.groups.assign(group_names_.size(), {});
  if (text.data() == nullptr) text = "";  // a group that takes part, though empty
  if (!expression_) {
    if (from > 0 || !matches_simply(text)) return false;
    std::fill(match.groups.begin(), match.groups.end(), text);
    return true;
  }
  if (search(*expression_, text, from, &match.groups)) return true;
  // Go takes a byte that is no UTF-8 for U+FFFD; RE2 takes it for nothing.
  if (from > 0 || is_utf8(text)) return false;
  match.repaired = repair_utf8(text);
  return search(*expression_, match.repaired, 0, &match.groups);
}

}  // namespace kubevitals::discovery
