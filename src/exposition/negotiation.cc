#include "exposition/negotiation.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <vector>

namespace kubevitals::exposition {
namespace {

constexpr std::string_view kTextType = "text/plain; version=0.0.4; charset=utf-8";

// How names beyond the classic characters may be escaped; the first is the default.
struct Escaping {
  std::string_view name;
  std::string_view open_metrics_0_0_1;
  std::string_view open_metrics_1_0_0;
};
#define KUBEVITALS_ESCAPING(name)                                                       \
  Escaping {                                                                            \
    name, "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=" name, \
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=" name    \
  }
constexpr Escaping kEscapings[] = {KUBEVITALS_ESCAPING("underscores"), KUBEVITALS_ESCAPING("allow-utf-8"),
                                   KUBEVITALS_ESCAPING("dots"), KUBEVITALS_ESCAPING("values")};
#undef KUBEVITALS_ESCAPING

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes what stands before the next separator off the front.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return out;
}

// One element of a list such as "text/plain;version=0.0.4;q=0.5".
struct Clause {
  std::string value;
  std::string version;
  std::string escaping;
  std::string encoding;
  double quality = 1;
};

std::vector<Clause> parse(std::string_view list) {
  std::vector<Clause> clauses;
  while (!list.empty()) {
    std::string_view element = take(list, ',');
    if (element.empty()) continue;
    Clause clause;
    clause.value = lower(take(element, ';'));
    while (!element.empty()) {
      std::string_view value = take(element, ';');
      const std::string name = lower(take(value, '='));
      value = trim(value);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      if (name == "version") clause.version = value;
      if (name == "escaping") clause.escaping = value;
      if (name == "encoding") clause.encoding = value;
      if (name == "q") {
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), clause.quality);
        if (error != std::errc() || end != value.data() + value.size()) clause.quality = 1;
      }
    }
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

}  // namespace

Negotiated negotiate_format(std::string_view accept) {
  std::vector<Clause> clauses = parse(accept);
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const Clause& a, const Clause& b) { return a.quality > b.quality; });
  const Escaping* escaping = kEscapings;
  for (const Clause& clause : clauses) {
    if (!(clause.quality > 0)) break;
    const auto* known = std::find_if(std::begin(kEscapings), std::end(kEscapings),
                                     [&](const Escaping& e) { return e.name == clause.escaping; });
    if (known != std::end(kEscapings)) escaping = known;
    if (clause.value == "text/plain" && (clause.version.empty() || clause.version == "0.0.4")) break;
    if (clause.value == "application/vnd.google.protobuf" && !clause.encoding.empty()) break;
    if (clause.value != "application/openmetrics-text") continue;
    if (clause.version == "1.0.0") return {Format::kOpenMetrics, escaping->open_metrics_1_0_0};
    if (clause.version == "0.0.1" || clause.version.empty())
      return {Format::kOpenMetrics, escaping->open_metrics_0_0_1};
  }
  return {Format::kText, kTextType};
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  for (const Clause& clause : parse(accept_encoding)) {
    if (clause.value == "gzip" || clause.value == "x-gzip") return clause.quality > 0;
    if (clause.value == "*") any = clause.quality > 0;
  }
  return any;
}

}  // namespace kubevitals::exposition
