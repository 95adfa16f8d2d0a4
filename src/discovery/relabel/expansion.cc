#include "discovery/relabel/expansion.h"

#include <optional>

#include "base/go_text.h"

namespace kubevitals::discovery {
namespace {

struct Variable {
  std::string_view name;
  std::size_t bytes = 0;  // in the text, without the "$"
};

// The variable at the beginning of what follows a "$".
std::optional<Variable> parse_variable(std::string_view text) {
  const bool braced = text.starts_with('{');
  const std::string_view inside = text.substr(braced ? 1 : 0);
  std::size_t size = 0;
  while (size < inside.size()) {
    const Rune rune = decode_rune(inside.substr(size));
    if (!is_letter(rune.value) && !is_digit(rune.value) && rune.value != '_') break;
    size += rune.bytes;
  }
  if (size == 0) return std::nullopt;
  if (!braced) return Variable{inside.substr(0, size), size};
  if (size == inside.size() || inside[size] != '}') return std::nullopt;
  return Variable{inside.substr(0, size), size + 2};
}

// Plain digits are a number, unless there are leading zeros or many of them.
std::optional<std::size_t> parse_number(std::string_view name) {
  if (name.size() > 1 && name[0] == '0') return std::nullopt;
  std::size_t number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9' || number >= 100'000'000) return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return number;
}

}  // namespace

Expansion::Expansion(std::string_view text, const Pattern& pattern) {
  for (std::size_t dollar; (dollar = text.find('$')) != std::string_view::npos;) {
    add_literal(text.substr(0, dollar));
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      add_literal("$");
      text.remove_prefix(1);
    } else if (const auto variable = parse_variable(text)) {
      add_variable(variable->name, pattern);
      text.remove_prefix(variable->bytes);
    } else {
      add_literal("$");
    }
  }
  add_literal(text);
}

void Expansion::add_literal(std::string_view text) {
  if (parts_.empty() || !parts_.back().groups.empty()) parts_.emplace_back();
  parts_.back().literal.append(text);
}

void Expansion::add_variable(std::string_view name, const Pattern& pattern) {
  const std::vector<std::string>& names = pattern.group_names();
  std::vector<std::size_t> groups;
  if (const auto number = parse_number(name)) {
    if (*number < names.size()) groups.push_back(*number);
  } else {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) groups.push_back(i);
    }
  }
  if (groups.empty()) return;
  if (parts_.empty() || !parts_.back().groups.empty()) parts_.emplace_back();
  parts_.back().groups = std::move(groups);
}

bool Expansion::is_constant() const {
  return parts_.empty() || (parts_.size() == 1 && parts_.front().groups.empty());
}

bool Expansion::append(const PatternMatch& match, std::string& out) const {
  for (const Part& part : parts_) {
    if (out.size() > kMaxBytes) return false;
    out.append(part.literal);
    for (const std::size_t group : part.groups) {
      if (match.groups[group].data() == nullptr) continue;
      out.append(match.groups[group]);
      break;
    }
  }
  return out.size() <= kMaxBytes;
}

}  // namespace kubevitals::discovery
