#include "discovery/http/http.h"

#include <gmock/gmock.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/base64.h"
#include "discovery/http/options.h"
#include "discovery/http_client/server_fixture.h"
#include "discovery/refresh.h"

namespace kubevitals::discovery::http {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(HttpOptions, HaveDefaultsAndAreChecked) {
  Options options;
  EXPECT_EQ(complaints_about("url: http://h/x", options), "");
  EXPECT_EQ(options.refresh_interval, 60s);
  EXPECT_EQ(complaints_about("{url: 'https://u:p@h:1/x?y', refresh_interval: 5s, bearer_token: t}", options),
            "");
  EXPECT_EQ(options.url, "https://u:p@h:1/x?y");
  EXPECT_EQ(options.refresh_interval, 5s);
  EXPECT_TRUE(options.client.authorization);
  EXPECT_EQ(complaints_about<Options>("{}"), "f:1: url: must be given");
  EXPECT_EQ(complaints_about<Options>("url: ftp://h/x"), "f:1: url: the scheme must be http or https");
  EXPECT_EQ(complaints_about<Options>("url: h/x"), "f:1: url: the scheme must be http or https");
  EXPECT_EQ(complaints_about<Options>("url: 'http:///x'"), "f:1: url: the host is missing");
  EXPECT_THAT(complaints_about<Options>("url: 'http://u:secret@h:x/'"), Not(HasSubstr("secret")));
  EXPECT_NE(complaints_about<Options>("url: 'http://h:x/'"), "");
  EXPECT_EQ(complaints_about<Options>("{url: 'http://h', refresh_interval: 0s}"),
            "f:1: refresh_interval: must be greater than zero");
  EXPECT_EQ(complaints_about<Options>("{url: 'http://h', uri: x}"), "f:1: uri: unknown key");
}

TEST(Http, ContentTypesAreJsonInUtf8) {
  for (const char* type : {"application/json", " Application/JSON ", "application/json;charset=utf-8",
                           "application/json; charset=UTF-8", "application/json;  charset=\"utf-8\""}) {
    EXPECT_TRUE(is_json_type(type)) << type;
  }
  for (const char* type : {"", "text/json", "application/jsonx", "application/json;",
                           "application/json ;charset=utf-8", "application/json; charset=utf8",
                           "application/json; charset=utf-8; x=y", "application/json; charset='utf-8'"}) {
    EXPECT_FALSE(is_json_type(type)) << type;
  }
}

TEST(Http, SecondsHaveAsFewDigitsAsNeeded) {
  EXPECT_EQ(format_seconds(60s), "60");
  EXPECT_EQ(format_seconds(500ms), "0.5");
  EXPECT_EQ(format_seconds(1050ms), "1.05");
  EXPECT_EQ(format_seconds(1ms), "0.001");
  EXPECT_EQ(format_seconds(24h * 1000), "86400000");
}

class HttpTest : public ServerFixture {
 protected:
  HttpTest() : ServerFixture(joined(refresh_metric_families(), metric_families())) {}

  void start() {
    if (options_.url.empty()) options_.url = url("/groups");
    auto made = make_discoverer(options_, context());
    ASSERT_TRUE(made) << made.error().message;
    ServerFixture::start(*std::move(made));
  }

  // What comes of the next request.
  std::vector<std::string> next() {
    const std::size_t before = requests_.size();
    std::vector<std::string> notes;
    run([&]() -> asio::awaitable<void> {
      for (int i = 0; i < 2000 && requests_.size() == before; ++i) co_await pause();
      for (int i = 0; i < 20; ++i) co_await pause();
      notes = sink_.take();
    });
    return notes;
  }
  // After the interval.
  std::vector<std::string> later() {
    clock_.advance_to(clock_.now() + 70s);
    return next();
  }

  asio::awaitable<void> pause() {
    asio::steady_timer timer(io_, 1ms);
    co_await timer.async_wait(asio::use_awaitable);
  }

  void TearDown() override {
    stop_with_sockets();
    running_.reset();
    ServerFixture::TearDown();
  }

  double failures() { return metrics_.metric("prometheus_sd_http_failures_total")->value(); }

  static ServerResponse json(std::string body) {
    return ServerResponse::text(200, std::move(body), "application/json");
  }

