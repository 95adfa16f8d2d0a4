#include "kube/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "kube/run_program.h"
#include "net/http_server.h"

namespace kubevitals::kube {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// A server that lets one Authorization in, and remembers what it was sent.
class ApiClientTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("client-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(directory_);
    net::ServerOptions options;
    options.address = "127.0.0.1";
    server_ = std::make_unique<net::HttpServer>(
        io_.get_executor(), options,
        [this](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
          targets_.push_back(request.target);
          const std::string got(request.headers.find("Authorization").value_or(""));
          co_return net::ServerResponse::text(got == accepted_ ? 200 : 401, got);
        });
    ASSERT_TRUE(server_->start());
    config_.url = "http://127.0.0.1:" + std::to_string(server_->port());
  }
  void TearDown() override {
    server_.reset();
    io_.restart();
    io_.run_for(100ms);
    std::filesystem::remove_all(directory_);
  }

  Result<net::HttpResponse> get(ApiClient& client) {
    std::optional<Result<net::HttpResponse>> result;
    auto work = [&]() -> asio::awaitable<void> {
      ApiRequest request;
      request.path = "/api/v1/pods";
      request.query = {{"limit", "500"}};
      result = co_await client.send(std::move(request));
    };
    asio::co_spawn(io_, work(), [this](std::exception_ptr) { io_.stop(); });
    io_.restart();
    io_.run_for(30s);
    return std::move(*result);
  }

  std::string write(const std::string& name, const std::string& text, bool executable = false) {
    const auto path = directory_ / name;
    std::ofstream(path) << text;
    if (executable) std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
  }

  asio::io_context io_;
  std::filesystem::path directory_;
  std::unique_ptr<net::HttpServer> server_;
  ApiServerConfig config_;
  std::string accepted_;
  std::vector<std::string> targets_;
};

TEST_F(ApiClientTest, SendsTokenAndQuery) {
  config_.credentials.token = "t";
  accepted_ = "Bearer t";
  ApiClient client(io_.get_executor(), config_, system_clock());
  const auto response = get(client);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(targets_, std::vector<std::string>{"/api/v1/pods?limit=500"});
}

TEST_F(ApiClientTest, SendsNameAndPassword) {
  config_.credentials.username = "Aladdin";
  config_.credentials.password = "open sesame";
  accepted_ = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_EQ(get(client)->status, 200);
}

TEST_F(ApiClientTest, ARotatedTokenFileIsReadAfterARefusal) {
  config_.credentials.token_file = write("token", "first\n");
  accepted_ = "Bearer first";
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_EQ(get(client)->status, 200);
  write("token", "second\n");
  accepted_ = "Bearer second";
  EXPECT_EQ(get(client)->status, 200);
  EXPECT_EQ(targets_.size(), 3u);
  accepted_ = "Bearer third";
  EXPECT_EQ(get(client)->status, 401) << "asked again once, not for ever";
  EXPECT_EQ(targets_.size(), 5u);
}

TEST_F(ApiClientTest, ExecPluginsRunOnceUntilTheyExpireOrAreRefused) {
  const std::string count = (directory_ / "count").string();
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command =
      write("plugin",
            "#!/bin/sh\necho x >>" + count + "\nn=$(wc -l <" + count +
                ")\necho \"{\\\"apiVersion\\\":\\\"client.authentication.k8s.io/v1\\\","
                "\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":{\\\"token\\\":\\\"$A$n\\\"}}\"\n",
            true);
  plugin.environment = {{"A", "token"}};
  config_.credentials.exec = plugin;
  accepted_ = "Bearer token1";
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_EQ(get(client)->status, 200);
  EXPECT_EQ(get(client)->status, 200);
  accepted_ = "Bearer token2";
  EXPECT_EQ(get(client)->status, 200);
  EXPECT_EQ(targets_.size(), 4u);
}

TEST_F(ApiClientTest, ExecPluginsThatFailAreTold) {
  const auto failure = [&](const std::string& script) {
    ExecPlugin plugin;
    plugin.api_version = "client.authentication.k8s.io/v1";
    plugin.command = write("plugin", script, true);
    config_.credentials.exec = plugin;
    ApiClient client(io_.get_executor(), config_, system_clock());
    const auto response = get(client);
    return response ? "" : response.error().message;
  };
  EXPECT_THAT(failure("#!/bin/sh\necho no login >&2\nexit 3\n"), HasSubstr("status 3: no login"));
  EXPECT_THAT(failure("#!/bin/sh\necho garbage\n"), HasSubstr("not JSON"));
  EXPECT_THAT(failure("#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":"
                      "\"client.authentication.k8s.io/v1\",\"status\":{}}'\n"),
              HasSubstr("neither a token nor a certificate"));
  config_.credentials.exec = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                                        .command = "/nonexistent/plugin",
                                        .arguments = {},
                                        .environment = {},
                                        .install_hint = "get it at example.org",
                                        .provide_cluster_info = true};
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_THAT(get(client).error().message, HasSubstr("get it at example.org"));
}

TEST(RunProgram, AHangingProgramIsKilledWithWhatItStarted) {
  ProgramCall call;
  call.command = "sh";
  call.arguments = {"-c", "sleep 100 & sleep 100"};
  call.timeout = 200ms;
  const auto begin = std::chrono::steady_clock::now();
  const auto output = run_program(call);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(RunProgram, OutputAndErrorsDoNotBlockEachOther) {
  ProgramCall call;
  call.command = "sh";
  call.arguments = {"-c", "head -c 300000 /dev/zero | tr '\\0' e >&2; head -c 300000 /dev/zero | tr '\\0' o"};
  const auto output = run_program(call);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(*output, std::string(300'000, 'o'));
}

}  // namespace
}  // namespace kubevitals::kube
