// How the API server's front proxy says who asks: k8s.io/apiserver/pkg/authentication/request/headerrequest.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/client_certificate.h"

namespace kubevitals::usage {

// Whom the front proxy is known by, and in which headers it says who asks. What is empty names nothing.
struct FrontProxy {
  std::shared_ptr<const net::CertificateAuthorities> authorities;  // null: no headers are believed
  std::vector<std::string> names;  // common names of its certificates; empty: all
  std::vector<std::string> user_headers;
  std::vector<std::string> uid_headers;
  std::vector<std::string> group_headers;
  std::vector<std::string> extra_prefixes;
};

struct AuthenticationConfig {
  FrontProxy proxy;
  // Whose certificates users have; null: no certificate names a user.
  std::shared_ptr<const net::CertificateAuthorities> client_authorities;
};

// Reads the ConfigMap kube-system/extension-apiserver-authentication, as JSON. kInvalid when it cannot be
// understood.
Result<AuthenticationConfig> read_authentication_config(std::string_view config_map);

}  // namespace kubevitals::usage
