// Which format and encoding a client wants of a scrape.
#pragma once

#include <string_view>

namespace kubevitals::exposition {

enum class Format { kText, kOpenMetrics };

struct Negotiated {
  Format format = Format::kText;
  std::string_view content_type;  // of the response; lives as long as the program
};

// Chooses by an Accept field. The clauses are tried by quality, the first that can be met decides: text/plain
// (version 0.0.4 or none), application/openmetrics-text (1.0.0, 0.0.1 or none), or protobuf, which is
// answered with text; with none it is text. The content type of OpenMetrics repeats the escaping asked for,
// although names never need any here. A clause with quality 0 counts for nothing. Source: Prometheus'
// expfmt.NegotiateIncludingOpenMetrics, and KSM's use of it.
Negotiated negotiate_format(std::string_view accept);

// Whether an Accept-Encoding field allows gzip: by name or "*", with a quality above zero (RFC 9110, 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace kubevitals::exposition
