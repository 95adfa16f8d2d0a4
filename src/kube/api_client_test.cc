#include "kube/api_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/version.h"
#include "kube/config_fixture.h"
#include "kube/encoding.h"
#include "kube/server_version.h"
#include "kube/tls_peer.h"
#include "net/http_server.h"
#include "net/self_signed.h"

namespace kubevitals::kube {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

// A server that lets one Authorization in, and remembers what it was sent.
class ApiClientTest : public ScratchTest {
 protected:
  ApiClientTest() {
    net::ServerOptions options;
    options.address = "127.0.0.1";
    server_ = std::make_unique<net::HttpServer>(
        io_.get_executor(), options,
        [this](net::ServerRequest request) -> asio::awaitable<net::ServerResponse> {
          const std::string got(request.headers.find("Authorization").value_or(""));
          requests_.push_back(std::move(request));
          co_return net::ServerResponse::text(got == accepted_ ? 200 : 401, answer_);
        });
    EXPECT_TRUE(server_->start());
    config_.url = "http://127.0.0.1:" + std::to_string(server_->port());
  }
  ~ApiClientTest() override {
    server_.reset();
    io_.restart();
    io_.run_for(100ms);
  }

  std::unique_ptr<ApiClient> client() {
    return std::make_unique<ApiClient>(io_.get_executor(), config_, system_clock());
  }
  Result<net::HttpResponse> get(ApiClient& client) {
    ApiRequest request;
    request.path = "/api/v1/pods";
    request.query = {{"limit", "500"}, {"labelSelector", "a=b c"}};
    request.accept = kJsonMediaType;
    return wait_for(io_, client.send(std::move(request)));
  }
  Result<std::unique_ptr<net::HttpStream>> open(ApiClient& client) {
    ApiRequest request;
    request.path = "/api/v1/pods";
    return wait_for(io_, client.open(std::move(request)));
  }
  std::string header(std::size_t request, std::string_view name) const {
    return std::string(requests_.at(request).headers.find(name).value_or("none"));
  }

  asio::io_context io_;
  std::unique_ptr<net::HttpServer> server_;
  ApiServerConfig config_;
  std::string accepted_;
  std::string answer_;
  std::vector<net::ServerRequest> requests_;
};

TEST_F(ApiClientTest, WhatEachRequestHas) {
  config_.credentials.token = "t";
  config_.url += "/k8s/clusters/c-1";
  config_.headers = {{"Impersonate-User", "jane"}};
  accepted_ = "Bearer t";
  const auto client = this->client();
  const auto response = get(*client);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(requests_.at(0).target, "/k8s/clusters/c-1/api/v1/pods?limit=500&labelSelector=a%3Db%20c");
  EXPECT_EQ(header(0, "Accept"), "application/json");
  EXPECT_EQ(header(0, "Impersonate-User"), "jane");
  EXPECT_THAT(header(0, "User-Agent"), StartsWith(std::string("kubevitals/") + kVersion + " (linux"));
  EXPECT_THAT(header(0, "Accept-Encoding"), HasSubstr("gzip"));
}

TEST_F(ApiClientTest, CompressionCanBeOff) {
  config_.compression = false;
  const auto client = this->client();
  EXPECT_TRUE(get(*client));
  EXPECT_THAT(header(0, "Accept-Encoding"), Not(HasSubstr("gzip")));
}

TEST_F(ApiClientTest, ARotatedTokenIsTakenUpAfterARefusal) {
  const auto script = [this](const std::string& token) {
    this->script("plugin",
                 "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
                 "\"status\":{\"token\":\"" +
                     token + "\"}}'");
  };
  script("first");
  config_.credentials.exec.emplace();
  config_.credentials.exec->api_version = "client.authentication.k8s.io/v1";
  config_.credentials.exec->command = path("plugin");
  accepted_ = "Bearer first";
  const auto client = this->client();
  EXPECT_EQ(get(*client)->status, 200);
  script("second");
  EXPECT_EQ(get(*client)->status, 200);
  accepted_ = "Bearer second";
  EXPECT_EQ(get(*client)->status, 200);
  EXPECT_EQ(requests_.size(), 4u);
  script("third");
  accepted_ = "Bearer third";
  EXPECT_EQ((*open(*client))->status(), 200);
  EXPECT_EQ(requests_.size(), 6u);
}

TEST_F(ApiClientTest, ARefusalWithoutOtherCredentialsIsTheAnswer) {
  config_.credentials.token_file = write("token", "t");
  accepted_ = "Bearer other";
  answer_ = "who are you";
  const auto client = this->client();
  const auto response = get(*client);
  EXPECT_EQ(response->status, 401);
  EXPECT_EQ(response->body, answer_);
  EXPECT_EQ(requests_.size(), 1u) << "the same again would be refused again";
  const auto stream = open(*client);
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->status(), 401);
  EXPECT_EQ(wait_for(io_, (*stream)->read_some(10s)).value(), answer_) << "its body is still there";
}

