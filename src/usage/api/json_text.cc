#include "usage/api/json_text.h"

#include <charconv>
#include <cmath>

#include "base/rfc3339.h"
#include "base/yaml_scalar.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400;
// What kNoTime stands for.
constexpr std::string_view kYearOne = "\"0001-01-01T00:00:00Z\"";

template <typename T>
void append_number(std::string& out, T value) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

std::int64_t whole_seconds(Nanos time) {
  return time / kSecond - (time % kSecond < 0 ? 1 : 0);
}

void append_two_digits(std::string& out, std::int64_t value) {
  out.push_back(static_cast<char>('0' + value / 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

}  // namespace

void append_integer(std::string& out, std::int64_t value) {
  append_number(out, value);
}

void append_unsigned(std::string& out, std::uint64_t value) {
  append_number(out, value);
}

void append_float(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  // Go's choice between the two forms.
  const double size = std::abs(value);
  const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  char digits[64];
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof digits, value,
                    exponent ? std::chars_format::scientific : std::chars_format::fixed);
  std::string_view text(digits, static_cast<std::size_t>(end - digits));
  // "1e-09" is written as "1e-9".
  const std::size_t zero = text.find("e-0");
  if (zero == std::string_view::npos) {
    out.append(text);
  } else {
    out.append(text.substr(0, zero + 2)).append(text.substr(zero + 3));
  }
}

void append_time(std::string& out, Nanos time) {
  if (time == kNoTime) {
    out.append(kYearOne);
    return;
  }
  const std::int64_t seconds = whole_seconds(time);
  std::string text = format_rfc3339(seconds);
  if (const Nanos rest = time - seconds * kSecond; rest != 0) {
    std::string fraction = std::to_string(kSecond + rest);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    fraction[0] = '.';
    text.insert(text.size() - 1, fraction);
  }
  out.append("\"").append(text).append("\"");
}

void TimeText::append(std::string& out, Nanos time) {
  if (time != kNoTime && time % kSecond != 0) {
    append_time(out, time);
  } else {
    append_seconds(out, time);
  }
}

void TimeText::append_seconds(std::string& out, Nanos time) {
  if (time == kNoTime) {
    out.append(kYearOne);
    return;
  }
  const std::int64_t seconds = whole_seconds(time);
  const std::int64_t day = seconds / kDay - (seconds % kDay < 0 ? 1 : 0);
  if (day != day_) {
    date_ = format_rfc3339(day * kDay);
    date_.resize(date_.find('T') + 1);
    day_ = day;
  }
  const std::int64_t rest = seconds - day * kDay;
  out.append("\"").append(date_);
  append_two_digits(out, rest / 3600);
  out.push_back(':');
  append_two_digits(out, rest / 60 % 60);
  out.push_back(':');
  append_two_digits(out, rest % 60);
  out.append("Z\"");
}

std::string string_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list.push_back(',');
    append_json_string(list, text);
  }
  list.push_back(']');
  return list;
}

bool JsonTexts::takes(char c) {
  if (!inside_) {
    inside_ = c == '"';
    return false;
  }
  if (c == '"' && !escaped_) inside_ = false;
  escaped_ = c == '\\' && !escaped_;
  return true;
}

void JsonIndenter::new_line(std::string& out) const {
  out.append("\n").append(prefix_);
  for (std::size_t i = 0; i < depth_; ++i) out.append(indent_);
}

void JsonIndenter::append(std::string& out, std::string_view json) {
  for (const char c : json) {
    if (text_.takes(c)) {
      out.push_back(c);
      continue;
    }
    const bool closes = c == '}' || c == ']';
    if (opened_ && !closes) {
      ++depth_;
      new_line(out);
    } else if (closes && !opened_) {
      --depth_;
      new_line(out);
    }
    opened_ = c == '{' || c == '[';
    out.push_back(c);
    if (c == ',') new_line(out);
    if (c == ':') out.push_back(' ');
  }
}

void YamlWriter::begin_item(std::string& out, bool on_new_line) const {
  if (on_new_line) out.append("\n").append(2 * (open_.size() - 1), ' ');
  if (open_.back() == '[') out.append("- ");
}

void YamlWriter::append(std::string& out, std::string_view json) {
  for (const char c : json) {
    if (text_.takes(c)) {
      out.push_back(c);
      continue;
    }
    if (c == '}' || c == ']') {
      if (opened_) out.append(named_ ? " " : "").append({open_.back(), c});
      open_.pop_back();
      opened_ = named_ = false;
      continue;
    }
    if (opened_) {
      begin_item(out, named_);
      named_ = false;
    }
    opened_ = c == '{' || c == '[';
    if (opened_) {
      open_.push_back(c);
    } else if (c == ',') {
      begin_item(out, true);
    } else {
      if (c != ':' && named_) out.push_back(' ');
      out.push_back(c);
      named_ = c == ':';
    }
  }
}

std::string indent_json(std::string_view json, std::string_view prefix, std::string_view indent) {
  std::string out;
  JsonIndenter(prefix, indent).append(out, json);
  return out;
}

}  // namespace kubevitals::usage
