#include "discovery/http_client/client.h"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/base64.h"
#include "discovery/http_client/server_fixture.h"
#include "net/self_signed.h"

namespace kubevitals::discovery {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using testing::HasSubstr;
using testing::Not;

// A file that is there as long as the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string path = (std::filesystem::temp_directory_path() / "kubevitals-client-XXXXXX").string();
    const int descriptor = ::mkstemp(path.data());
    if (descriptor >= 0) ::close(descriptor);
    path_ = path;
    write(text);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& text) const { std::ofstream(path_, std::ios::trunc) << text; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

ServerResponse redirect(int status, const std::string& location) {
  ServerResponse response = ServerResponse::text(status, "elsewhere");
  response.headers.set("Location", location);
  return response;
}

class MechanismClientTest : public ServerFixture {
 protected:
  // What comes of one request: the body, or the error's code and message.
  std::string ask(const std::string& url, std::function<void(net::HttpRequest&)> change = nullptr) {
    std::string outcome;
    run([&]() -> asio::awaitable<void> {
      net::HttpRequest request;
      request.url = url;
      if (change) change(request);
      const auto response = co_await client_->send(std::move(request));
      outcome = response ? std::to_string(response->status) + " " + response->body
                         : std::string(to_string(response.error().code)) + " " + response.error().message;
    });
    return outcome;
  }

  void make(bool always_follow_redirects = false) {
    auto client = make_mechanism_client(options_, context(), always_follow_redirects);
    ASSERT_TRUE(client) << client.error().message;
    client_ = *std::move(client);
  }
  std::string failure_to_make() {
    const auto client = make_mechanism_client(options_, context());
    return client ? "made" : client.error().message;
  }

  // A field of the last request, or of an earlier one.
  std::string sent(const std::string& name, std::size_t back = 0) const {
    return requests_.at(requests_.size() - 1 - back).headers.joined(name);
  }

  static ServerResponse ok(const ServerRequest& request) { return ServerResponse::text(200, request.path); }

  HttpClientOptions options_;
  std::shared_ptr<MechanismClient> client_;
};

TEST_F(MechanismClientTest, SaysWhoItIs) {
  serve(ok);
  make();
  EXPECT_EQ(ask(url("/x")), "200 /x");
  EXPECT_THAT(sent("User-Agent"), testing::StartsWith("kubevitals/"));
  EXPECT_EQ(sent("Authorization"), "");
  ask(url("/x"), [](net::HttpRequest& request) { request.headers.set("User-Agent", "other"); });
  EXPECT_EQ(sent("User-Agent"), "other");
}

TEST_F(MechanismClientTest, BasicAuthentication) {
  serve(ok);
  options_.basic_auth =
      BasicAuthOptions{.username = "joe", .username_file = "", .password = {"p:w"}, .password_file = ""};
  make();
  EXPECT_EQ(ask(url("/x")), "200 /x");
  EXPECT_EQ(sent("Authorization"), "Basic " + encode_base64("joe:p:w"));
  ask(url("/x"), [](net::HttpRequest& request) { request.headers.set("Authorization", "Own x"); });
  EXPECT_EQ(sent("Authorization"), "Own x");
}

TEST_F(MechanismClientTest, CredentialsOfTheUrlComeFirstAndAreNotShown) {
  serve(ok);
  options_.authorization =
      AuthorizationOptions{.type = "Bearer", .credentials = {"token"}, .credentials_file = ""};
  make();
  EXPECT_EQ(ask(url("/x", "joe:pass%20word@127.0.0.1")), "200 /x");
  EXPECT_EQ(sent("Authorization"), "Basic " + encode_base64("joe:pass word"));
  const std::string failure = ask("http://joe:password@127.0.0.1:1/x");
  EXPECT_THAT(failure, HasSubstr("unavailable cannot GET http://127.0.0.1:1/x: "));
  EXPECT_THAT(failure, Not(HasSubstr("password")));
  EXPECT_THAT(ask("http://joe:password@127.0.0.1:x/"), Not(HasSubstr("password")));
}

TEST_F(MechanismClientTest, FilesAreReadForEachRequestAndTrimmed) {
  serve(ok);
  const TemporaryFile token("first\n");
  const TemporaryFile header(" h \n");
  options_.authorization =
      AuthorizationOptions{.type = "Token", .credentials = {}, .credentials_file = token.path()};
  options_.http_headers["X-File"] =
      HeaderOptions{.values = {"v"}, .secrets = {{"s"}}, .files = {header.path()}};
  make();
  EXPECT_EQ(ask(url("/x")), "200 /x");
  EXPECT_EQ(sent("Authorization"), "Token first");
  EXPECT_EQ(sent("X-File"), "v, s, h");
  token.write("  second  ");
  ask(url("/x"));
  EXPECT_EQ(sent("Authorization"), "Token second");
  std::remove(token.path().c_str());
  const std::size_t before = requests_.size();
  EXPECT_THAT(ask(url("/x")), HasSubstr("unauthorized cannot GET http://127.0.0.1:"));
  EXPECT_EQ(requests_.size(), before);
}

TEST_F(MechanismClientTest, BasicAuthenticationFromFiles) {
  serve(ok);
  const TemporaryFile user("joe\n");
  const TemporaryFile password("secret\n");
  options_.basic_auth = BasicAuthOptions{
      .username = "", .username_file = user.path(), .password = {}, .password_file = password.path()};
  make();
  ask(url("/x"));
  EXPECT_EQ(sent("Authorization"), "Basic " + encode_base64("joe:secret"));
}

TEST_F(MechanismClientTest, RedirectsAreFollowedUnlessToldNotTo) {
  serve([](const ServerRequest& request) {
    if (request.path == "/a") return redirect(302, "/b?c=d");
    if (request.path == "/loop") return redirect(301, "/loop");
    if (request.path == "/file") return redirect(302, "file:///etc/passwd");
    if (request.path == "/nowhere") return ServerResponse::text(302, "nowhere");
    return ServerResponse::text(200, request.target);
  });
  make();
  EXPECT_EQ(ask(url("/a")), "200 /b?c=d");
  EXPECT_EQ(ask(url("/nowhere")), "302 nowhere");
  EXPECT_THAT(ask(url("/loop")), HasSubstr("unavailable cannot GET"));
  EXPECT_EQ(requests_.size(), 2u + 1 + 11);
  EXPECT_THAT(ask(url("/file")), HasSubstr("bad redirect: "));
  options_.follow_redirects = false;
  make();
  EXPECT_EQ(ask(url("/a")), "302 elsewhere");
  make(true);
  EXPECT_EQ(ask(url("/a")), "200 /b?c=d");
}

TEST_F(MechanismClientTest, RedirectsKeepWhatTheyShould) {
  serve([](const ServerRequest& request) {
    if (request.path == "/kept") return redirect(307, "/end");
    if (request.path == "/changed") return redirect(303, "/end");
    return ServerResponse::text(200, request.method + " " + request.body);
  });
  make();
  const auto post = [](net::HttpRequest& request) {
    request.method = "POST";
    request.body = "text";
    request.headers.set("Accept", "a/b");
  };
  EXPECT_EQ(ask(url("/kept"), post), "200 POST text");
  EXPECT_EQ(sent("Accept"), "a/b");
  EXPECT_EQ(ask(url("/changed"), post), "200 GET ");
  EXPECT_EQ(sent("Accept"), "a/b");
}

TEST_F(MechanismClientTest, AnotherHostDoesNotGetTheSecrets) {
  std::string elsewhere;
  serve([&](const ServerRequest& request) {
    if (request.path == "/same") return redirect(302, "/end");
    if (request.path == "/other") return redirect(302, elsewhere);
    return ok(request);
  });
  elsewhere = url("/end", "localhost");
  options_.authorization =
      AuthorizationOptions{.type = "Bearer", .credentials = {"token"}, .credentials_file = ""};
  options_.http_headers["X-Key"] = HeaderOptions{.values = {}, .secrets = {{"key"}}, .files = {}};
  make();
  EXPECT_EQ(ask(url("/same")), "200 /end");
  EXPECT_EQ(sent("Authorization"), "Bearer token");
  EXPECT_EQ(sent("X-Key"), "key");
  EXPECT_EQ(ask(url("/other")), "200 /end");
  EXPECT_EQ(sent("Authorization", 1), "Bearer token");
  EXPECT_EQ(sent("Authorization"), "");
  EXPECT_EQ(sent("X-Key"), "");
}

TEST_F(MechanismClientTest, ProxiesAreTheConfiguredOnes) {
  serve(
      [](const ServerRequest& request) { return ServerResponse::text(200, request.headers.joined("Host")); });
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  make();
  EXPECT_THAT(ask(url("/x")), HasSubstr("200 127.0.0.1:")) << "not through the environment's";
  options_.proxy.proxy_url = url("");
  make();
  EXPECT_EQ(ask("http://elsewhere.invalid/x"), "200 elsewhere.invalid");
  options_.proxy.proxy_url.clear();
  options_.proxy.proxy_from_environment = true;
  ::setenv("http_proxy", url("").c_str(), 1);
  make();
  EXPECT_EQ(ask("http://elsewhere.invalid/x"), "200 elsewhere.invalid");
  ::unsetenv("http_proxy");
}

TEST_F(MechanismClientTest, TlsIsVerifiedByTheOptions) {
  const auto pair = net::make_self_signed_certificate({"service.internal"});
  ASSERT_TRUE(pair);
  net::ServerOptions server;
  server.tls_certificate = pair->certificate;
  server.tls_key = pair->key;
  server.client_ca = pair->certificate;
  serve(ok, server);
  const std::string there = url("/x", "127.0.0.1", "https");
  make();
  EXPECT_THAT(ask(there), HasSubstr("unavailable "));
  options_.tls.ca = pair->certificate;
  options_.tls.cert = pair->certificate;
  options_.tls.key.text = pair->key;
  make();
  EXPECT_EQ(ask(there), "200 /x");
  options_.tls.server_name = "service.internal";
  make();
  EXPECT_EQ(ask(there), "200 /x");
  options_.tls.server_name = "other.internal";
  make();
  EXPECT_THAT(ask(there), HasSubstr("unavailable "));
  options_.tls.insecure_skip_verify = true;
  make();
  EXPECT_EQ(ask(there), "200 /x");
}

TEST_F(MechanismClientTest, CannotBeMadeOfBadTlsOptions) {
  const auto pair = net::make_self_signed_certificate();
  const auto other = net::make_self_signed_certificate();
  ASSERT_TRUE(pair && other);
  options_.tls.ca_file = "/nonexistent/ca.pem";
  EXPECT_THAT(failure_to_make(), HasSubstr("/nonexistent/ca.pem"));
  options_.tls = {};
  options_.tls.ca = "no certificate";
  EXPECT_THAT(failure_to_make(), HasSubstr("no certificate in PEM form"));
  options_.tls = {};
  options_.tls.cert = pair->certificate;
  options_.tls.key.text = other->key;
  EXPECT_THAT(failure_to_make(), HasSubstr("the key is another certificate's"));
  options_.tls.key.text = "secret nonsense";
  EXPECT_THAT(failure_to_make(), HasSubstr("no private key"));
  EXPECT_THAT(failure_to_make(), Not(HasSubstr("nonsense")));
  options_.tls.key.text = pair->key;
  EXPECT_EQ(failure_to_make(), "made");
  options_.tls.min_version = "TLS13";
  options_.tls.max_version = "TLS12";
  EXPECT_THAT(failure_to_make(), HasSubstr("max_version is older than min_version"));
}

TEST_F(MechanismClientTest, ASilentServerIsLeft) {
  // The kernel takes the connection; nobody answers.
  asio::ip::tcp::acceptor silent(io_, {asio::ip::address_v4::loopback(), 0});
  make();
  const std::string there = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/x";
  EXPECT_THAT(ask(there, [](net::HttpRequest& request) { request.timeout = std::chrono::milliseconds(20); }),
              HasSubstr("timeout cannot GET " + there));
}

}  // namespace
}  // namespace kubevitals::discovery