TEST_F(ApiClientTest, ASecondRefusalIsTheAnswer) {
  config_.credentials.token_file = write("token", "old");
  const auto client = this->client();
  accepted_ = "Bearer old";
  EXPECT_EQ(get(*client)->status, 200);
  write("token", "new");
  accepted_ = "Bearer third";
  EXPECT_EQ(get(*client)->status, 401);
  EXPECT_EQ(header(requests_.size() - 1, "Authorization"), "Bearer new");
  EXPECT_EQ(requests_.size(), 2u);
}

TEST_F(ApiClientTest, WithoutCredentialsNothingIsSent) {
  config_.credentials.token_file = path("none");
  const auto client = this->client();
  EXPECT_EQ(get(*client).error().code, ErrorCode::kUnauthorized);
  EXPECT_EQ(open(*client).error().code, ErrorCode::kUnauthorized);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(ApiClientTest, AProxyIsUsed) {
  config_.transport.proxy_url = config_.url;
  config_.url = "http://api.invalid:1234";
  const auto client = this->client();
  const auto response = get(*client);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(header(0, "Host"), "api.invalid:1234");
}

TEST_F(ApiClientTest, AServerThatIsAwayIsNamed) {
  server_.reset();
  const auto client = this->client();
  const auto response = get(*client);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("127.0.0.1"));
}

TEST_F(ApiClientTest, TheServersVersion) {
  answer_ = R"({"major":"1","minor":"35+","gitVersion":"v1.35.4","platform":"linux/amd64"})";
  const auto client = this->client();
  const auto version = wait_for(io_, server_version(*client));
  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(version->git_version, "v1.35.4");
  EXPECT_EQ(version->major + "." + version->minor, "1.35+");
  EXPECT_EQ(version->platform, "linux/amd64");
  EXPECT_EQ(requests_.at(0).path, "/version");
}

TEST_F(ApiClientTest, WhatIsNoApiServer) {
  const auto client = this->client();
  const auto message = [&](const std::string& answer) {
    answer_ = answer;
    const auto version = wait_for(io_, server_version(*client));
    return version ? "" : version.error().message;
  };
  EXPECT_THAT(message("<html>"), HasSubstr("not a JSON object"));
  EXPECT_THAT(message("{}"), HasSubstr("is this an API server?"));
  accepted_ = "Bearer t";
  EXPECT_EQ(
      message(
          R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","code":401})"),
      "cannot get the version of the API server: Unauthorized");
}

TEST(ResponseError, StatusInJsonAndProtobufAndOtherTexts) {
  net::HttpResponse response;
  response.status = 403;
  response.body =
      R"({"kind":"Status","apiVersion":"v1","message":"pods is forbidden","reason":"Forbidden","code":403})";
  EXPECT_EQ(response_error(response).code, ErrorCode::kForbidden);
  EXPECT_EQ(response_error(response).message, "pods is forbidden");
  // k8s\0, Unknown{typeMeta{apiVersion: v1, kind: Status}, raw: Status{message: gone, reason: Expired, code:
  // 410}}
  response.status = 410;
  response.body = std::string(
      "k8s\0\x0a\x0c\x0a\x02v1\x12\x06Status\x12\x12\x1a\x04gone\x22\x07"
      "Expired\x30\x9a\x03",
      38);
  EXPECT_EQ(response_error(response).code, ErrorCode::kGone);
  EXPECT_EQ(response_error(response).message, "gone");
  response.status = 502;
  response.body = "<html>\n<b>Bad Gateway</b>" + std::string(1000, 'x');
  EXPECT_EQ(response_error(response).code, ErrorCode::kUnavailable);
  EXPECT_THAT(
      response_error(response).message,
      AllOf(StartsWith("HTTP status 502: <html> <b>Bad Gateway</b>"), testing::SizeIs(testing::Lt(160))));
  response.status = 429;
  response.body = "";
  EXPECT_EQ(response_error(response).code, ErrorCode::kTooManyRequests);
  EXPECT_EQ(response_error(response).message, "HTTP status 429");
}

