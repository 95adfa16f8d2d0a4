#include "sim/api/access.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

constexpr const char* kConfiguration = R"({
  "users": [{"token": "t-alice", "name": "alice", "uid": "7", "groups": ["dev"], "extra": {"scope": ["a", "b"]}}],
  "rules": [{"user": "alice", "verbs": ["get", "list"], "api_groups": ["metrics.k8s.io"], "resources": ["pods"],
             "namespaces": ["default"]},
            {"group": "dev", "verbs": ["get"], "paths": ["/healthz", "/metrics/*"]}]})";

bool allowed(const Access& access, const char* spec) {
  const json::object review = access.review_access({{"spec", json::parse(spec)}});
  return find_member(review, {"status", "allowed"})->as_bool();
}

json::object review(const Access& access, const char* token, const char* admin) {
  return access.review_token({{"spec", {{"token", token}}}}, admin);
}

TEST(Access, WithoutConfigurationEverybodyMayDoEverything) {
  const Access access;
  EXPECT_EQ(access.identify("", "")->name, "kubernetes-admin");
  EXPECT_TRUE(allowed(access, R"({"user": "x", "resourceAttributes": {"verb": "get", "resource": "pods"}})"));
  EXPECT_FALSE(access.identify("wrong", "right"));
  EXPECT_TRUE(access.identify("right", "right"));
}

TEST(Access, KnowsUsersByTheirTokens) {
  Access access;
  ASSERT_TRUE(access.configure(json::parse(kConfiguration)));
  const json::object known = review(access, "t-alice", "admin");
  EXPECT_EQ(text_member(known, {"status", "user", "username"}), "alice");
  EXPECT_EQ(*find_member(known, {"status", "user", "groups"}),
            json::parse(R"(["dev", "system:authenticated"])"));
  EXPECT_EQ(*find_member(known, {"status", "user", "extra"}), json::parse(R"({"scope": ["a", "b"]})"));
  for (const char* admin : {"", "admin"}) {
    const json::object unknown = review(access, "t-bob", admin);
    EXPECT_FALSE(find_member(unknown, {"status", "authenticated"})->as_bool());
  }
  EXPECT_EQ(text_member(review(access, "admin", "admin"), {"status", "user", "username"}),
            "kubernetes-admin");
}

TEST(Access, RulesSayWhatIsAllowed) {
  Access access;
  ASSERT_TRUE(access.configure(json::parse(kConfiguration)));
  const char* pods = R"({"user": "alice", "resourceAttributes":
      {"verb": "list", "group": "metrics.k8s.io", "resource": "pods", "namespace": "default"}})";
  EXPECT_TRUE(allowed(access, pods));
  EXPECT_FALSE(allowed(access, R"({"user": "alice", "resourceAttributes":
      {"verb": "list", "group": "metrics.k8s.io", "resource": "pods", "namespace": "other"}})"));
  EXPECT_FALSE(allowed(access, R"({"user": "bob", "resourceAttributes":
      {"verb": "list", "group": "metrics.k8s.io", "resource": "pods", "namespace": "default"}})"));
  EXPECT_FALSE(allowed(access, R"({"user": "alice", "resourceAttributes": {"verb": "get", "group":
      "metrics.k8s.io", "resource": "pods", "subresource": "log", "namespace": "default"}})"));
  const auto path = [](const std::string& text) {
    return R"({"user": "x", "groups": ["dev"], "nonResourceAttributes": {"verb": "get", "path": ")" + text +
           "\"}}";
  };
  EXPECT_TRUE(allowed(access, path("/healthz").c_str()));
  EXPECT_TRUE(allowed(access, path("/metrics/a").c_str()));
  EXPECT_FALSE(allowed(access, path("/readyz").c_str()));
  EXPECT_TRUE(allowed(access, R"({"user": "root", "groups": ["system:masters"]})"));
}

TEST(Access, RefusesWhatItDoesNotUnderstandAndKeepsWhatItHas) {
  Access access;
  ASSERT_TRUE(access.configure(json::parse(kConfiguration)));
  for (const char* bad : {"[]", R"({"user": []})", R"({"users": [{"token": "t"}]})", R"({"users": [5]})",
                          R"({"rules": [{"verb": ["get"]}]})", R"({"rules": [{"verbs": "get"}]})",
                          R"({"users": [{"token": "t", "name": "n", "extra": {"a": "b"}}]})"}) {
    EXPECT_FALSE(access.configure(json::parse(bad))) << bad;
  }
  EXPECT_TRUE(access.identify("t-alice", "admin"));
}

}  // namespace
}  // namespace kubevitals::sim
