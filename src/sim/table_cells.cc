#include "sim/table_cells.h"

#include <fmt/format.h>

#include "base/rfc3339.h"

namespace kubevitals::sim {

std::string human_duration(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour, kYear = 365 * kDay;
  // Clocks differ a little: a second in the future is now.
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  const auto two = [](std::int64_t large, char large_unit, std::int64_t small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", large, large_unit)
                      : fmt::format("{}{}{}{}", large, large_unit, small, small_unit);
  };
  if (seconds < 2 * kMinute) return fmt::format("{}s", seconds);
  if (seconds < 10 * kMinute) return two(seconds / kMinute, 'm', seconds % kMinute, 's');
  if (seconds < 3 * kHour) return fmt::format("{}m", seconds / kMinute);
  if (seconds < 8 * kHour) return two(seconds / kHour, 'h', seconds % kHour / kMinute, 'm');
  if (seconds < 2 * kDay) return fmt::format("{}h", seconds / kHour);
  if (seconds < 8 * kDay) return two(seconds / kDay, 'd', seconds % kDay / kHour, 'h');
  if (seconds < 2 * kYear) return fmt::format("{}d", seconds / kDay);
  if (seconds < 8 * kYear) return two(seconds / kYear, 'y', seconds % kYear / kDay, 'd');
  return fmt::format("{}y", seconds / kYear);
}

std::optional<std::int64_t> time_of(JsonView time) {
  if (time.text().empty()) return std::nullopt;
  const Result<UnixTime> parsed = parse_rfc3339(time.text());
  if (!parsed) return std::nullopt;
  return parsed->seconds;
}

std::string age_of(JsonView time, std::int64_t now) {
  const std::optional<std::int64_t> then = time_of(time);
  return then ? human_duration(now - *then) : "<unknown>";
}

JsonView metadata_of(const json::object& object) {
  return member(object, "metadata");
}
std::string_view name_cell(const json::object& object) {
  return metadata_of(object)["name"].text();
}
std::string age_cell(const json::object& object, std::int64_t now) {
  return age_of(metadata_of(object)["creationTimestamp"], now);
}

std::string scalar_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  return {};
}

std::string join(const json::array& list, std::string_view separator) {
  std::string joined;
  for (const json::value& item : list) {
    if (!joined.empty()) joined += separator;
    joined += scalar_text(item);
  }
  return joined.empty() ? std::string(kNoneCell) : joined;
}

namespace {

void append_labels(std::string& out, JsonView labels) {
  for (const json::key_value_pair& pair : labels.object()) {
    if (!out.empty()) out += ',';
    out.append(pair.key()).append("=").append(scalar_text(pair.value()));
  }
}

void append_expression(std::string& out, JsonView expression) {
  if (!out.empty()) out += ',';
  const std::string_view op = expression["operator"].text();
  const std::string_view key = expression["key"].text();
  if (op == "Exists") {
    out += key;
  } else if (op == "DoesNotExist") {
    out.append("!").append(key);
  } else {
    const json::array& values = expression["values"].list();
    out.append(key).append(op == "In" ? " in (" : " notin (");
    out.append(values.empty() ? "" : join(values)).append(")");
  }
}

}  // namespace

std::string labels_cell(JsonView labels) {
  std::string text;
  append_labels(text, labels);
  return text.empty() ? std::string(kNoneCell) : text;
}

std::string selector_cell(JsonView selector) {
  std::string text;
  append_labels(text, selector["matchLabels"]);
  for (const json::value& expression : selector["matchExpressions"].list()) {
    append_expression(text, JsonView(expression));
  }
  return text.empty() ? std::string(kNoneCell) : text;
}

std::string containers_cell(JsonView template_spec, std::string_view name) {
  std::string text;
  for (const json::value& container : template_spec["spec"]["containers"].list()) {
    if (!text.empty()) text += ',';
    text += JsonView(container)[name].text();
  }
  return text;
}

}  // namespace kubevitals::sim
