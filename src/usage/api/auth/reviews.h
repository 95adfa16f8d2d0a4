// TokenReview and SubjectAccessReview: what is asked of the API server, and what it says.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "usage/api/auth/attributes.h"

namespace kubevitals::usage {

struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::map<std::string, std::vector<std::string>> extra;
};

// authentication.k8s.io/v1 TokenReview, as JSON. Here and below, bytes that are not UTF-8 become U+FFFD.
std::string token_review(std::string_view token);

struct TokenVerdict {
  bool authenticated = false;
  User user;
};
Result<TokenVerdict> read_token_review(std::string_view answer);

// authorization.k8s.io/v1 SubjectAccessReview, as JSON.
std::string access_review(const User& user, const Attributes& attributes);

struct AccessVerdict {
  bool allowed = false;
  std::string reason;
};
Result<AccessVerdict> read_access_review(std::string_view answer);

// `User "x" cannot list resource "pods" in API group "metrics.k8s.io" …`, as the API server says it.
std::string forbidden_text(const User& user, const Attributes& attributes, std::string_view reason);

}  // namespace kubevitals::usage
