// Feeds of Namespaces against a scripted API server, under a virtual clock: for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kube/fake_api.h"
#include "kube/feeds.h"

namespace kubevitals::kube::fake {

using namespace std::chrono_literals;

class FeedTest : public testing::TestWithParam<Encoding> {
 protected:
  FeedTest() : wire(GetParam()), transport(clock) {}
  ~FeedTest() override {
    for (auto& recorder : recorders) {
      EXPECT_THAT(recorder->faults, testing::IsEmpty());
    }
    if (feeds) {
      stop();
    }
  }

  // Subscribes a further recorder; the first one starts the feed.
  Recorder& follow() {
    if (!feeds) {
      feeds = std::make_unique<Feeds>(context.get_executor(), transport, clock, options, 42);
    }
    recorders.push_back(std::make_shared<Recorder>());
    subscriptions.push_back(feeds->subscribe<Namespace>(scope, recorders.back()));
    return *recorders.back();
  }

  void run(Duration duration = 0ms) { clock.run_for(context, duration); }

  void stop() {
    bool stopped = false;
    asio::co_spawn(context, feeds->stop(), [&](const std::exception_ptr&) { stopped = true; });
    run();
    EXPECT_TRUE(stopped) << "stop() must not need any time";
  }

  FeedStats stats() const { return feeds->stats().at(0); }

  // Responses.
  Response body(bool watch) {
    Response response;
    response.headers.add("Content-Type", wire.content_type(watch));
    response.body = std::make_shared<Body>(clock);
    return response;
  }
  Response list(const std::vector<Object>& objects, std::string_view version, std::string_view token = {}) {
    return bytes(wire.list(objects, version, token));
  }
  Response bytes(const std::string& text) {
    Response response = body(false);
    response.body->push(text);
    response.body->end();
    return response;
  }
  // A watch that stays open.
  Response watch(const std::vector<std::string>& frames = {}) {
    Response response = body(true);
    for (const std::string& frame : frames) {
      response.body->push(frame);
    }
    return response;
  }
  Response refusal(int code, std::string_view reason, std::string_view message = "no",
                   std::string_view retry_after = {}) {
    Response response;
    response.status = code;
    response.headers.add("Content-Type", "application/json");
    if (!retry_after.empty()) {
      response.headers.add("Retry-After", std::string(retry_after));
    }
    response.body = std::make_shared<Body>(clock);
    response.body->push(status_body(code, reason, message));
    response.body->end();
    return response;
  }

  // The body that was asked for last.
  Body& last_body() { return *transport.bodies.back(); }
  Duration since(std::size_t request, std::size_t earlier) const {
    return transport.requests.at(request).at - transport.requests.at(earlier).at;
  }

  Wire wire;
  asio::io_context context;
  VirtualClock clock;
  Transport transport;
  FeedOptions options;
  WatchScope scope{kNamespaces, {}, {}, {}};
  std::unique_ptr<Feeds> feeds;
  std::vector<std::shared_ptr<Recorder>> recorders;
  std::vector<std::unique_ptr<Subscription>> subscriptions;
};

inline std::string encoding_name(const testing::TestParamInfo<Encoding>& info) {
  return info.param == Encoding::kJson ? "Json" : "Protobuf";
}

}  // namespace kubevitals::kube::fake
