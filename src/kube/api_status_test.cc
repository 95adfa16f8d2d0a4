#include "kube/api_status.h"

#include <gtest/gtest.h>

#include "kube/envelope.h"
#include "kube/stream_test_bytes.h"

namespace kubevitals::kube {
namespace {

const ApiStatus kExpired{"Failure", "too old", "Expired", 410, 3};
constexpr std::string_view kExpiredJson =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
    "message":"too old","reason":"Expired","details":{"retryAfterSeconds":3,"kind":"pods"},"code":410})";

TEST(ApiStatus, IsReadFromEitherEncoding) {
  const std::string message = protobuf_status(410, "Expired", "too old");
  const Result<ApiStatus> bare = decode_api_status(Encoding::kProtobuf, message);
  ASSERT_TRUE(bare);
  EXPECT_EQ(*bare, kExpired);
  for (const std::string& body : {protobuf_envelope("v1", "Status", message), std::string(kExpiredJson)}) {
    const Result<ApiStatus> status = read_api_status(body);
    ASSERT_TRUE(status);
    EXPECT_EQ(*status, kExpired);
  }
}

TEST(ApiStatus, OtherBodiesAreNone) {
  for (const std::string& body :
       {std::string(), std::string("<html>502 Bad Gateway</html>"), std::string(R"({"kind":"Pod"})"),
        std::string("{}"), std::string(R"({"kind":"Status","code":"x"})"), protobuf_envelope("v1", "Pod", ""),
        std::string("k8s\0\x0a\x7f", 6)}) {
    const Result<ApiStatus> status = read_api_status(body);
    ASSERT_FALSE(status) << body;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  }
}

TEST(ApiStatus, BecomesAnError) {
  EXPECT_EQ(to_error(kExpired).code, ErrorCode::kGone);
  EXPECT_EQ(to_error(kExpired).message, "too old");
  const auto code = [](std::int32_t http) { return to_error({"Failure", "m", "", http, 0}).code; };
  EXPECT_EQ(code(401), ErrorCode::kUnauthorized);
  EXPECT_EQ(code(403), ErrorCode::kForbidden);
  EXPECT_EQ(code(404), ErrorCode::kNotFound);
  EXPECT_EQ(code(406), ErrorCode::kUnsupported);
  EXPECT_EQ(code(409), ErrorCode::kConflict);
  EXPECT_EQ(code(410), ErrorCode::kGone);
  EXPECT_EQ(code(422), ErrorCode::kInvalid);
  EXPECT_EQ(code(429), ErrorCode::kTooManyRequests);
  EXPECT_EQ(code(503), ErrorCode::kUnavailable);
  EXPECT_EQ(code(504), ErrorCode::kTimeout);
  EXPECT_EQ(code(0), ErrorCode::kInternal);
  EXPECT_EQ(to_error({"Failure", "", "", 503, 0}).message, "HTTP status 503");
  EXPECT_EQ(to_error({"Failure", "", "Busy", 503, 0}).message, "Busy");
}

TEST(Envelope, GivesKindAndMessage) {
  const std::string body = protobuf_envelope("apps/v1", "Deployment", "raw");
  const Result<Envelope> envelope = open_envelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->api_version, "apps/v1");
  EXPECT_EQ(envelope->kind, "Deployment");
  EXPECT_EQ(envelope->message, "raw");
}

TEST(Envelope, RefusesWhatIsNone) {
  const std::string body = protobuf_envelope("apps/v1", "Deployment", "raw");
  for (const std::string& bad : {std::string(), std::string("k8s"), std::string("{}"), body.substr(0, 12)}) {
    EXPECT_EQ(open_envelope(bad).error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(open_envelope(body + "\x1a\x04gzip").error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace kubevitals::kube
