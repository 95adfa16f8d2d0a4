#include "usage/sinks/influxdb/line_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kMillisecond = 1'000'000;
constexpr std::array<std::string_view, 4> kLeftOut{"host_id", "hostname", "namespace_id", "pod_id"};

// Of a measurement (which may have "="), a tag's name or value.
void append_escaped(std::string& out, std::string_view text, bool measurement = false) {
  for (const char c : text) {
    if (c == ',' || c == ' ' || (c == '=' && !measurement)) out.push_back('\\');
    out.push_back(c == '\n' || c == '\r' ? '_' : c);
  }
  // It would escape what follows.
  if (!text.empty() && text.back() == '\\') out.back() = '_';
}

void append_tag(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.push_back(',');
  append_escaped(out, name);
  out.push_back('=');
  append_escaped(out, value);
}

using Tags = std::vector<Label>;

Tags tags_of(const InfluxdbFormat& format, const SetLabels& labels) {
  Tags tags;
  for (const auto& [name, value] : labels) {
    if (std::find(kLeftOut.begin(), kLeftOut.end(), name) == kLeftOut.end()) tags.emplace_back(name, value);
  }
  put_label(tags, "cluster_name", format.cluster_name);
  return tags;
}

// ",cluster_name=default,nodename=n"
std::string text_of(const Tags& tags) {
  std::string text;
  for (const auto& [name, value] : tags) append_tag(text, name, value);
  return text;
}

void append_value(std::string& out, const NamedValue& value) {
  if (value.value_type == ValueType::kInt64) {
    append_integer(out, value.as_int());
    out.push_back('i');
    return;
  }
  char digits[400];  // 1e308, written out
  const auto end =
      std::to_chars(digits, digits + sizeof(digits), as_float(value.value), std::chars_format::fixed).ptr;
  out.append(digits, end);
}

bool has_rate(std::string_view name) {
  const auto is_it = [name](const RateOf& rate) { return describe(rate.counter).name == name; };
  return std::any_of(rates().begin(), rates().end(), is_it) ||
         std::any_of(labelled_rates().begin(), labelled_rates().end(), is_it);
}

// The lines of one set with the same tags.
class Lines {
 public:
  Lines(const InfluxdbFormat& format, Nanos timestamp, Piece& piece) : format_(format), piece_(piece) {
    end_.push_back(' ');
    append_integer(end_, timestamp / kMillisecond);
    end_.push_back('\n');
  }

  void set_tags(std::string tags) {
    flush();
    tags_ = std::move(tags);
  }

  void add(const NamedValue& value) {
    if (!is_finite(value) || (format_.disable_counters && has_rate(value.name))) return;
    ++piece_.points;
    if (!format_.with_fields) {
      append_escaped(piece_.text, value.name, true);
      piece_.text.append(tags_).append(" value=");
      append_value(piece_.text, value);
      piece_.text.append(end_);
      return;
    }
    const std::size_t slash = value.name.find('/');
    std::string& fields = fields_of(value.name.substr(0, slash));
    if (!fields.empty()) fields.push_back(',');
    append_escaped(fields, slash == std::string_view::npos ? "value" : value.name.substr(slash + 1));
    fields.push_back('=');
    append_value(fields, value);
  }

  // Writes the fields that were put together.
  void flush() {
    for (auto& [measurement, fields] : fields_) {
      append_escaped(piece_.text, measurement, true);
      piece_.text.append(tags_).append(" ").append(fields).append(end_);
    }
    fields_.clear();
  }

 private:
  std::string& fields_of(std::string_view measurement) {
    for (auto& [name, fields] : fields_) {
      if (name == measurement) return fields;
    }
    return fields_.emplace_back(measurement, std::string()).second;
  }

  const InfluxdbFormat& format_;
  Piece& piece_;
  std::string tags_;
  std::string end_;
  std::vector<std::pair<std::string_view, std::string>> fields_;  // by measurement
};

}  // namespace

void append_influxdb(const InfluxdbFormat& format, const MetricSet& set, const SetLabels& labels,
                     Nanos timestamp, Piece& piece) {
  const Tags tags = tags_of(format, labels);
  Lines lines(format, timestamp, piece);
  lines.set_tags(text_of(tags));
  set.for_each_value([&](const NamedValue& value) { lines.add(value); });
  const LabelValues* last = nullptr;
  set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& texts) {
    if (last != &texts) {
      Tags all = tags;
      put_labels(all, kind, texts);
      lines.set_tags(text_of(all));
      last = &texts;
    }
    lines.add(value);
  });
  lines.flush();
}

}  // namespace kubevitals::usage
