#include "usage/api/auth/reviews.h"

#include <utility>

#include "base/go_text.h"
#include "base/yaml_scalar.h"
#include "usage/api/auth/json_body.h"
#include "usage/api/json_text.h"

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

void append_requirement(std::string& out, std::string_view key, std::string_view op,
                        const std::vector<std::string>& values) {
  out.append(out.empty() ? "{" : ",{");
  append_member(out, "key", key);
  append_member(out, "operator", op);
  if (!values.empty()) out.append(R"(,"values":)").append(string_list(values));
  out.push_back('}');
}

// Empty: a SubjectAccessReview has no word for it.
std::string_view operator_name(kube::LabelSelector::Requirement::Operator op) {
  using Operator = kube::LabelSelector::Requirement::Operator;
  switch (op) {
    case Operator::kIn:
      return "In";
    case Operator::kNotIn:
      return "NotIn";
    case Operator::kExists:
      return "Exists";
    case Operator::kNotExists:
      return "DoesNotExist";
    default:
      return "";
  }
}

void append_requirements(std::string& out, const Attributes& attributes) {
  std::string fields;
  for (const auto& one : attributes.fields) {
    append_requirement(fields, one.field, one.equal ? "In" : "NotIn", {one.value});
  }
  std::string labels;
  for (const auto& one : attributes.labels) {
    const std::string_view op = operator_name(one.op);
    if (!op.empty()) append_requirement(labels, one.key, op, one.values);
  }
  if (!fields.empty()) out.append(R"(,"fieldSelector":{"requirements":[)").append(fields).append("]}");
  if (!labels.empty()) out.append(R"(,"labelSelector":{"requirements":[)").append(labels).append("]}");
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
  return repair_utf8(out.append("}}"));
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

std::string access_review(const User& user, const Attributes& attributes) {
  std::string out =
      R"({"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{)";
  if (!attributes.is_resource) {
    out.append(R"("nonResourceAttributes":{)");
    append_member(out, "path", attributes.path);
  } else {
    out.append(R"("resourceAttributes":{)");
    append_member(out, "namespace", attributes.namespace_);
    append_member(out, "group", attributes.group);
    append_member(out, "version", attributes.version);
    append_member(out, "resource", attributes.resource);
    append_member(out, "subresource", attributes.subresource);
    append_member(out, "name", attributes.name);
    append_requirements(out, attributes);
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
  return repair_utf8(out.append("}}"));
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
  if (!attributes.is_resource) {
    text = "forbidden: " + text + " path " + go_quote(attributes.path);
  } else {
    std::string subject = attributes.resource + "." + attributes.group;
    if (!attributes.name.empty()) subject.append(" ").append(go_quote(attributes.name));
    std::string resource = attributes.resource;
    if (!attributes.subresource.empty()) resource.append("/").append(attributes.subresource);
    text = subject + " is forbidden: " + text + " resource " + go_quote(resource) + " in API group " +
           go_quote(attributes.group);
    text.append(attributes.namespace_.empty() ? " at the cluster scope"
                                              : " in the namespace " + go_quote(attributes.namespace_));
  }
  if (!reason.empty()) text.append(": ").append(reason);
  return text;
}

}  // namespace kubevitals::usage
