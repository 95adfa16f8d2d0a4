#include "usage/api/media_type.h"

#include <gtest/gtest.h>

#include <string>

#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

std::string negotiated(const std::string& accept, bool list = true, const std::string& query = {}) {
  const auto found = negotiate(get_request("/x" + query, {{"Accept", accept}}), list);
  if (!found) return "none";
  constexpr const char* kShapes[] = {"", " Table", " metadata", " Heapster"};
  std::string text = std::string(found->name) + kShapes[static_cast<int>(found->shape)];
  if (found->shape != Shape::kObject) text.append(" ").append(found->meta_version);
  if (found->encoding == Encoding::kPrettyJson) text.append(" pretty");
  return text;
}

TEST(MediaType, WithoutAWishItIsJson) {
  EXPECT_EQ(negotiate(get_request("/x"), true)->name, "application/json");
  for (const std::string accept :
       {"", " ", "*/*", "*", "application/*", "application/json", "text/html,*/*"}) {
    EXPECT_EQ(negotiated(accept), "application/json") << accept;
  }
  for (const std::string accept : {"text/html", "text/*", "application/cbor", "json"}) {
    EXPECT_EQ(negotiated(accept), "none") << accept;
  }
}

TEST(MediaType, TheBestThatThereIs) {
  EXPECT_EQ(negotiated("application/vnd.kubernetes.protobuf,application/json"),
            "application/vnd.kubernetes.protobuf");
  EXPECT_EQ(negotiated("application/json;q=0.5, application/yaml;q=0.9"), "application/yaml");
  EXPECT_EQ(negotiated("application/json;q=0.5, application/yaml ; q = 0.9 "), "application/yaml");
  EXPECT_EQ(negotiated("application/json;q=0.5,text/html,application/yaml;q=0.4"), "application/json");
  EXPECT_EQ(negotiated("*/*,application/yaml"), "application/yaml") << "what is named goes before";
  EXPECT_EQ(negotiated("*/*,application/yaml;q=0.1"), "application/json");
  EXPECT_EQ(negotiated("application/json;q=0"), "application/json") << "as metrics-server has it";
  for (const std::string none : {"x", "", "nan", "1e400"}) {
    EXPECT_EQ(negotiated("application/json;q=" + none + ",application/yaml;q=0.1"), "application/yaml")
        << none;
  }
}

TEST(MediaType, Shapes) {
  const std::string meta = ";g=meta.k8s.io";
  EXPECT_EQ(negotiated("application/json;as=Table;v=v1" + meta), "application/json Table v1");
  EXPECT_EQ(negotiated("application/json;as=Table;v=v1beta1" + meta), "application/json Table v1beta1");
  EXPECT_EQ(negotiated("application/json;as=Table;v=v2" + meta), "none");
  EXPECT_EQ(negotiated("application/json;as=Table;v=v1;g=apps"), "none");
  EXPECT_EQ(negotiated("application/json;as=Table"), "none");
  EXPECT_EQ(negotiated("application/json;v=v1"), "none");
  EXPECT_EQ(negotiated("application/yaml;as=Table;v=v1" + meta), "application/yaml Table v1");
  EXPECT_EQ(negotiated("application/json;as=Other;v=v1" + meta), "none");
  const std::string one = "application/json;as=PartialObjectMetadata;v=v1" + meta;
  const std::string list = "application/json;as=PartialObjectMetadataList;v=v1beta1" + meta;
  EXPECT_EQ(negotiated(one, false), "application/json metadata v1");
  EXPECT_EQ(negotiated(one, true), "none");
  EXPECT_EQ(negotiated(list, true), "application/json metadata v1beta1");
  EXPECT_EQ(negotiated(list, false), "none");
  // As client-go's metadata client asks.
  EXPECT_EQ(
      negotiated("application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1" + meta + "," + list),
      "application/json metadata v1beta1");
}

TEST(MediaType, Pretty) {
  EXPECT_EQ(negotiated("application/json;pretty=1"), "application/json pretty");
  EXPECT_EQ(negotiated("application/json;pretty=true"), "application/json pretty");
  EXPECT_EQ(negotiated("application/json;pretty=0"), "application/json");
  EXPECT_EQ(negotiated("application/json", true, "?pretty=true"), "application/json pretty");
  EXPECT_EQ(negotiated("application/yaml;pretty=1", true, "?pretty=1"), "application/yaml");
}

TEST(MediaType, WhetherOneWillDo) {
  EXPECT_TRUE(accepts(get_request("/x"), kJsonType));
  EXPECT_TRUE(accepts(get_request("/x", {{"Accept", "text/html, application/json;q=0.1"}}), kJsonType));
  EXPECT_FALSE(accepts(get_request("/x", {{"Accept", "text/html"}}), kJsonType));
}

}  // namespace
}  // namespace kubevitals::usage
