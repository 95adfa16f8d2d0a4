// The regular expressions of relabelling rules.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace kubevitals::discovery {

// Where a pattern was found. Views point into the text that was looked at, or into `repaired`.
struct PatternMatch {
  std::vector<std::string_view> groups;  // the whole match first; data() is null: the group took no part
  std::string repaired;                  // the text, when it is no UTF-8: a U+FFFD for each bad byte
};

// A rule's expression, in Go's syntax, which is RE2's with a few differences that are evened out here. It is
// wrapped as "^(?s:...)$" as the incumbent wraps it. Most expressions in use are a literal, a few literals,
// or accept anything: those are compared without RE2. Movable; may be used from several threads.
class Pattern final {
 public:
  // kInvalid with the incumbent's message, which quotes the wrapped expression where Go does.
  static Result<Pattern> compile(std::string_view text);
  // One that matches nothing.
  static Pattern nothing();

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  bool matches(std::string_view text) const;

  // Looks for the first match at `from` or behind. Only a pattern that closes the parenthesis it is wrapped
  // in
  // ("a)|(b") finds anything but the whole text.
  bool find(std::string_view text, std::size_t from, PatternMatch& match) const;

  // Whether looking costs next to nothing.
  bool is_simple() const { return expression_ == nullptr; }

  // By number of the group, "" for those without a name, and for the whole. Names may come more than once.
  const std::vector<std::string>& group_names() const { return group_names_; }

 private:
  enum class Kind { kExpression, kAnything, kSomething, kLiterals };

  Pattern();
  bool recognize(std::string_view text);
  bool recognize_literals(std::string_view text);
  bool matches_simply(std::string_view text) const;

  Kind kind_ = Kind::kExpression;
  std::vector<std::string> literals_;
  std::unique_ptr<const re2::RE2> expression_;  // null when the kind says it all
  std::vector<std::string> group_names_;
};

}  // namespace kubevitals::discovery
