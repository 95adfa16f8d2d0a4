#include "state/scopes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "namespace?field selector" of each feed.
std::vector<std::string> scopes(std::string_view resource, const ScopeOptions& options) {
  std::vector<std::string> result;
  for (const kube::WatchScope& scope : scopes_of(*find_resource(resource), options)) {
    EXPECT_EQ(scope.resource, find_resource(resource)->type);
    result.push_back(scope.namespace_ + "?" + scope.field_selector);
  }
  return result;
}

TEST(Scopes, EverythingByDefault) {
  EXPECT_THAT(scopes("pods", {}), ElementsAre("?"));
  EXPECT_THAT(scopes("nodes", {}), ElementsAre("?"));
}

TEST(Scopes, AFeedForEachNamespace) {
  const ScopeOptions options{.namespaces = {"b", " a ", "", "b"}};
  EXPECT_THAT(scopes("deployments", options), ElementsAre("b?", "a?"));
  EXPECT_THAT(scopes("namespaces", options), ElementsAre("?"));
}

TEST(Scopes, DeniedNamespaces) {
  EXPECT_THAT(scopes("pods", {.namespaces_denylist = {"a", " b"}}),
              ElementsAre("?metadata.namespace!=a,metadata.namespace!=b"));
  EXPECT_THAT(scopes("nodes", {.namespaces_denylist = {"a"}}), ElementsAre("?"));
  EXPECT_THAT(scopes("pods", {.namespaces = {"a", "b"}, .namespaces_denylist = {"a"}}), ElementsAre("b?"));
  EXPECT_THAT(scopes("pods", {.namespaces = {"a"}, .namespaces_denylist = {"a"}}), IsEmpty());
}

TEST(Scopes, PodsOfANode) {
  const ScopeOptions options{.namespaces_denylist = {"x"}, .node = "n1"};
  EXPECT_THAT(scopes("pods", options), ElementsAre("?metadata.namespace!=x,spec.nodeName=n1"));
  EXPECT_THAT(scopes("nodes", options), ElementsAre("?"));
  EXPECT_THAT(scopes("services", options), IsEmpty()) << "the API server knows no such field of theirs";
  EXPECT_THAT(scopes("pods", {.node = "a,b=c\\"}), ElementsAre("?spec.nodeName=a\\,b\\=c\\\\"));
}

TEST(Scopes, PodsWithoutANode) {
  EXPECT_THAT(scopes("pods", {.namespaces = {"a"}, .node = "n1", .unscheduled_pods = true}),
              ElementsAre("a?spec.nodeName="));
  EXPECT_THAT(scopes("replicasets", {.unscheduled_pods = true}), IsEmpty());
}

}  // namespace
}  // namespace kubevitals::state
