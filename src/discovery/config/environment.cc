#include "discovery/config/environment.h"

namespace kubevitals::discovery {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// A shell's variable of one character.
bool is_special(char c) {
  return std::string_view("*#$@!?-0123456789").find(c) != std::string_view::npos;
}

struct Reference {
  std::string name;
  std::size_t length = 0;  // after the "$"
};

Reference reference_at(std::string_view text) {
  if (text.starts_with('{')) {
    if (text.size() > 2 && is_special(text[1]) && text[2] == '}') return {std::string(1, text[1]), 3};
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return {"", 1};
    return {std::string(text.substr(1, end - 1)), end + 1};
  }
  if (is_special(text[0])) return {std::string(1, text[0]), 1};
  std::size_t length = 0;
  while (length < text.size() && is_name(text[length])) ++length;
  return {std::string(text.substr(0, length)), length};
}

}  // namespace

std::string expand_variables(std::string_view text,
                             const std::function<std::string(const std::string& name)>& lookup) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos || dollar + 1 == text.size()) break;
    out.append(text.substr(0, dollar));
    text.remove_prefix(dollar + 1);
    const Reference reference = reference_at(text);
    if (!reference.name.empty()) {
      out.append(lookup(reference.name));
    } else if (reference.length == 0) {
      out.push_back('$');
    }
    text.remove_prefix(reference.length);
  }
  return out.append(text);
}

}  // namespace kubevitals::discovery
