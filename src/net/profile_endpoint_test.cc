#include "net/profile_endpoint.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <cstring>
#include <future>

#include "net/http_fixture.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;

ServerRequest request_of(std::string_view target) {
  Target parsed = parse_target(target);
  ServerRequest request;
  request.method = "GET";
  request.path = std::move(parsed.path);
  request.query = std::move(parsed.query);
  return request;
}

class ProfileEndpoint : public testing::Test {
 protected:
  std::future<ServerResponse> ask(std::string_view target) {
    return asio::co_spawn(pool_, profile_answer(request_of(target)), asio::use_future);
  }

  asio::thread_pool pool_{2};
};

std::string body_of(const ServerResponse& response) {
  return std::get<std::string>(response.body);
}

TEST(ProfilePath, IsBelowDebugPprof) {
  EXPECT_TRUE(is_profile_path("/debug/pprof"));
  EXPECT_TRUE(is_profile_path("/debug/pprof/"));
  EXPECT_TRUE(is_profile_path("/debug/pprof/profile"));
  EXPECT_FALSE(is_profile_path("/debug/pprof/heap"));
  EXPECT_FALSE(is_profile_path("/metrics"));
}

TEST_F(ProfileEndpoint, ThePageSaysWhatThereIs) {
  EXPECT_THAT(body_of(ask("/debug/pprof/").get()), HasSubstr("/debug/pprof/profile?seconds="));
}

// The format: words of 64 bits, the header is 0, 3, 0, the microseconds between samples, 0; the end of the
// samples is 0, 1, 0; then comes the list of mappings. See gperftools' cpuprofile-fileformat.
TEST_F(ProfileEndpoint, WhatTheCpuDoesIsSampled) {
  std::future<ServerResponse> first = ask("/debug/pprof/profile?seconds=1");
  const auto end = std::chrono::steady_clock::now() + 700ms;
  while (std::chrono::steady_clock::now() < end) {
  }
  const ServerResponse second = ask("/debug/pprof/profile?seconds=1").get();
  EXPECT_EQ(second.status, 500);
  EXPECT_THAT(body_of(second), HasSubstr("one is being taken already"));
  const ServerResponse response = first.get();
  ASSERT_EQ(response.status, 200) << body_of(response);
  const std::string profile = body_of(response);
  ASSERT_GT(profile.size(), 8 * sizeof(std::uint64_t));
  std::uint64_t words[8];
  std::memcpy(words, profile.data(), sizeof words);
  EXPECT_EQ(words[0], 0);
  EXPECT_EQ(words[1], 3);
  EXPECT_EQ(words[2], 0);
  EXPECT_EQ(words[3], 10'000);
  EXPECT_EQ(words[4], 0);
  EXPECT_GT(words[5], 0) << "there is no sample";
  EXPECT_THAT(profile, HasSubstr("net_test"));
  EXPECT_EQ(ask("/debug/pprof/profile?seconds=1").get().status, 200) << "the next one can begin";
}

}  // namespace
}  // namespace kubevitals::net
