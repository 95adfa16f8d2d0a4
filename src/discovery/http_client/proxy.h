// Which proxy a request goes through.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/config/http_client_options.h"
#include "net/url.h"

namespace kubevitals::discovery {

// The addresses of a no_proxy list, by the rules of Go's httpproxy: host names with everything below them
// (".example.com": only what is below), IP addresses and networks in CIDR form, each but the last with a port
// if wanted, "*" for everything.
class NoProxyList {
 public:
  explicit NoProxyList(std::string_view list);

  // `host` in lower case. True for localhost and loopback addresses, whatever the list says.
  bool matches(const std::string& host, std::uint16_t port) const;

 private:
  struct Rule {
    std::string name;  // begins with a dot; empty: an address or network
    bool itself = false;
    asio::ip::address address;
    int prefix = 0;    // bits that count
    std::string port;  // empty: any
  };

  bool matches(const Rule& rule, const std::string& host, std::string_view port) const;

  bool everything_ = false;
  std::vector<Rule> rules_;
};

// Immutable.
class ProxyChoice {
 public:
  // `environment` gives a variable's value, empty when it is not set; it is asked here and only for
  // proxy_from_environment.
  ProxyChoice(const ProxyOptions& options, const std::function<std::string(const char*)>& environment);

  // Empty: none. A configured proxy without a no_proxy list is used for localhost as well.
  std::string proxy_for(const net::HttpUrl& url) const;

 private:
  std::string http_;
  std::string https_;
  bool unconditional_ = false;
  NoProxyList direct_;
};

// The program's environment.
std::string environment_variable(const char* name);

}  // namespace kubevitals::discovery
