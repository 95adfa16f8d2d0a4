#include <algorithm>
#include <utility>

#include "kube/selectors.h"

namespace kubevitals::kube {
namespace {

// Commas behind a backslash do not separate terms; the backslash stays.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  terms.push_back(text.substr(begin));
  return terms;
}

Result<std::string> unescape(std::string_view selector, std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == ',' || value[i] == '=') {
      return FieldSelector::failure(
          selector, std::string("\"") + value[i] + "\" in a value must be escaped by a backslash");
    }
    if (value[i] == '\\') {
      const char escaped = i + 1 < value.size() ? value[++i] : '\0';
      if (escaped != '\\' && escaped != ',' && escaped != '=') {
        return FieldSelector::failure(selector, "a backslash can only stand before \"\\\", \",\" and \"=\"");
      }
    }
    text.push_back(value[i]);
  }
  return text;
}

}  // namespace

Error FieldSelector::failure(std::string_view text, std::string why) {
  return {ErrorCode::kInvalid,
          "cannot parse field selector \"" + std::string(text.substr(0, 256)) + "\": " + std::move(why)};
}

Result<FieldSelector> FieldSelector::parse(std::string_view text) {
  FieldSelector selector;
  for (const std::string_view term : split_terms(text)) {
    if (term.empty()) continue;
    const std::size_t at = std::min(term.find('='), term.find("!="));
    if (at == std::string_view::npos) {
      return failure(text, "\"" + std::string(term.substr(0, 128)) + "\" has no operator");
    }
    Requirement requirement;
    requirement.equal = term[at] == '=';
    const std::string_view op = term.substr(at, 2);
    const std::size_t width = op == "!=" || op == "==" ? 2 : 1;
    requirement.field = term.substr(0, at);
    Result<std::string> value = unescape(text, term.substr(at + width));
    if (!value) return value.error();
    requirement.value = std::move(*value);
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

}  // namespace kubevitals::kube
