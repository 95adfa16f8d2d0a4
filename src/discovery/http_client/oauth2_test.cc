#include "discovery/http_client/oauth2.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "discovery/http_client/client.h"
#include "discovery/http_client/server_fixture.h"
#include "net/http_message.h"

namespace kubevitals::discovery {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

std::string show(std::string_view content_type, std::string_view body) {
  const auto token = parse_token_response(content_type, body);
  if (!token) return "error: " + token.error().message;
  return token->authorization + (token->lifetime ? " " + std::to_string(token->lifetime->count()) : "");
}

TEST(TokenResponse, JsonAndForms) {
  const std::string json = "application/json; charset=utf-8";
  EXPECT_EQ(show(json, R"({"access_token": "abc", "token_type": "bearer", "expires_in": 3600})"),
            "Bearer abc 3600");
  EXPECT_EQ(show(json, R"({"access_token": "abc"})"), "Bearer abc");
  EXPECT_EQ(show(json, R"({"access_token": "abc", "token_type": "DPoP", "expires_in": "60"})"),
            "DPoP abc 60");
  EXPECT_EQ(show(json, R"({"access_token": "abc", "expires_in": 1e300, "extra": {"a": []}})"), "Bearer abc");
  EXPECT_EQ(show(json, R"({"access_token": "abc", "expires_in": 9000000000000000000})"),
            "Bearer abc 315360000");
  EXPECT_EQ(show(json, R"({"access_token": "abc", "expires_in": -5})"), "Bearer abc");
  EXPECT_EQ(show("application/x-www-form-urlencoded", "access_token=a%2Fb&expires_in=5&token_type=MAC"),
            "MAC a/b 5");
  EXPECT_EQ(show("application/x-www-form-urlencoded", "access_token=a&token_type=+MAC"),
            "error: the answer's token_type is no authentication scheme");
  EXPECT_EQ(show(json, R"({"access_token": "a\r\nX-Evil: b"})"),
            "error: the answer's access_token has blanks or control characters");
  EXPECT_EQ(show(json, R"({"token": "abc"})"), "error: the answer has no access_token");
  EXPECT_EQ(show(json, R"({"access_token": ["abc"]})"), "error: the answer has no access_token");
  EXPECT_EQ(show(json, "[]"), "error: the answer is no JSON object");
  EXPECT_EQ(show(json, ""), "error: the answer is no JSON object");
}

// The token endpoint and the server that wants the token are the same.
class OAuth2Test : public ServerFixture {
 protected:
  void start() {
    serve([this](const ServerRequest& request) { return answer(request); });
    options_.oauth2 = OAuth2Options{};
    options_.oauth2->client_id = "id with space";
    options_.oauth2->client_secret.text = "s/ecret";
    options_.oauth2->token_url = url("/token");
  }

  ServerResponse answer(const ServerRequest& request) {
    if (request.path != "/token")
      return ServerResponse::text(resource_status_, request.headers.joined("Authorization"));
    forms_.push_back(request.body);
    const bool by_header = request.headers.find("Authorization").has_value();
    if (by_header && !takes_header_) {
      return ServerResponse::text(
          401, R"({"error": "invalid_client", "error_description": "use parameters"})", "application/json");
    }
    if (status_ != 200)
      return ServerResponse::text(status_, R"({"error": "invalid_scope"})", "application/json");
    return ServerResponse::text(
        200, R"({"access_token": "token)" + std::to_string(forms_.size()) + R"(", "expires_in": 100})",
        "application/json");
  }

  void make() {
    auto client = make_mechanism_client(options_, context());
    ASSERT_TRUE(client) << client.error().message;
    client_ = *std::move(client);
  }

  std::string ask() {
    std::string outcome;
    run([&]() -> asio::awaitable<void> {
      net::HttpRequest request;
      request.url = url("/resource");
      const auto response = co_await client_->send(std::move(request));
      outcome = response ? response->body
                         : std::string(to_string(response.error().code)) + " " + response.error().message;
    });
    return outcome;
  }

  HttpClientOptions options_;
  std::shared_ptr<MechanismClient> client_;
  std::vector<std::string> forms_;
  bool takes_header_ = true;
  int status_ = 200;
  int resource_status_ = 200;
};

TEST_F(OAuth2Test, ATokenIsKeptUntilShortlyBeforeItExpires) {
  start();
  options_.oauth2->scopes = {"a", "b"};
  options_.oauth2->endpoint_params = {{"audience", "x&y"}};
  make();
  EXPECT_EQ(ask(), "Bearer token1");
  EXPECT_EQ(requests_.front().method, "POST");
  EXPECT_EQ(requests_.front().headers.joined("Authorization"),
            "Basic " + encode_base64("id+with+space:s%2Fecret"));
  EXPECT_EQ(requests_.front().headers.joined("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_THAT(requests_.front().headers.joined("User-Agent"), HasSubstr("kubevitals/"));
  EXPECT_EQ(forms_.front(), "audience=x%26y&grant_type=client_credentials&scope=a%20b");
  clock_.advance_to(clock_.now() + 89s);
  EXPECT_EQ(ask(), "Bearer token1");
  clock_.advance_to(clock_.now() + 1s);
  EXPECT_EQ(ask(), "Bearer token2");
}

TEST_F(OAuth2Test, ParametersWhereTheHeaderIsRefused) {
  start();
  takes_header_ = false;
  make();
  EXPECT_EQ(ask(), "Bearer token2");
  EXPECT_EQ(forms_.back(),
            "client_id=id%20with%20space&client_secret=s%2Fecret&grant_type=client_credentials");
  clock_.advance_to(clock_.now() + 100s);
  EXPECT_EQ(ask(), "Bearer token3") << "without trying the header again";
}

TEST_F(OAuth2Test, FailuresSayWhyAndHideTheSecret) {
  start();
  status_ = 400;
  make();
  const std::string failure = ask();
  EXPECT_THAT(failure, HasSubstr("unauthorized cannot GET "));
  EXPECT_THAT(failure, HasSubstr("/token: HTTP status 400: invalid_scope"));
  EXPECT_THAT(failure, Not(HasSubstr("ecret")));
  EXPECT_EQ(requests_.size(), 2u) << "two tries for a token, nothing else";
  status_ = 200;
  EXPECT_EQ(ask(), "Bearer token3");
  options_.oauth2->endpoint_params = {{"scope", "x"}};
  options_.oauth2->scopes = {"y"};
  make();
  EXPECT_THAT(ask(), HasSubstr("the parameter scope is given twice"));
}

TEST_F(OAuth2Test, ARefusedTokenIsNotUsedAgain) {
  start();
  make();
  EXPECT_EQ(ask(), "Bearer token1");
  resource_status_ = 401;
  EXPECT_EQ(ask(), "Bearer token1");
  resource_status_ = 200;
  EXPECT_EQ(ask(), "Bearer token2");
}

TEST_F(OAuth2Test, TheEndpointHasTlsOptionsOfItsOwn) {
  start();
  options_.oauth2->tls.ca_file = "/nonexistent/ca.pem";
  const auto client = make_mechanism_client(options_, context());
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error().message, HasSubstr("oauth2: cannot use the CA certificate"));
}

}  // namespace
}  // namespace kubevitals::discovery
