#include "sim/api/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

Error refused(std::string_view why) {
  return Error{ErrorCode::kInvalid, fmt::format("cannot read the access rules: {}", why)};
}

std::optional<std::vector<std::string>> texts(const json::value& value) {
  const json::array* array = value.if_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> list;
  for (const json::value& item : *array) {
    if (!item.is_string()) return std::nullopt;
    list.emplace_back(item.get_string());
  }
  return list;
}

json::array to_json(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& text : list) array.emplace_back(text);
  return array;
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool allows(const std::vector<std::string>& list, std::string_view text) {
  return list.empty() || contains(list, "*") || contains(list, text);
}

bool allows_path(const std::vector<std::string>& list, std::string_view path) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& pattern) {
    const std::string_view prefix = std::string_view(pattern).substr(0, pattern.size() - 1);
    return pattern == path || (pattern.ends_with('*') && path.starts_with(prefix));
  });
}

User administrator() {
  return {"kubernetes-admin", "", {"system:masters", "system:authenticated"}, {}};
}

std::vector<std::string> groups_of(const json::object& spec) {
  const json::value* groups = spec.if_contains("groups");
  return groups != nullptr ? texts(*groups).value_or(std::vector<std::string>()) : std::vector<std::string>();
}

}  // namespace

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.starts_with(kScheme) ? authorization.substr(kScheme.size()) : std::string_view();
}

Result<Access::KnownUser> Access::read_user(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refused("a user is not an object");
  KnownUser known;
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    const json::string* text = member.value().if_string();
    if (key == "token" && text != nullptr) {
      known.token = *text;
    } else if (key == "name" && text != nullptr) {
      known.user.name = *text;
    } else if (key == "uid" && text != nullptr) {
      known.user.uid = *text;
    } else if (const auto groups = texts(member.value()); key == "groups" && groups) {
      known.user.groups = *groups;
    } else if (key == "extra" && member.value().is_object()) {
      for (const auto& extra : member.value().get_object()) {
        const auto values = texts(extra.value());
        if (!values) return refused("\"extra\" has values that are no lists of texts");
        known.user.extra.emplace_back(extra.key(), *values);
      }
    } else {
      return refused(fmt::format("bad member \"{}\" of a user", key));
    }
  }
  if (known.token.empty() || known.user.name.empty()) return refused("a user has no token or no name");
  if (!contains(known.user.groups, "system:authenticated")) {
    known.user.groups.emplace_back("system:authenticated");
  }
  return known;
}

Result<Access::Rule> Access::read_rule(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refused("a rule is not an object");
  Rule rule;
  const std::array<std::pair<std::string_view, std::vector<std::string>*>, 5> lists = {
      {{"verbs", &rule.verbs},
       {"api_groups", &rule.api_groups},
       {"resources", &rule.resources},
       {"namespaces", &rule.namespaces},
       {"paths", &rule.paths}}};
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    const json::string* text = member.value().if_string();
    const auto list =
        std::find_if(lists.begin(), lists.end(), [&](const auto& known) { return known.first == key; });
    std::optional<std::vector<std::string>> values = texts(member.value());
    if (key == "user" && text != nullptr) {
      rule.user = *text;
    } else if (key == "group" && text != nullptr) {
      rule.group = *text;
    } else if (list != lists.end() && values) {
      *list->second = std::move(*values);
    } else {
      return refused(fmt::format("bad member \"{}\" of a rule", key));
    }
  }
  return rule;
}

Result<void> Access::configure(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refused("it is not an object");
  std::vector<KnownUser> users;
  std::vector<Rule> rules;
  for (const auto& member : *object) {
    const json::array* list = member.value().if_array();
    if ((member.key() != "users" && member.key() != "rules") || list == nullptr) {
      return refused(fmt::format("bad member \"{}\"", std::string_view(member.key())));
    }
    for (const json::value& item : *list) {
      if (member.key() == "users") {
        Result<KnownUser> user = read_user(item);
        if (!user) return std::move(user).error();
        users.push_back(std::move(*user));
      } else {
        Result<Rule> rule = read_rule(item);
        if (!rule) return std::move(rule).error();
        rules.push_back(std::move(*rule));
      }
    }
  }
  const std::lock_guard lock(mutex_);
  users_ = std::move(users);
  rules_ = std::move(rules);
  return {};
}

