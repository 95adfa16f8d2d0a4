#include "usage/flag_uri.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "net/curl_url.h"

namespace kubevitals::usage {
namespace {

bool is_name_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// A "$" and what belongs to it, as Go's os.Expand reads it.
struct Reference {
  std::string_view name;  // of the variable; empty: there is none
  std::size_t size;       // behind the "$"; zero: the "$" stands for itself
};

// `rest` is what stands behind a "$", and not empty. Besides names there are variables of one character.
Reference read_reference(std::string_view rest) {
  constexpr std::string_view kSpecial = "*#$@!?-0123456789";
  if (rest.front() != '{') {
    if (kSpecial.find(rest.front()) != std::string_view::npos) return {rest.substr(0, 1), 1};
    const auto* const end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
    const auto size = static_cast<std::size_t>(end - rest.begin());
    return {rest.substr(0, size), size};
  }
  // Braces that do not close, or have nothing between them, are left out.
  const std::size_t close = rest.find('}');
  if (close == std::string_view::npos) return {{}, 1};
  return {rest.substr(1, close - 1), close + 1};
}

std::string expand_environment(std::string_view text) {
  std::string expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      expanded.push_back(text[i]);
      continue;
    }
    const Reference reference = read_reference(text.substr(i + 1));
    if (reference.size == 0) expanded.push_back('$');
    const char* const value =
        reference.name.empty() ? nullptr : std::getenv(std::string(reference.name).c_str());
    if (value != nullptr) expanded.append(value);
    i += reference.size;
  }
  return expanded;
}

bool is_secret(std::string_view name) {
  constexpr std::array kSecret{"pw", "password", "token", "secret", "writekey", "apikey", "nopw", "header"};
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kSecret.begin(), kSecret.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

}  // namespace

std::optional<std::string_view> FlagUri::parameter(std::string_view name) const {
  for (const auto& [key_, value] : query) {
    if (key_ == name) return value;
  }
  return std::nullopt;
}

Result<bool> FlagUri::flag(std::string_view name, bool otherwise) const {
  const std::optional<std::string_view> value = parameter(name);
  if (!value) return otherwise;
  constexpr std::array kTrue{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array kFalse{"0", "f", "F", "false", "FALSE", "False"};
  if (std::find(kTrue.begin(), kTrue.end(), *value) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), *value) != kFalse.end()) return false;
  return Error{ErrorCode::kInvalid,
               std::string(name).append(": expected true or false, not ").append(*value)};
}

Result<std::int64_t> FlagUri::number(std::string_view name, std::int64_t otherwise) const {
  const std::optional<std::string_view> value = parameter(name);
  if (!value) return otherwise;
  std::int64_t parsed = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), parsed);
  if (error == std::errc{} && end == value->data() + value->size()) return parsed;
  return Error{ErrorCode::kInvalid, std::string(name).append(": expected a number, not ").append(*value)};
}

std::string FlagUri::redacted() const {
  std::string text = key;
  if (scheme.empty() && host.empty() && path.empty() && query.empty()) return text;
  text.append(":");
  if (!scheme.empty()) text.append(scheme).append("://");
  text.append(host);
  if (!port.empty()) text.append(":").append(port);
  text.append(path);
  net::QueryParameters shown;
  for (const auto& [name, value] : query) {
    if (!is_secret(name)) shown.emplace_back(name, value);
  }
  if (!shown.empty()) text.append("?").append(net::encode_query(shown));
  return text;
}

Result<FlagUri> parse_flag_uri(std::string_view text) {
  FlagUri uri;
  const std::size_t colon = text.find(':');
  uri.key = text.substr(0, colon);
  if (uri.key.empty()) {
    return Error{ErrorCode::kInvalid, "no name before the colon in " + std::string(text.substr(0, 64))};
  }
  if (colon == std::string_view::npos || colon + 1 == text.size()) return uri;
  const std::string behind = expand_environment(text.substr(colon + 1));
  const std::size_t question = behind.find('?');
  std::string url = behind.substr(0, question);
  // "host:port" without a scheme would have the host as its scheme.
  const bool has_scheme = url.find("://") != std::string::npos;
  if (question != std::string::npos)
    uri.query = net::decode_query(std::string_view(behind).substr(question + 1));
  // Quotes that no shell took away stand in many a manifest: --source=kubernetes.summary_api:''
  if (url == "''" || url == "\"\"") return uri;
  if (url.empty() || url.front() == '/') {
    uri.path = net::url_decode(url, false);
    return uri;
  }
  // ":8086" is this machine, as for Go; without a port it is what stands for no URL.
  const std::size_t authority = has_scheme ? url.find("://") + 3 : 0;
  const bool has_host = authority < url.size() && url[authority] != '/' && url[authority] != ':';
  if (!has_host) url.insert(authority, "localhost");
  const Result<net::CurlUrl> parsed = net::CurlUrl::parse(has_scheme ? url : "none://" + url);
  if (!parsed) return parsed.error().wrap("cannot read the URL of " + uri.key);
  if (has_scheme) uri.scheme = parsed->part(CURLUPART_SCHEME);
  uri.user = parsed->part(CURLUPART_USER, CURLU_URLDECODE);
  uri.password = parsed->part(CURLUPART_PASSWORD, CURLU_URLDECODE);
  uri.host = parsed->part(CURLUPART_HOST);
  if (uri.host.starts_with('[') && uri.host.ends_with(']'))
    uri.host = uri.host.substr(1, uri.host.size() - 2);
  uri.port = parsed->part(CURLUPART_PORT);
  if (!has_host && uri.port.empty()) uri.host.clear();
  if (const std::string path = parsed->part(CURLUPART_PATH, CURLU_URLDECODE); path != "/") uri.path = path;
  return uri;
}

}  // namespace kubevitals::usage