  Options options_;
};

TEST_F(HttpTest, GroupsHaveTheirUrlAndVanishWithTheirIndex) {
  std::string body =
      R"([{"targets": ["a:1"], "labels": {"x": "y", "__meta_url": "z"}}, {"targets": ["b:1"]}])";
  serve([&](const ServerRequest&) { return json(body); });
  start();
  const std::string here = url("/groups");
  EXPECT_THAT(next(), ElementsAre("update [" + here + ":0: __meta_url=" + here + " x=y | __address__=a:1] [" +
                                  here + ":1: __meta_url=" + here + " | __address__=b:1]"));
  EXPECT_EQ(requests_[0].headers.joined("Accept"), "application/json");
  EXPECT_EQ(requests_[0].headers.joined("X-Prometheus-Refresh-Interval-Seconds"), "60");
  EXPECT_FALSE(requests_[0].headers.find("If-None-Match"));
  body = R"([{"targets": ["a:2"]}])";
  EXPECT_THAT(later(), ElementsAre("update [" + here + ":0: __meta_url=" + here + " | __address__=a:2] [" +
                                   here + ":1:]"));
  body = "null";
  EXPECT_THAT(later(), ElementsAre("update [" + here + ":0:]"));
  EXPECT_EQ(failures(), 0);
}

TEST_F(HttpTest, EveryFailureKeepsTheTargetsAndIsCounted) {
  ServerResponse response = json(R"([{"targets": ["a:1"]}])");
  serve([&](const ServerRequest&) { return std::move(response); });
  start();
  EXPECT_THAT(next(), ElementsAre(HasSubstr("update")));
  const std::string what = "failed cannot read target groups from " + url("/groups") + ": ";
  response = ServerResponse::text(503, "[]", "application/json");
  EXPECT_THAT(later(), ElementsAre(what + "HTTP status 503"));
  response = ServerResponse::text(204, "", "application/json");
  EXPECT_THAT(later(), ElementsAre(what + "HTTP status 204"));
  response = ServerResponse::text(304, "");
  EXPECT_THAT(later(), ElementsAre(what + "HTTP status 304"));
  response = ServerResponse::text(200, "[]", "text/html");
  EXPECT_THAT(later(), ElementsAre(what + "the content type is no JSON: text/html"));
  response = json(R"([{"targets": ["a:1"], "x": 1}])");
  EXPECT_THAT(later(), ElementsAre(what + "[0]: unknown key \"x\""));
  response = ServerResponse{};
  response.abort = true;
  EXPECT_THAT(later(), ElementsAre(HasSubstr("failed cannot GET")));
  EXPECT_EQ(failures(), 6);
  response = json(R"([{"targets": ["a:1"]}])");
  EXPECT_THAT(later(), ElementsAre("recovered"));
}

TEST_F(HttpTest, AnUnchangedDocumentIsNotSentAgain) {
  int whole = 0;
  std::string tag = "\"v1\"";
  serve([&](const ServerRequest& request) {
    if (request.headers.joined("If-None-Match") == tag) return ServerResponse::text(304, "");
    ++whole;
    ServerResponse response = json(tag == "\"bad\"" ? "[" : R"([{"targets": ["a:1"]}])");
    response.headers.set("ETag", tag);
    return response;
  });
  start();
  EXPECT_THAT(next(), ElementsAre(HasSubstr("a:1")));
  EXPECT_THAT(later(), IsEmpty());
  EXPECT_EQ(whole, 1);
  tag = "\"bad\"";
  EXPECT_THAT(later(), ElementsAre(HasSubstr("failed")));
  EXPECT_THAT(later(), ElementsAre(HasSubstr("failed"))) << "what could not be read is not known";
  EXPECT_EQ(whole, 3);
  tag = "\"v1\"";
  EXPECT_THAT(later(), ElementsAre("recovered"));
  EXPECT_EQ(whole, 3);
}

TEST_F(HttpTest, PasswordsAreForTheServerOnly) {
  serve([](const ServerRequest& request) { return ServerResponse::text(500, request.path); });
  options_.url = url("/x", "joe:secret@127.0.0.1");
  start();
  EXPECT_THAT(next(),
              ElementsAre("failed cannot read target groups from " + url("/x") + ": HTTP status 500"));
  EXPECT_EQ(requests_[0].headers.joined("Authorization"), "Basic " + encode_base64("joe:secret"));
}

TEST_F(HttpTest, CannotBeMadeWithoutItsFiles) {
  options_.url = "http://h/";
  options_.client.tls.ca_file = "/nonexistent/ca.pem";
  const auto made = make_discoverer(options_, context());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("/nonexistent/ca.pem"));
}

}  // namespace
}  // namespace kubevitals::discovery::http
