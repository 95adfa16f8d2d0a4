#include "usage/api/auth/reviews.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/go_text.h"
#include "base/yaml_scalar.h"
#include "usage/api/auth/json_body.h"
#include "usage/api/json_text.h"
#include "usage/api/metrics_path.h"

namespace kubevitals::usage {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (out.back() != '{') out.push_back(',');
  out.append("\"").append(name).append("\":");
  append_json_string(out, value);
}

std::vector<std::string> read_texts(json::Value list) {
  std::vector<std::string> texts;
  json::each_element(list, [&](json::Value one) { texts.emplace_back(json::text(one)); });
  return texts;
}

User read_user(json::Value value) {
  User user;
  json::each_member(value, [&](std::string_view key, json::Value member) {
    if (key == "username") user.name = json::text(member);
    if (key == "uid") user.uid = json::text(member);
    if (key == "groups") user.groups = read_texts(member);
    if (key != "extra") return;
    json::each_member(member, [&](std::string_view name, json::Value list) {
      user.extra[std::string(name)] = read_texts(list);
    });
  });
  return user;
}

// Calls read(key, value) for the members of `status`.
template <typename Reader>
Result<void> read_status(std::string_view answer, Reader&& read) {
  return read_json_body(answer, [&](json::Value document) {
    json::each_member(document, [&](std::string_view key, json::Value member) {
      if (key == "status") json::each_member(member, read);
    });
  });
}

}  // namespace

std::string token_review(std::string_view token) {
  std::string out =
      R"({"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"spec":{"token":)";
  append_json_string(out, token);
  return out.append("}}");
}

Result<TokenVerdict> read_token_review(std::string_view answer) {
  TokenVerdict verdict;
  const Result<void> read = read_status(answer, [&](std::string_view key, json::Value member) {
    if (key == "authenticated") verdict.authenticated = json::boolean(member);
    if (key == "user") verdict.user = read_user(member);
  });
  if (!read) return read.error().wrap("cannot read the TokenReview");
  return verdict;
}

Attributes attributes_of(const net::ServerRequest& request) {
  Attributes attributes;
  attributes.path = request.path;
  const std::optional<MetricsPath> path = parse_metrics_path(request.path);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!path || !reads) {
    attributes.verb = to_lower(request.method);
    return attributes;
  }
  attributes.verb = path->name.empty() ? "list" : "get";
  attributes.group = path->group;
  attributes.version = path->version;
  attributes.resource = path->resource;
  attributes.namespace_ = path->namespace_;
  attributes.name = path->name;
  return attributes;
}

std::string access_review(const User& user, const Attributes& attributes) {
  std::string out =
      R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{)";
  if (attributes.group.empty()) {
    out.append(R"("nonResourceAttributes":{)");
    append_member(out, "path", attributes.path);
  } else {
    out.append(R"("resourceAttributes":{)");
    append_member(out, "namespace", attributes.namespace_);
    append_member(out, "group", attributes.group);
    append_member(out, "version", attributes.version);
    append_member(out, "resource", attributes.resource);
    append_member(out, "name", attributes.name);
  }
  append_member(out, "verb", attributes.verb);
  out.push_back('}');
  append_member(out, "user", user.name);
  append_member(out, "uid", user.uid);
  if (!user.groups.empty()) out.append(R"(,"groups":)").append(string_list(user.groups));
  if (!user.extra.empty()) {
    out.append(R"(,"extra":{)");
    for (const auto& [name, values] : user.extra) {
      if (out.back() != '{') out.push_back(',');
      append_json_string(out, name);
      out.append(":").append(string_list(values));
    }
    out.push_back('}');
  }
  return out.append("}}");
}

Result<AccessVerdict> read_access_review(std::string_view answer) {
  AccessVerdict verdict;
  const Result<void> read = read_status(answer, [&](std::string_view key, json::Value member) {
    if (key == "allowed") verdict.allowed = json::boolean(member);
    if (key == "reason") verdict.reason = json::text(member);
  });
  if (!read) return read.error().wrap("cannot read the SubjectAccessReview");
  return verdict;
}

std::string forbidden_text(const User& user, const Attributes& attributes, std::string_view reason) {
  std::string text = "User " + go_quote(user.name) + " cannot " + attributes.verb;
  if (attributes.group.empty()) {
    text = "forbidden: " + text + " path " + go_quote(attributes.path);
  } else {
    std::string subject = attributes.resource + "." + attributes.group;
    if (!attributes.name.empty()) subject.append(" ").append(go_quote(attributes.name));
    text = subject + " is forbidden: " + text + " resource " + go_quote(attributes.resource) +
           " in API group " + go_quote(attributes.group);
    text.append(attributes.namespace_.empty() ? " at the cluster scope"
                                              : " in the namespace " + go_quote(attributes.namespace_));
  }
  if (!reason.empty()) text.append(": ").append(reason);
  return text;
}

}  // namespace kubevitals::usage
