#include "usage/sinks/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/go_float.h"
#include "base/go_text.h"
#include "base/rfc3339.h"

namespace kubevitals::usage {

void append_go_value(std::string& out, const NamedValue& value) {
  if (value.value_type == ValueType::kInt64) return append_integer(out, value.as_int());
  append_go_float(out, as_float(value.value));
}

void append_fixed_value(std::string& out, const NamedValue& value) {
  if (value.value_type == ValueType::kInt64) return append_integer(out, value.as_int());
  fmt::format_to(std::back_inserter(out), "{:f}", as_float(value.value));
}

void append_json_value(std::string& out, const NamedValue& value) {
  if (value.value_type == ValueType::kInt64) return append_integer(out, value.as_int());
  const double number = as_float(value.value);
  const double size = std::fabs(number);
  const bool fixed = size == 0 || (size >= 1e-6 && size < 1e21);
  char digits[64];
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(digits, digits + sizeof(digits), number, format).ptr;
  std::string_view text(digits, static_cast<std::size_t>(end - digits));
  // Go writes e-7 for e-07, but e+21 as it is.
  if (!fixed && text.size() > 4 && text.substr(text.size() - 4, 3) == "e-0") {
    out.append(text.substr(0, text.size() - 2)).push_back(text.back());
    return;
  }
  out.append(text);
}

void append_json_text(std::string& out, std::string_view text) {
  const auto plain = [](unsigned char c) {
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
  };
  out.push_back('"');
  while (!text.empty()) {
    const auto stop = std::find_if_not(text.begin(), text.end(), plain);
    const auto size = static_cast<std::size_t>(stop - text.begin());
    out.append(text.substr(0, size));
    text.remove_prefix(size);
    if (text.empty()) break;
    const Rune rune = decode_rune(text);
    switch (rune.value) {
      case '"':
      case '\\':
        out.push_back('\\');
        out.push_back(text.front());
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        if (rune.value >= 0x80 && rune.value != 0x2028 && rune.value != 0x2029 && rune.valid) {
          out.append(text.substr(0, rune.bytes));
        } else {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(rune.value));
        }
    }
    text.remove_prefix(rune.bytes);
  }
  out.push_back('"');
}

void append_json_time(std::string& out, Nanos time) {
  constexpr Nanos kSecond = 1'000'000'000;
  Nanos seconds = time / kSecond;
  Nanos rest = time % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  std::string text = format_rfc3339(seconds);
  if (rest != 0) {
    text.pop_back();
    std::string fraction = fmt::format(".{:09}", rest);
    while (fraction.back() == '0') fraction.pop_back();
    text.append(fraction).append("Z");
  }
  out.append(text);
}

std::vector<std::pair<std::string_view, std::string_view>> split_labels(std::string_view joined,
                                                                        std::string_view separator) {
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  while (!joined.empty()) {
    const std::size_t end =
        separator.empty() ? joined.size() : std::min(joined.find(separator), joined.size());
    const std::string_view text = joined.substr(0, end);
    joined.remove_prefix(std::min(joined.size(), end + separator.size()));
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) labels.emplace_back(text.substr(0, colon), text.substr(colon + 1));
  }
  std::stable_sort(labels.begin(), labels.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return labels;
}

}  // namespace kubevitals::usage