class ClientCertificates : public ScratchTest {
 protected:
  ClientCertificates() : peer_(io_) {
    config_.url = peer_.url();
    config_.transport.ca_data = peer_.ca();
  }
  ~ClientCertificates() override {
    peer_.stop();
    io_.restart();
    io_.run_for(100ms);
  }
  // Who the server thinks we are.
  std::string name(ApiClient& client) {
    ApiRequest request;
    request.path = "/";
    const auto response = wait_for(io_, client.send(std::move(request)));
    return response ? response->body : response.error().message;
  }
  static net::KeyPair identity(const std::string& name) {
    return net::make_self_signed_certificate({}, name).value();
  }
  void use_plugin(const std::string& name) {
    const net::KeyPair pair = identity(name);
    const auto quoted = [](std::string text) {
      for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
        text.replace(at, 1, "\\n");
      return "\"" + text + "\"";
    };
    write("answer",
          "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{"
          "\"clientCertificateData\":" +
              quoted(pair.certificate) + ",\"clientKeyData\":" + quoted(pair.key) + "}}");
    script("plugin", "cat " + path("answer"));
  }

  asio::io_context io_;
  TlsPeer peer_;
  ApiServerConfig config_;
};

TEST_F(ClientCertificates, DataIsShown) {
  const net::KeyPair pair = identity("jane");
  config_.transport.certificate_data = pair.certificate;
  config_.transport.key_data = pair.key;
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_EQ(name(client), "jane");
}

TEST_F(ClientCertificates, RotatedFilesAreShown) {
  const auto rotate = [&](const std::string& name) {
    const net::KeyPair pair = identity(name);
    config_.transport.certificate_file = write("c.crt", pair.certificate);
    config_.transport.key_file = write("c.key", pair.key);
  };
  rotate("jane");
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_EQ(name(client), "jane");
  rotate("another-jane");
  EXPECT_EQ(name(client), "another-jane");
}

TEST_F(ClientCertificates, APluginsIsShownAndReplacedAfterARefusal) {
  use_plugin("jane");
  config_.credentials.exec.emplace();
  config_.credentials.exec->api_version = "client.authentication.k8s.io/v1";
  config_.credentials.exec->command = path("plugin");
  ApiClient client(io_.get_executor(), config_, system_clock());
  EXPECT_EQ(name(client), "jane");
  use_plugin("fred");
  EXPECT_EQ(name(client), "jane") << "still good";
  peer_.refuse("jane");
  EXPECT_EQ(name(client), "fred");
}

// Ending a client ends its streams.
TEST_F(ClientCertificates, AStreamOutlivesTheCertificateItWasMadeWith) {
  use_plugin("jane");
  config_.credentials.exec.emplace();
  config_.credentials.exec->api_version = "client.authentication.k8s.io/v1";
  config_.credentials.exec->command = path("plugin");
  ApiClient client(io_.get_executor(), config_, system_clock());
  ApiRequest request;
  request.path = "/endless";
  const auto stream = wait_for(io_, client.open(request));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(wait_for(io_, (*stream)->read_some(10s)).value(), "jane");
  use_plugin("fred");
  peer_.refuse("jane");
  EXPECT_EQ(name(client), "fred");
  EXPECT_EQ(wait_for(io_, (*stream)->read_some(100ms)).error().code, ErrorCode::kTimeout) << "it still waits";
}

}  // namespace
}  // namespace kubevitals::kube
