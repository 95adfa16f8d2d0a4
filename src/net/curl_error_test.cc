#include "net/curl_error.h"

#include <gtest/gtest.h>

#include <memory>

namespace kubevitals::net {
namespace {

using namespace std::chrono_literals;

Error explain(CURLcode code, const char* detail = "") {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), &curl_easy_cleanup);
  return explain_curl_error(easy.get(), code, detail, 250ms);
}

TEST(CurlError, IsOneLineInTheMiddleOfASentence) {
  EXPECT_EQ(explain(CURLE_RECV_ERROR, "Recv failure:\r\n  Connection reset by peer \n").message,
            "recv failure: Connection reset by peer");
  EXPECT_EQ(explain(CURLE_SSL_CONNECT_ERROR, "SSL certificate problem").message, "SSL certificate problem");
  EXPECT_EQ(explain(CURLE_SEND_ERROR).message, "failed sending data to the peer");
}

TEST(CurlError, HasTheCodeThatCallersTellApart) {
  EXPECT_EQ(explain(CURLE_OPERATION_TIMEDOUT).code, ErrorCode::kTimeout);
  EXPECT_EQ(explain(CURLE_OPERATION_TIMEDOUT).message, "no connection within 250ms");
  EXPECT_EQ(explain(CURLE_ABORTED_BY_CALLBACK).code, ErrorCode::kCancelled);
  EXPECT_EQ(explain(CURLE_OUT_OF_MEMORY).code, ErrorCode::kInternal);
  for (const CURLcode code : {CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST,
                              CURLE_PEER_FAILED_VERIFICATION, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE}) {
    EXPECT_EQ(explain(code).code, ErrorCode::kUnavailable) << code;
  }
}

TEST(CurlError, DoesNotSayAProxysCredentials) {
  const Error error = explain(CURLE_COULDNT_RESOLVE_PROXY, "Could not resolve proxy: user:secret@proxy");
  EXPECT_EQ(error.message, "cannot resolve the proxy's name");
}

TEST(ShowDuration, InWholeSecondsWherePossible) {
  EXPECT_EQ(show_duration(30s), "30s");
  EXPECT_EQ(show_duration(1500ms), "1500ms");
  EXPECT_EQ(show_duration(0ms), "0s");
}

}  // namespace
}  // namespace kubevitals::net
