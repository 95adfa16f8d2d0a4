#include "state/family_header.h"

#include <string_view>

namespace kubevitals::state {
namespace {

std::string_view type_name(MetricType type, TextFormat format) {
  const bool all_types = format == TextFormat::kOpenMetrics;
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kInfo:
      return all_types ? "info" : "gauge";
    case MetricType::kStateSet:
      return all_types ? "stateset" : "gauge";
    case MetricType::kGauge:
      break;
  }
  return "gauge";
}

void append_escaped_help(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

void append_family_header(std::string& out, const FamilyInfo& family, TextFormat format) {
  out.append("# HELP ").append(family.name).push_back(' ');
  if (family.stability == Stability::kStable) out.append("[STABLE] ");
  if (!family.deprecated_since.empty()) {
    out.append("(Deprecated since ").append(family.deprecated_since).append(") ");
  }
  append_escaped_help(out, family.help);
  out.append("\n# TYPE ").append(family.name).push_back(' ');
  out.append(type_name(family.type, format)).push_back('\n');
}

}  // namespace kubevitals::state