std::optional<User> Access::identify(std::string_view token, std::string_view admin_token) const {
  const std::lock_guard lock(mutex_);
  for (const KnownUser& known : users_) {
    if (known.token == token) return known.user;
  }
  if (admin_token.empty() || token == admin_token) return administrator();
  return std::nullopt;
}

json::object Access::review_token(json::object review, std::string_view admin_token) const {
  const std::string token(text_member(review, {"spec", "token"}));
  std::optional<User> user = identify(token, admin_token);
  {
    // A review is about a token: where tokens are known, an unknown one is nobody's.
    const std::lock_guard lock(mutex_);
    const bool admin = !admin_token.empty() && token == admin_token;
    const bool known =
        std::any_of(users_.begin(), users_.end(), [&](const auto& k) { return k.token == token; });
    if (!admin && !known && !users_.empty()) user.reset();
  }
  json::object status({{"authenticated", user.has_value()}});
  if (user) {
    json::object object({{"username", user->name}, {"groups", to_json(user->groups)}});
    if (!user->uid.empty()) object.emplace("uid", user->uid);
    json::object extra;
    for (const auto& [key, values] : user->extra) extra.emplace(key, to_json(values));
    if (!extra.empty()) object.emplace("extra", std::move(extra));
    status.emplace("user", std::move(object));
    if (const json::value* audiences = find_member(review, {"spec", "audiences"})) {
      status.emplace("audiences", *audiences);
    }
  } else {
    status.emplace("error", "the token is unknown");
  }
  review["status"] = std::move(status);
  return review;
}

bool Access::applies(const Rule& rule, const json::object& spec) {
  if (!rule.user.empty() && rule.user != "*" && rule.user != text_member(spec, {"user"})) return false;
  if (!rule.group.empty() && rule.group != "*" && !contains(groups_of(spec), rule.group)) return false;
  const bool about_path = find_member(spec, {"nonResourceAttributes"}) != nullptr;
  if (about_path != !rule.paths.empty()) return false;
  if (about_path) {
    return allows(rule.verbs, text_member(spec, {"nonResourceAttributes", "verb"})) &&
           allows_path(rule.paths, text_member(spec, {"nonResourceAttributes", "path"}));
  }
  const auto attribute = [&](std::string_view name) {
    return text_member(spec, {"resourceAttributes", name});
  };
  std::string resource(attribute("resource"));
  if (!attribute("subresource").empty()) resource.append("/").append(attribute("subresource"));
  return allows(rule.verbs, attribute("verb")) && allows(rule.api_groups, attribute("group")) &&
         allows(rule.resources, resource) && allows(rule.namespaces, attribute("namespace"));
}

json::object Access::review_access(json::object review) const {
  const json::value* value = review.if_contains("spec");
  const json::object spec = value != nullptr && value->is_object() ? value->get_object() : json::object();
  bool allowed = contains(groups_of(spec), "system:masters");
  std::string_view reason = allowed ? "system:masters may do everything" : "no rule allows it";
  {
    const std::lock_guard lock(mutex_);
    if (!allowed && rules_.empty()) {
      allowed = true;
      reason = "the simulated cluster allows everything";
    }
    for (const Rule& rule : rules_) {
      if (allowed || !applies(rule, spec)) continue;
      allowed = true;
      reason = "a rule allows it";
    }
  }
  review["status"] = json::object({{"allowed", allowed}, {"reason", reason}});
  return review;
}

}  // namespace kubevitals::sim
