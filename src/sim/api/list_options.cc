#include "sim/api/list_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace kubevitals::sim {
namespace {

std::string_view value_of(const net::QueryParameters& query, std::string_view name) {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

bool is_true(std::string_view text) {
  return text == "true" || text == "1" || text == "True" || text == "t";
}

ApiError invalid_options(std::string_view field, std::string_view why) {
  return invalid("meta.k8s.io", "ListOptions", "", field, why);
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Rules of apimachinery's ValidateListOptions.
std::optional<ApiError> check(const ListOptions& options, std::string_view match, bool watch_list) {
  using Match = ListOptions::Match;
  if (options.send_initial_events) {
    if (!options.watch)
      return invalid_options("sendInitialEvents", "Forbidden: it is for watches, not for lists");
    if (!watch_list)
      return invalid_options("sendInitialEvents", "Forbidden: the server does not offer WatchList");
    if (options.match != Match::kNotOlderThan) {
      return invalid_options("resourceVersionMatch",
                             "Forbidden: sendInitialEvents requires resourceVersionMatch=NotOlderThan");
    }
    return std::nullopt;
  }
  if (match.empty()) return std::nullopt;
  if (options.watch) return invalid_options("resourceVersionMatch", "Forbidden: not for watches");
  if (!options.rv) {
    return invalid_options("resourceVersionMatch", "Forbidden: it needs a resourceVersion");
  }
  if (!options.continue_token.empty()) {
    return invalid_options("resourceVersionMatch", "Forbidden: not together with continue");
  }
  if (options.match == Match::kUnset) {
    return invalid_options("resourceVersionMatch", "Unsupported value: must be Exact or NotOlderThan");
  }
  if (options.match == Match::kExact && *options.rv == 0) {
    return invalid_options("resourceVersionMatch", "Forbidden: Exact is not for resourceVersion 0");
  }
  return std::nullopt;
}

std::optional<ApiError> parse_selectors(ListOptions& options, const net::QueryParameters& query,
                                        const kube::ResourceType& type, std::string_view name) {
  Result<LabelSelector> labels = LabelSelector::parse(value_of(query, "labelSelector"));
  if (!labels) return bad_request(labels.error().message);
  options.selection.labels = std::move(*labels);
  std::string text(value_of(query, "fieldSelector"));
  if (!name.empty()) text = fmt::format("{}{}metadata.name={}", text, text.empty() ? "" : ",", name);
  Result<FieldSelector> fields = FieldSelector::parse(text, type.kind);
  if (!fields) return bad_request(fields.error().message);
  options.selection.fields = std::move(*fields);
  return std::nullopt;
}

}  // namespace

ApiResult<std::optional<std::uint64_t>> parse_resource_version(std::string_view text) {
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  if (!parse_number(text, number)) {
    return bad_request(fmt::format("cannot use resourceVersion \"{}\": not a number", text.substr(0, 64)));
  }
  return std::optional(number);
}

ApiResult<ListOptions> parse_list_options(const net::QueryParameters& query, const kube::ResourceType& type,
                                          std::string_view ns, std::string_view name, bool watch_list) {
  ListOptions options;
  options.selection.ns = ns;
  options.watch = is_true(value_of(query, "watch"));
  options.bookmarks = is_true(value_of(query, "allowWatchBookmarks"));
  if (const std::string_view text = value_of(query, "sendInitialEvents"); !text.empty()) {
    options.send_initial_events = is_true(text);
  }
  ApiResult<std::optional<std::uint64_t>> rv = parse_resource_version(value_of(query, "resourceVersion"));
  if (!rv) return rv.error();
  options.rv = *rv;
  const std::string_view match = value_of(query, "resourceVersionMatch");
  if (match == "Exact") options.match = ListOptions::Match::kExact;
  if (match == "NotOlderThan") options.match = ListOptions::Match::kNotOlderThan;
  if (const std::string_view text = value_of(query, "limit"); !text.empty()) {
    std::int64_t limit = 0;
    if (!parse_number(text, limit)) return bad_request("cannot use limit: not a number");
    options.limit = limit < 0 ? 0 : static_cast<std::size_t>(limit);
  }
  if (const std::string_view text = value_of(query, "timeoutSeconds"); !text.empty()) {
    std::int64_t seconds = 0;
    if (!parse_number(text, seconds)) return bad_request("cannot use timeoutSeconds: not a number");
    if (seconds > 0) options.timeout_seconds = std::min<std::int64_t>(seconds, 24 * 3600);
  }
  options.continue_token = value_of(query, "continue");
  if (std::optional<ApiError> error = check(options, match, watch_list)) return std::move(*error);
  if (std::optional<ApiError> error = parse_selectors(options, query, type, name)) return std::move(*error);
  return options;
}

namespace {

// base64 without padding, in the alphabet for URLs (RFC 4648 section 5).
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode_base64(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) out.push_back(kAlphabet[bits >> (count - 6) & 63]);
  }
  if (count != 0) out.push_back(kAlphabet[bits << (6 - count) & 63]);
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>(bits >> count & 255));
    }
  }
  return out;
}

}  // namespace

std::string ContinueToken::encode() const {
  return encode_base64(
      json::serialize(json::object({{"v", "meta.k8s.io/v1"}, {"rv", rv}, {"start", start}})));
}

std::optional<ContinueToken> ContinueToken::decode(std::string_view text) {
  const std::optional<std::string> bytes = decode_base64(text);
  if (!bytes) return std::nullopt;
  boost::system::error_code error;
  const json::value value = json::parse(*bytes, error);
  const json::object* object = error ? nullptr : value.if_object();
  if (object == nullptr) return std::nullopt;
  const json::value* version = object->if_contains("v");
  const json::value* rv = object->if_contains("rv");
  const json::value* start = object->if_contains("start");
  if (version == nullptr || !version->is_string() || version->get_string() != "meta.k8s.io/v1")
    return std::nullopt;
  if (rv == nullptr || !rv->is_int64() || rv->get_int64() < -1 || rv->get_int64() == 0) return std::nullopt;
  if (start == nullptr || !start->is_string() || start->get_string().empty()) return std::nullopt;
  return ContinueToken{rv->get_int64(), std::string(start->get_string())};
}

}  // namespace kubevitals::sim
