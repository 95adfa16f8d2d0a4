#include "exposition/negotiation.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>
#include <vector>

#include "net/http_message.h"

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
    std::string_view element = net::take_element(list, ',');
    if (element.empty()) continue;
    Clause clause;
    clause.value = lower(net::take_element(element, ';'));
    while (!element.empty()) {
      std::string_view value = net::take_element(element, ';');
      const std::string name = lower(net::take_element(value, '='));
      value = net::trim_blanks(value);
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
