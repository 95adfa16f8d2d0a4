#include "usage/sinks/remote_write/write_request.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "base/utf8.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

using Labels = std::vector<std::pair<std::string, std::string_view>>;

constexpr Nanos kMillisecond = 1'000'000;
constexpr std::array<std::string_view, 4> kLeftOut{"host_id", "hostname", "namespace_id", "pod_id"};

// Wire types of protobuf.
constexpr std::uint8_t kVarint = 0;
constexpr std::uint8_t kFixed64 = 1;
constexpr std::uint8_t kBytes = 2;

constexpr char tag(std::uint8_t field, std::uint8_t wire_type) {
  return static_cast<char>(field << 3 | wire_type);
}

// Field numbers.
constexpr char kWriteRequestTimeseries = tag(1, kBytes);
constexpr char kTimeSeriesLabels = tag(1, kBytes);
constexpr char kTimeSeriesSamples = tag(2, kBytes);
constexpr char kLabelName = tag(1, kBytes);
constexpr char kLabelValue = tag(2, kBytes);
constexpr char kSampleValue = tag(1, kFixed64);
constexpr char kSampleTimestamp = tag(2, kVarint);

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

std::size_t varint_size(std::uint64_t value) {
  return static_cast<std::size_t>(std::bit_width(value | 1) + 6) / 7;
}

void append_bytes(std::string& out, char field, std::string_view bytes) {
  out.push_back(field);
  append_varint(out, bytes.size());
  out.append(bytes);
}

std::size_t bytes_size(std::size_t length) {
  return 1 + varint_size(length) + length;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out.push_back(kTimeSeriesLabels);
  append_varint(out, bytes_size(name.size()) + bytes_size(value.size()));
  append_bytes(out, kLabelName, name);
  append_bytes(out, kLabelValue, value);
}

std::string sanitised(std::string_view text) {
  std::string name;
  for (const char c : text) {
    name.push_back(is_ascii_alnum(c) ? c : '_');
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "_");
  return name;
}

constexpr std::string_view kName = "__name__";

// The labels of a series in the order of their names, encoded: those before and those behind __name__.
class EncodedLabels {
 public:
  explicit EncodedLabels(Labels labels) {
    std::stable_sort(labels.begin(), labels.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const auto& [name, value] = labels[i];
      // Of those with the same name the first one counts; one without a value is as good as none.
      if (value.empty() || name == kName || (i > 0 && labels[i - 1].first == name)) continue;
      std::string& out = name < kName ? before_ : behind_;
      if (is_utf8(value)) {
        append_label(out, name, value);
      } else {
        append_label(out, name, repair_utf8(value));
      }
    }
  }

  // Appends a TimeSeries with one sample; `name` is a whole label.
  void append_series(std::string& out, std::string_view name, const NamedValue& value,
                     std::uint64_t timestamp) const {
    const std::size_t sample_length = 1 + sizeof(double) + 1 + varint_size(timestamp);
    out.push_back(kWriteRequestTimeseries);
    append_varint(out, before_.size() + name.size() + behind_.size() + bytes_size(sample_length));
    out.append(before_);
    out.append(name);
    out.append(behind_);
    out.push_back(kTimeSeriesSamples);
    append_varint(out, sample_length);
    out.push_back(kSampleValue);
    const auto bits = std::bit_cast<std::uint64_t>(value.as_double());
    for (unsigned shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(bits >> shift));
    out.push_back(kSampleTimestamp);
    append_varint(out, timestamp);
  }

 private:
  std::string before_;
  std::string behind_;
};

}  // namespace

std::string remote_write_name(const RemoteWriteFormat& format, std::string_view metric, MetricType type) {
  std::string name = sanitised(format.prefix + std::string(metric));
  if (type == MetricType::kCumulative) name.append("_total");
  return name;
}

RemoteWriter::RemoteWriter(RemoteWriteFormat format, std::string separator)
    : format_(std::move(format)), separator_(std::move(separator)) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const MetricDescriptor& metric = describe(static_cast<Metric>(i));
    append_label(name_labels_[metric.name.data()], kName,
                 remote_write_name(format_, metric.name, metric.type));
  }
}

std::string_view RemoteWriter::name_label(const NamedValue& value, std::string& own) const {
  const auto found = name_labels_.find(value.name.data());
  if (found != name_labels_.end()) return found->second;
  own.clear();
  append_label(own, kName, remote_write_name(format_, value.name, value.type));
  return own;
}

void RemoteWriter::append(const MetricSet& set, const SetLabels& labels, Nanos timestamp,
                          Piece& piece) const {
  Labels own;
  if (!format_.cluster.empty()) own.emplace_back("cluster", format_.cluster);
  for (const auto& [name, value] : labels) {
    if (std::find(kLeftOut.begin(), kLeftOut.end(), name) != kLeftOut.end()) continue;
    if (name != "labels") {
      own.emplace_back(sanitised(name), value);
      continue;
    }
    for (const auto& [key, text] : split_labels(value, separator_)) {
      own.emplace_back("label_" + sanitised(key), text);
    }
  }
  const auto time = static_cast<std::uint64_t>(timestamp / kMillisecond);
  std::string unknown;
  const auto add = [&](const EncodedLabels& encoded, const NamedValue& value) {
    if (!is_finite(value)) return;
    encoded.append_series(piece.text, name_label(value, unknown), value, time);
    ++piece.points;
  };
  EncodedLabels encoded(own);
  set.for_each_value([&](const NamedValue& value) { add(encoded, value); });
  const LabelValues* last = nullptr;
  set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& texts) {
    if (last != &texts) {
      Labels all;
      const auto names = label_names(kind);
      for (std::size_t i = 0; i < names.size() && i < texts.size(); ++i) all.emplace_back(names[i], texts[i]);
      all.insert(all.end(), own.begin(), own.end());
      encoded = EncodedLabels(std::move(all));
      last = &texts;
    }
    add(encoded, value);
  });
}

}  // namespace kubevitals::usage
