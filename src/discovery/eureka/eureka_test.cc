#include <gmock/gmock.h>

#include "discovery/eureka/options.h"
#include "discovery/http_client/server_fixture.h"
#include "discovery/refresh.h"

namespace kubevitals::discovery::eureka {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(EurekaOptions, HaveDefaultsAndAreChecked) {
  Options options;
  EXPECT_EQ(complaints_about("{server: 'http://h:8761/eureka', tls_config: {ca_file: ca.pem}}", options), "");
  EXPECT_EQ(options.refresh_interval, 30s);
  EXPECT_EQ(options.client.tls.ca_file, "/etc/ca.pem");
  EXPECT_EQ(complaints_about<Options>("{}"), "f:1: server: must be given");
  EXPECT_EQ(complaints_about<Options>("server: h/eureka"),
            "f:1: server: must be a URL with a scheme and a host");
  EXPECT_EQ(complaints_about<Options>("{server: 'http://h', refresh_interval: 0}"),
            "f:1: refresh_interval: must be greater than zero");
  EXPECT_EQ(complaints_about<Options>("{server: 'http://h', url: x}"), "f:1: url: unknown key");
}

class EurekaTest : public ServerFixture {
 protected:
  EurekaTest() : ServerFixture(refresh_metric_families()) {}

  // What the first refresh brings.
  std::vector<std::string> discover(const Options& options) {
    auto made = make_discoverer(options, context());
    if (!made) return {made.error().message};
    start(*std::move(made));
    std::vector<std::string> notes;
    run_until([&] {
      if (notes.empty()) notes = sink_.take();
      return !notes.empty();
    });
    stop_with_sockets();
    return notes;
  }
};

TEST_F(EurekaTest, AsksForTheApplications) {
  serve([](const ServerRequest& request) {
    if (request.path == "/eureka/apps") {
      ServerResponse moved = ServerResponse::text(302, "");
      moved.headers.set("Location", "/moved");
      return moved;
    }
    return ServerResponse::text(201, "<applications/>", "application/xml");
  });
  Options options{.server = url("/eureka"), .client = {}};
  options.client.follow_redirects = false;
  EXPECT_THAT(discover(options), ElementsAre("update"));
  EXPECT_EQ(requests_[0].path, "/eureka/apps");
  EXPECT_THAT(requests_[0].headers.joined("User-Agent"), HasSubstr("kubevitals/"));
  EXPECT_EQ(requests_[1].path, "/moved");
}

TEST_F(EurekaTest, FailuresNameTheServer) {
  int status = 500;
  serve([&](const ServerRequest&) { return ServerResponse::text(status, "no XML"); });
  const Options options{.server = url("", "joe:secret@127.0.0.1"), .client = {}};
  const std::string what = "failed cannot read the applications of " + url("/") + ": ";
  EXPECT_THAT(discover(options), ElementsAre(what + "HTTP status 500"));
  status = 200;
  EXPECT_THAT(discover(options), ElementsAre(HasSubstr(what + "line 1: ")));
}

}  // namespace
}  // namespace kubevitals::discovery::eureka
