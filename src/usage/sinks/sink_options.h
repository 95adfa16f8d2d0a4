// What several sinks read from their URIs.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_client.h"
#include "usage/flag_uri.h"

namespace kubevitals::usage {

// The parameter, or what counts without it.
std::string text_option(const FlagUri& uri, std::string_view name, std::string_view otherwise);

// A number from `least` on.
Result<std::int64_t> number_option(const FlagUri& uri, std::string_view name, std::int64_t otherwise,
                                   std::int64_t least);

// All values of a parameter that may be there more than once.
std::vector<std::string> texts_option(const FlagUri& uri, std::string_view name);

// The incumbent says nothing of options that it does not know; here a slip is at least logged.
void warn_of_unknown_options(const FlagUri& uri, std::initializer_list<std::string_view> known);

// "host:port" for a URL; the port is left out when there is none.
std::string url_authority(const FlagUri& uri);

// Trust and client certificates of a sink that speaks HTTP: insecuressl, cacert, cert and key (files).
Result<net::TransportOptions> transport_options(const FlagUri& uri);

}  // namespace kubevitals::usage
