#include "discovery/config/url.h"

#include <algorithm>

namespace kubevitals::discovery {
namespace {

bool is_between(char c, char low, char high) {
  return c >= low && c <= high;
}
bool is_digit(char c) {
  return is_between(c, '0', '9');
}
bool is_letter(char c) {
  return is_between(c, 'a', 'z') || is_between(c, 'A', 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || is_between(c, 'a', 'f') || is_between(c, 'A', 'F');
}
bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

Error invalid_url(std::string_view cause) {
  return Error{ErrorCode::kInvalid, "not a valid URL: " + std::string(cause)};
}

// Whether each "%" begins an escape. In a host only characters beyond ASCII may be escaped, and "%25" in the
// zone of an IPv6 address.
bool escapes_are_good(std::string_view text, bool in_host) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
    if (in_host && is_between(text[at + 1], '0', '7') && text.substr(at, 3) != "%25") return false;
  }
  return true;
}

// The scheme before the first colon, with the colon taken off `rest`; empty when there is none.
Result<std::string> take_scheme(std::string_view& rest) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (is_letter(c)) continue;
    if (i > 0 && (is_digit(c) || c == '+' || c == '-' || c == '.')) continue;
    if (c != ':') break;
    if (i == 0) return invalid_url("missing protocol scheme");
    std::string scheme(rest.substr(0, i));
    for (char& letter : scheme) {
      if (is_between(letter, 'A', 'Z')) letter = static_cast<char>(letter + ('a' - 'A'));
    }
    rest.remove_prefix(i + 1);
    return scheme;
  }
  return std::string();
}

Result<void> check_host(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.rfind(']');
    if (end == std::string_view::npos) return invalid_url("missing ']' in host");
    port = host.substr(end + 1);
  } else if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
  }
  if (!port.empty() && (port[0] != ':' || !std::all_of(port.begin() + 1, port.end(), is_digit))) {
    return invalid_url("invalid port after host");
  }
  constexpr std::string_view kAllowed = "-_.~!$&'()*+,;=:[]<>\"%";
  const bool good = std::all_of(host.begin(), host.end(), [&](char c) {
    return !is_ascii(c) || is_letter(c) || is_digit(c) || kAllowed.find(c) != std::string_view::npos;
  });
  if (!good) return invalid_url("invalid character in host name");
  if (!escapes_are_good(host, true)) return invalid_url("invalid escape in host name");
  return {};
}

Result<void> take_authority(std::string_view authority, UrlParts& parts) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view info = authority.substr(0, at);
    constexpr std::string_view kAllowed = "-._:~!$&'()*+,;=%@";
    const bool good = std::all_of(info.begin(), info.end(), [&](char c) {
      return is_letter(c) || is_digit(c) || kAllowed.find(c) != std::string_view::npos;
    });
    if (!good || !escapes_are_good(info, false)) return invalid_url("invalid user information");
    const std::size_t colon = info.find(':');
    parts.user = info.substr(0, colon);
    if (colon != std::string_view::npos) parts.password = info.substr(colon + 1);
    authority.remove_prefix(at + 1);
  }
  parts.host = authority;
  return check_host(authority);
}

}  // namespace

Result<UrlParts> parse_url(std::string_view text) {
  const bool clean =
      std::none_of(text.begin(), text.end(), [](char c) { return is_between(c, 0, 0x1F) || c == 0x7F; });
  if (!clean) return invalid_url("control character");
  UrlParts parts;
  std::string_view rest = text;
  auto scheme = take_scheme(rest);
  if (!scheme) return std::move(scheme).error();
  parts.scheme = *std::move(scheme);
  const std::size_t path_end = std::min(rest.find_first_of("?#"), rest.size());
  std::string_view path = rest.substr(0, path_end);
  if (!path.starts_with('/')) {
    // With a scheme it is opaque, and without one a relative path.
    if (parts.scheme.empty() && path.substr(0, path.find('/')).find(':') != std::string_view::npos) {
      return invalid_url("first path segment cannot contain a colon");
    }
  } else if (path.starts_with("//") && (!parts.scheme.empty() || !path.starts_with("///"))) {
    const std::size_t end = std::min(path.find('/', 2), path.size());
    if (const Result<void> taken = take_authority(path.substr(2, end - 2), parts); !taken) {
      return taken.error();
    }
    path.remove_prefix(end);
    rest.remove_prefix(end);
  }
  const bool opaque = !parts.scheme.empty() && !rest.empty() && rest[0] != '/' && parts.host.empty();
  if (!opaque && !escapes_are_good(path, false)) return invalid_url("invalid escape");
  if (const std::size_t hash = rest.find('#'); hash != std::string_view::npos) {
    if (!escapes_are_good(rest.substr(hash), false)) return invalid_url("invalid escape");
  }
  parts.rest = rest;
  return parts;
}

std::string redact_url(std::string_view text, std::string_view replacement) {
  const auto parts = parse_url(text);
  if (!parts || !parts->password) return std::string(text);
  std::string shown = parts->scheme.empty() ? "//" : parts->scheme + "://";
  return shown.append(parts->user)
      .append(":")
      .append(replacement)
      .append("@")
      .append(parts->host)
      .append(parts->rest);
}

}  // namespace kubevitals::discovery
