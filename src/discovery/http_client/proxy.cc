#include "discovery/http_client/proxy.h"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/go_text.h"

namespace kubevitals::discovery {
namespace {

using asio::ip::address;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// IPv4 addresses in IPv6 form are the same as in their own.
std::optional<address> parse_address(std::string_view text) {
  boost::system::error_code error;
  const address parsed = asio::ip::make_address(text, error);
  if (error) return std::nullopt;
  if (parsed.is_v6() && parsed.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, parsed.to_v6());
  }
  return parsed;
}

std::vector<unsigned char> bytes_of(const address& of) {
  if (of.is_v4()) {
    const auto bytes = of.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = of.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

bool same_prefix(const address& a, const address& b, int bits) {
  if (a.is_v4() != b.is_v4()) return false;
  const auto left = bytes_of(a);
  const auto right = bytes_of(b);
  for (std::size_t i = 0; i < left.size() && bits > 0; ++i, bits -= 8) {
    const unsigned mask = bits >= 8 ? 0xFFU : 0xFFU << (8 - bits) & 0xFFU;
    if ((left[i] & mask) != (right[i] & mask)) return false;
  }
  return true;
}

// Takes "host:port" and "[host]:port" apart; anything else is a host without a port.
std::pair<std::string_view, std::string_view> split_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {text, {}};
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != host.npos) {
    return {text, {}};
  }
  return {host, text.substr(colon + 1)};
}

// The variables have an upper and a lower case form, the upper one first.
std::string either(const std::function<std::string(const char*)>& environment, const char* upper,
                   const char* lower) {
  const std::string value = environment(upper);
  return value.empty() ? environment(lower) : value;
}

// "proxy:3128" is an HTTP proxy.
std::string with_scheme(const std::string& url) {
  return url.empty() || url.find("://") != url.npos ? url : "http://" + url;
}

}  // namespace

NoProxyList::NoProxyList(std::string_view list) {
  const std::string lower = to_lower(list);
  std::string_view rest = lower;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view entry = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (entry.empty()) continue;
    if (entry == "*") everything_ = true;

    const std::size_t slash = entry.find('/');
    if (slash != entry.npos) {
      const auto network = parse_address(entry.substr(0, slash));
      int bits = 0;
      const std::string_view size = entry.substr(slash + 1);
      const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), bits);
      const bool proper = error == std::errc() && end == size.data() + size.size() && network && bits >= 0 &&
                          bits <= (network->is_v4() ? 32 : 128);
      if (proper) {
        rules_.push_back({"", false, *network, bits, ""});
        continue;
      }
    }
    const auto [host, port] = split_port(entry);
    if (host.empty()) continue;
    if (const auto single = parse_address(host)) {
      rules_.push_back({"", false, *single, 128, std::string(port)});
      continue;
    }
    std::string name(host.starts_with("*.") ? host.substr(1) : host);
    const bool itself = !name.starts_with('.');
    if (itself) name.insert(0, ".");
    rules_.push_back({std::move(name), itself, {}, 0, std::string(port)});
  }
}

bool NoProxyList::matches(const Rule& rule, const std::string& host, std::string_view port) const {
  if (!rule.port.empty() && rule.port != port) return false;
  if (!rule.name.empty()) {
    return host.ends_with(rule.name) || (rule.itself && host == std::string_view(rule.name).substr(1));
  }
  const auto parsed = parse_address(host);
  return parsed && same_prefix(*parsed, rule.address, rule.prefix);
}

bool NoProxyList::matches(const std::string& host, std::uint16_t port) const {
  if (everything_ || host == "localhost") return true;
  if (const auto parsed = parse_address(host); parsed && parsed->is_loopback()) return true;
  const std::string text = std::to_string(port);
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return matches(rule, host, text); });
}

ProxyChoice::ProxyChoice(const ProxyOptions& options,
                         const std::function<std::string(const char*)>& environment)
    : direct_(options.proxy_from_environment ? either(environment, "NO_PROXY", "no_proxy")
                                             : options.no_proxy) {
  if (options.proxy_from_environment) {
    http_ = with_scheme(either(environment, "HTTP_PROXY", "http_proxy"));
    https_ = with_scheme(either(environment, "HTTPS_PROXY", "https_proxy"));
    // A CGI program's HTTP_PROXY is the "Proxy" header of whoever called it.
    if (!environment("REQUEST_METHOD").empty()) http_.clear();
    return;
  }
  http_ = https_ = options.proxy_url;
  unconditional_ = options.no_proxy.empty();
}

std::string ProxyChoice::proxy_for(const net::HttpUrl& url) const {
  const std::string& proxy = url.scheme == "https" ? https_ : http_;
  if (proxy.empty() || (!unconditional_ && direct_.matches(url.host, url.port))) return {};
  return proxy;
}

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace kubevitals::discovery
