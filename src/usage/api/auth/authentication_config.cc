#include "usage/api/auth/authentication_config.h"

#include <optional>
#include <utility>

#include "usage/api/auth/json_body.h"

namespace kubevitals::usage {
namespace {

// A list of texts that is itself a text.
Result<std::vector<std::string>> read_list(std::string_view text) {
  std::vector<std::string> list;
  const Result<void> read = read_json_body(text, [&](json::Value document) {
    json::each_element(document, [&](json::Value one) { list.emplace_back(json::text(one)); });
  });
  if (!read) return read.error();
  return list;
}

}  // namespace

Result<AuthenticationConfig> read_authentication_config(std::string_view config_map) {
  AuthenticationConfig config;
  std::optional<Error> failure;
  const auto keep = [&failure](const auto& result, auto& member, std::string_view key) {
    if (result) {
      member = *result;
    } else if (!failure) {
      failure = result.error().wrap("cannot read " + std::string(key));
    }
  };
  std::vector<std::pair<std::string, std::string>> data;
  const Result<void> read = read_json_body(config_map, [&](json::Value document) {
    json::each_member(document, [&](std::string_view key, json::Value member) {
      if (key != "data") return;
      json::each_member(member, [&](std::string_view name, json::Value text) {
        data.emplace_back(name, json::text(text));
      });
    });
  });
  if (!read) return read.error();
  FrontProxy& proxy = config.proxy;
  for (const auto& [key, text] : data) {
    if (text.empty()) continue;
    if (key == "client-ca-file")
      keep(net::CertificateAuthorities::create(text), config.client_authorities, key);
    if (key == "requestheader-client-ca-file")
      keep(net::CertificateAuthorities::create(text), proxy.authorities, key);
    if (key == "requestheader-allowed-names") keep(read_list(text), proxy.names, key);
    if (key == "requestheader-username-headers") keep(read_list(text), proxy.user_headers, key);
    if (key == "requestheader-uid-headers") keep(read_list(text), proxy.uid_headers, key);
    if (key == "requestheader-group-headers") keep(read_list(text), proxy.group_headers, key);
    if (key == "requestheader-extra-headers-prefix") keep(read_list(text), proxy.extra_prefixes, key);
  }
  if (failure) return *failure;
  return config;
}

}  // namespace kubevitals::usage
