// Who clients are and what they may: rules for tests of delegated authentication and authorization.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sim/document.h"

namespace kubevitals::sim {

struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

// The bearer token of an Authorization header; empty when there is none.
std::string_view bearer_token(std::string_view authorization);

// Users by their tokens, and rules. Without rules everybody may do everything, with them what one of them
// says; members of system:masters always may. The API server itself only asks who somebody is: the rules are
// what SubjectAccessReviews are answered by. Thread-safe.
class Access {
 public:
  // {"users": [{"token", "name", "uid", "groups": [], "extra": {NAME: []}}],
  //  "rules": [{"user", "group", "verbs": [], "api_groups": [], "resources": [], "namespaces": [],
  //             "paths": []}]}
  // replaces all. In a rule what is missing and "*" mean any; a path may end with "*"; a rule with paths is
  // about paths, any other about resources ("pods", "pods/log"). kInvalid for anything else, and then
  // nothing changes.
  Result<void> configure(const json::value& value);

  // The user whose token this is. `admin_token` is that of the administrator; when it is empty everybody
  // whose token is unknown, or who has none, is the administrator. Nothing: who that is cannot be known.
  std::optional<User> identify(std::string_view token, std::string_view admin_token) const;

  // A TokenReview or SubjectAccessReview with its status.
  json::object review_token(json::object review, std::string_view admin_token) const;
  json::object review_access(json::object review) const;

 private:
  struct Rule {
    std::string user, group;
    std::vector<std::string> verbs, api_groups, resources, namespaces, paths;
  };
  struct KnownUser {
    std::string token;
    User user;
  };
  static Result<KnownUser> read_user(const json::value& value);
  static Result<Rule> read_rule(const json::value& value);
  static bool applies(const Rule& rule, const json::object& spec);

  mutable std::mutex mutex_;
  std::vector<KnownUser> users_;  // guarded by mutex_
  std::vector<Rule> rules_;       // guarded by mutex_
};

}  // namespace kubevitals::sim
