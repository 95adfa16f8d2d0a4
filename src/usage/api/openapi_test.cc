#include "usage/api/openapi.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

const std::string kVersion2 = "/openapi/v2";
const std::string kVersion3 = "/openapi/v3/apis/metrics.k8s.io/v1beta1";

net::ServerResponse ask(const std::string& path, net::Headers headers = {}) {
  auto response = openapi_answer(get_request(path, std::move(headers)));
  return response ? std::move(*response) : net::ServerResponse::text(0, "none");
}

std::string body(const std::string& path) {
  return body_of(ask(path));
}

// What stands at a JSON pointer; empty: nothing, or no text.
std::string text_at(const std::string& path, const std::string& pointer) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(body(path)).at_pointer(pointer).get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

// Every reference's place in the document.
std::vector<std::string> references(const std::string& text) {
  std::vector<std::string> found;
  const std::string mark = R"("$ref":"#)";
  for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
    const std::size_t begin = at + mark.size();
    found.push_back(text.substr(begin, text.find('"', begin) - begin));
  }
  return found;
}

constexpr char kPod[] = "io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics";
constexpr char kMetadata[] = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

TEST(OpenApi, AllReferencesLeadSomewhere) {
  for (const std::string& path : {kVersion2, kVersion3}) {
    const std::string text = body(path);
    simdjson::dom::parser parser;
    const simdjson::dom::element document = parser.parse(text);
    const std::vector<std::string> found = references(text);
    EXPECT_GT(found.size(), 20u);
    for (const std::string& pointer : found) {
      EXPECT_EQ(document.at_pointer(pointer).error(), simdjson::SUCCESS) << pointer;
    }
  }
}

TEST(OpenApi, Version2) {
  const std::string pod = std::string("/definitions/") + kPod;
  EXPECT_EQ(text_at(kVersion2, "/swagger"), "2.0");
  EXPECT_EQ(text_at(kVersion2, pod + "/x-kubernetes-group-version-kind/0/kind"), "PodMetrics");
  EXPECT_EQ(text_at(kVersion2, pod + "/properties/metadata/$ref"), std::string("#/definitions/") + kMetadata);
  EXPECT_EQ(text_at(kVersion2, pod + "/required/0"), "containers");
  const std::string list = "/paths/~1apis~1metrics.k8s.io~1v1beta1~1namespaces~1{namespace}~1pods";
  EXPECT_EQ(text_at(kVersion2, list + "/get/responses/200/schema/$ref"),
            std::string("#/definitions/") + kPod + "List");
  EXPECT_EQ(text_at(kVersion2, list + "/get/x-kubernetes-action"), "list");
  EXPECT_EQ(text_at(kVersion2, list + "/parameters/0/name"), "namespace");
  EXPECT_EQ(text_at(kVersion2, list + "/parameters/0/type"), "string");
  EXPECT_EQ(text_at(kVersion2, list + "/get/parameters/1/name"), "labelSelector");
}

TEST(OpenApi, Version3) {
  const std::string pod = std::string("/components/schemas/") + kPod;
  EXPECT_EQ(text_at(kVersion3, "/openapi"), "3.0.0");
  EXPECT_EQ(text_at(kVersion3, pod + "/properties/metadata/allOf/0/$ref"),
            std::string("#/components/schemas/") + kMetadata);
  EXPECT_EQ(text_at(kVersion3, pod + "/properties/containers/type"), "array");
  const std::string one = "/paths/~1apis~1metrics.k8s.io~1v1beta1~1nodes~1{name}";
  EXPECT_EQ(text_at(kVersion3, one + "/get/responses/200/content/application~1json/schema/$ref"),
            "#/components/schemas/io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics");
  EXPECT_EQ(text_at(kVersion3, one + "/get/x-kubernetes-group-version-kind/kind"), "NodeMetrics");
  EXPECT_EQ(text_at(kVersion3, one + "/parameters/0/schema/type"), "string");
}

TEST(OpenApi, Version3sRootLeadsToTheRest) {
  const std::string url = text_at("/openapi/v3", "/paths/apis~1metrics.k8s.io~1v1beta1/serverRelativeURL");
  EXPECT_TRUE(url.starts_with(kVersion3 + "?hash=")) << url;
  EXPECT_EQ(body(url), body(kVersion3));
}

TEST(OpenApi, WhatIsKnownIsNotSentAgain) {
  for (const std::string& path : {kVersion2, std::string("/openapi/v3"), kVersion3}) {
    const std::string etag(ask(path).headers.find("ETag").value_or(""));
    EXPECT_EQ(etag.size(), 18u) << etag;
    for (const std::string& known : {etag, "\"x\", W/" + etag, std::string("*")}) {
      net::ServerResponse response = ask(path, {{"If-None-Match", known}});
      EXPECT_EQ(response.status, 304);
      EXPECT_EQ(response.headers.find("ETag"), etag);
      EXPECT_EQ(body_of(std::move(response)), "");
    }
    EXPECT_EQ(ask(path, {{"If-None-Match", "\"x\""}}).status, 200);
  }
}

TEST(OpenApi, ThereIsJsonAlone) {
  const std::string protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
  EXPECT_EQ(ask(kVersion2, {{"Accept", protobuf}}).status, 406);
  EXPECT_EQ(ask(kVersion2, {{"Accept", protobuf + ", application/json"}}).status, 200);
  EXPECT_EQ(ask(kVersion2).headers.find("Content-Type"), "application/json");
}

TEST(OpenApi, OtherPaths) {
  for (const std::string path : {"/openapi", "/openapi/v2/x", "/openapi/v3/apis/apps/v1", "/"}) {
    EXPECT_EQ(body(path), "none") << path;
  }
}

}  // namespace
}  // namespace kubevitals::usage
