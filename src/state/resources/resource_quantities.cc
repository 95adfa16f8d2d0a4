#include "state/resources/resource_quantities.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "base/quantity.h"
#include "state/label_names.h"

namespace kubevitals::state {
namespace {

constexpr std::string_view kCore = "core";
constexpr std::string_view kByte = "byte";
constexpr std::string_view kInteger = "integer";

// The largest number of units that fits an int64 in thousandths: resource.MaxMilliValue.
constexpr auto kMaxMilliValue = static_cast<double>(std::numeric_limits<std::int64_t>::max() / 1000);

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// An RFC 1123 label: lower case letters, digits and inner dashes.
bool is_dns_label(std::string_view label) {
  const auto ends_well = [](char c) { return is_alphanumeric(c) && !(c >= 'A' && c <= 'Z'); };
  if (label.empty() || !ends_well(label.front()) || !ends_well(label.back())) return false;
  return std::all_of(label.begin(), label.end(), [&](char c) { return ends_well(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view name) {
  if (name.size() > 253) return false;
  for (;;) {
    const std::size_t dot = name.find('.');
    if (!is_dns_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// Letters, digits and inner dashes, underscores and dots; 63 at most.
bool is_qualified_name_part(std::string_view name) {
  if (name.empty() || name.size() > 63) return false;
  if (!is_alphanumeric(name.front()) || !is_alphanumeric(name.back())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

// Something like "nvidia.com/gpu". Its quota's name, "requests.nvidia.com/gpu", must be a valid one.
bool is_extended_resource(std::string_view name) {
  constexpr std::string_view kQuotaPrefix = "requests.";
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || name.find("kubernetes.io/") != std::string_view::npos ||
      name.starts_with(kQuotaPrefix)) {
    return false;
  }
  return is_dns_subdomain(std::string(kQuotaPrefix).append(name.substr(0, slash))) &&
         is_qualified_name_part(name.substr(slash + 1));
}

class ListEmitter {
 public:
  ListEmitter(std::initializer_list<exposition::Label> labels, exposition::Emitter& emitter)
      : count_(std::min(labels.size(), kMaxLabels)), emitter_(emitter) {
    std::copy_n(labels.begin(), count_, labels_.begin());
  }

  void emit(std::string_view name, std::string_view unit, std::string_view quantity,
            QuantityRounding rounding) {
    const std::optional<double> value = quantity_value(quantity, rounding);
    if (!value) return;
    const std::string sanitized = sanitize_label_name(name);
    labels_[count_] = {"resource", sanitized};
    labels_[count_ + 1] = {"unit", unit};
    emitter_.sample(std::span(labels_.data(), count_ + 2), *value);
  }

 private:
  static constexpr std::size_t kMaxLabels = 4;
  std::array<exposition::Label, kMaxLabels + 2> labels_;
  std::size_t count_;
  exposition::Emitter& emitter_;
};

}  // namespace

std::optional<double> quantity_value(std::string_view quantity, QuantityRounding rounding) {
  const Result<double> whole = quantity_to_whole(quantity);
  if (!whole) return std::nullopt;
  if (rounding == QuantityRounding::kWhole || *whole > kMaxMilliValue) return *whole;
  const Result<double> milli = quantity_to_milli(quantity);
  if (!milli) return std::nullopt;
  // A double cannot tell the limit from the number behind it; but only the latter has wrapped around.
  return *whole == kMaxMilliValue && *milli < 0 ? *whole : *milli;
}

void emit_resource_list(const kube::ResourceList& list, const QuantityRules& rules,
                        std::initializer_list<exposition::Label> labels, exposition::Emitter& emitter) {
  ListEmitter samples(labels, emitter);
  for (const auto& [name, quantity] : list) {
    if (name == "cpu") {
      samples.emit(name, kCore, quantity, QuantityRounding::kMilli);
    } else if (name == "memory" || name == "ephemeral-storage" || name == "storage") {
      samples.emit(name, kByte, quantity, rules.rounding);
    } else if (rules.pods && name == "pods") {
      samples.emit(name, kInteger, quantity, rules.rounding);
    } else {
      // Not exclusive: "hugepages-2Mi.example.com/x" is both in the incumbent's output.
      if (name.starts_with("hugepages-")) samples.emit(name, kByte, quantity, rules.rounding);
      if (name.starts_with("attachable-volumes-")) samples.emit(name, kByte, quantity, rules.rounding);
      if (is_extended_resource(name)) samples.emit(name, kInteger, quantity, rules.rounding);
    }
  }
}

}  // namespace kubevitals::state
