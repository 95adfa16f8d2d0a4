// How the API server's front proxy says who asks: k8s.io/apiserver/pkg/authentication/request/headerrequest.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/client_certificate.h"

namespace kubevitals::usage {

struct AuthenticationConfig {
  // Whose certificates the front proxy has (requestheader-client-ca); null: no headers are believed.
  std::shared_ptr<const net::CertificateAuthorities> proxy_authorities;
  std::vector<std::string> proxy_names;  // common names that are believed; empty: all
  std::vector<std::string> user_headers{"X-Remote-User"};
  std::vector<std::string> group_headers{"X-Remote-Group"};
  std::vector<std::string> extra_prefixes{"X-Remote-Extra-"};
  std::vector<std::string> uid_headers{"X-Remote-Uid"};
  // Whose certificates users have (client-ca); null: no certificate names a user.
  std::shared_ptr<const net::CertificateAuthorities> client_authorities;
};

// Reads the ConfigMap kube-system/extension-apiserver-authentication, as JSON; keys that are not there keep
// their defaults. kInvalid when it cannot be understood.
Result<AuthenticationConfig> read_authentication_config(std::string_view config_map);

}  // namespace kubevitals::usage
