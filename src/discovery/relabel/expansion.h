// What a match is turned into.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "discovery/relabel/pattern.h"

namespace kubevitals::discovery {

// A text with variables for the groups of a match, as Go's regexp.Expand has them: $name takes the longest
// run of letters, digits and "_", ${name} is exact, $$ is "$"; what is none of these stays as it is. A group
// that does not exist, or took no part in the match, is empty. Immutable.
class Expansion final {
 public:
  Expansion() = default;
  // The groups are those of the pattern whose matches will be expanded.
  Expansion(std::string_view text, const Pattern& pattern);

  // Whether it is the same for every match: that of constant().
  bool is_constant() const;
  std::string_view constant() const { return parts_.empty() ? std::string_view() : parts_.front().literal; }

  // False when `out` gets longer than this, which no label is; what is in it is of no use then. Rules that
  // double a value again and again would take all memory.
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
  bool append(const PatternMatch& match, std::string& out) const;

 private:
  struct Part {
    std::string literal;              // first this
    std::vector<std::size_t> groups;  // then the first of these that took part
  };

  void add_literal(std::string_view text);
  void add_variable(std::string_view name, const Pattern& pattern);

  std::vector<Part> parts_;
};

}  // namespace kubevitals::discovery
