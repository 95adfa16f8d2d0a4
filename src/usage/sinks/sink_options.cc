#include "usage/sinks/sink_options.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace kubevitals::usage {

std::string text_option(const FlagUri& uri, std::string_view name, std::string_view otherwise) {
  return std::string(uri.parameter(name).value_or(otherwise));
}

Result<std::int64_t> number_option(const FlagUri& uri, std::string_view name, std::int64_t otherwise,
                                   std::int64_t least) {
  Result<std::int64_t> number = uri.number(name, otherwise);
  if (!number || *number >= least) return number;
  return Error{ErrorCode::kInvalid,
               std::string(name).append(": must be at least ").append(std::to_string(least))};
}

std::vector<std::string> texts_option(const FlagUri& uri, std::string_view name) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : uri.query) {
    if (key == name && !value.empty()) texts.push_back(value);
  }
  return texts;
}

void warn_of_unknown_options(const FlagUri& uri, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : uri.query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    spdlog::warn("the sink {} has no option {}", uri.key, name);
  }
}

std::string url_authority(const FlagUri& uri) {
  std::string text = uri.host.find(':') == std::string::npos ? uri.host : "[" + uri.host + "]";
  if (!uri.port.empty()) text.append(":").append(uri.port);
  return text;
}

Result<net::TransportOptions> transport_options(const FlagUri& uri) {
  net::TransportOptions options;
  const Result<bool> insecure = uri.flag("insecuressl", false);
  if (!insecure) return insecure.error();
  options.insecure_skip_verify = *insecure;
  options.ca_file = text_option(uri, "cacert", "");
  options.certificate_file = text_option(uri, "cert", "");
  options.key_file = text_option(uri, "key", "");
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return Error{ErrorCode::kInvalid, "cert and key must be set together"};
  }
  return options;
}

}  // namespace kubevitals::usage
