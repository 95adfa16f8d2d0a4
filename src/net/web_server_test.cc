// A server with a web configuration, and clients that it admits or not.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "net/http_fixture.h"
#include "net/self_signed.h"
#include "net/test_web_config.h"
#include "net/web_gate.h"

namespace kubevitals::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kTls = "tls_server_config:\n  cert_file: cert\n  key_file: key\n";

class WebServerTest : public HttpFixture {
 protected:
  void serve_with(const std::string& text, ServerOptions options = {}) {
    auto source = WebConfigSource::open(files_.put("web.yml", text));
    ASSERT_TRUE(source) << message_of(source);
    options.web = source_ = *source;
    serve(options);
  }

  void put_pair(const KeyPair& pair) const {
    files_.put("cert", pair.certificate);
    files_.put("key", pair.key);
  }

  static std::string users(const std::string& hash = kSecretHash) {
    return "basic_auth_users:\n  alice: " + hash + "\n";
  }

  static std::string authorization(const std::string& user_and_password) {
    return "Authorization: Basic " + encode_base64(user_and_password) + "\r\n";
  }

  static HttpRequest with(HttpRequest request, const std::string& user_and_password) {
    request.headers.set("Authorization", "Basic " + encode_base64(user_and_password));
    return request;
  }

  // The status of a request by this user with this password, or without.
  int status_for(const std::string& user_and_password, const std::string& scheme = "http") {
    int status = 0;
    run([&]() -> asio::awaitable<void> {
      HttpRequest request = get("/echo", scheme);
      if (!user_and_password.empty()) request = with(std::move(request), user_and_password);
      const auto response = co_await client_->send(std::move(request));
      status = status_of(response);
    });
    return status;
  }

  HttpClient& client_trusting(const KeyPair& pair) {
    TransportOptions options;
    options.ca_data = pair.certificate;
    return client(options);
  }

  std::string text_over_tls() {
    std::string text;
    run([&]() -> asio::awaitable<void> {
      const auto response = co_await fetch("/echo", "https");
      text = response ? text_of(response) : "refused";
    });
    return text;
  }

  TestFiles files_;
  std::shared_ptr<WebConfigSource> source_;
};

TEST_F(WebServerTest, AnEmptyFileIsPlainHttp) {
  serve_with("");
  client();
  EXPECT_EQ(status_for(""), 200);
  EXPECT_EQ(status_for("alice:secret"), 200);
}

TEST_F(WebServerTest, UsersNeedTheirPassword) {
  serve_with(users() + "  bob: " + kSesameHash + "\n");
  client();
  EXPECT_EQ(status_for(""), 401);
  EXPECT_EQ(status_for("alice:sesame"), 401);
  EXPECT_EQ(status_for("alice"), 401);
  EXPECT_EQ(status_for("alice:"), 401);
  EXPECT_EQ(status_for(":secret"), 401);
  EXPECT_EQ(status_for("mallory:secret"), 401);
  EXPECT_EQ(requests_, 0);
  EXPECT_EQ(status_for("alice:secret"), 200);
  EXPECT_EQ(status_for("bob:sesame"), 200);
  EXPECT_EQ(status_for("bob:secret"), 401);
  EXPECT_EQ(requests_, 2);
}

TEST_F(WebServerTest, RefusalsSayHowToComeIn) {
  serve_with(users());
  run([&]() -> asio::awaitable<void> {
    asio::ip::tcp::socket socket = co_await connect();
    for (int i = 0; i < 3; ++i) {
      co_await write(socket, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
      const std::string got = co_await read_until(socket, "Unauthorized\n");
      EXPECT_THAT(got, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
      EXPECT_THAT(got, HasSubstr("\r\nWWW-Authenticate: Basic\r\n"));
      EXPECT_THAT(got, Not(HasSubstr("Connection: close"))) << "the client may try again";
    }
    const std::string good = "GET /echo?a=1 HTTP/1.1\r\nHost: x\r\n" + authorization("alice:secret") + "\r\n";
    co_await write(socket, good);
    const std::string got = co_await read_until(socket, "GET /echo 1 ");
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 OK\r\n"));
    co_await write(socket, "HEAD /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string head = co_await read_to_end(socket);
    EXPECT_THAT(head, StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(head, EndsWith("\r\n\r\n"));
    EXPECT_EQ(requests_, 1);
  });
}

TEST_F(WebServerTest, BodiesOfTheRefusedAreNotWaitedFor) {
  serve_with(users());
  run([&]() -> asio::awaitable<void> {
    const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n";
    for (const std::string rest : {"\r\n", "Expect: 100-continue\r\n\r\n"}) {
      const std::string request = post + rest;
      const std::string got = co_await say(request);
      EXPECT_THAT(got, StartsWith("HTTP/1.1 401 "));
      EXPECT_THAT(got, HasSubstr("\r\nConnection: close\r\n"));
    }
    EXPECT_EQ(requests_, 0);
  });
}

TEST_F(WebServerTest, BodiesOfTheAdmittedComeThrough) {
  serve_with(users());
  run([&]() -> asio::awaitable<void> {
    asio::ip::tcp::socket socket = co_await connect();
    const std::string head =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n" + authorization("alice:secret");
    const std::string whole = head + "\r\nbody";
    co_await write(socket, whole);
    const std::string got = co_await read_until(socket, "body");
    EXPECT_THAT(got, EndsWith("POST /echo - body"));
    const std::string waiting = head + "Expect: 100-continue\r\n\r\n";
    co_await write(socket, waiting);
    const std::string asked = co_await read_until(socket, "\r\n\r\n");
    EXPECT_EQ(asked, "HTTP/1.1 100 Continue\r\n\r\n");
    co_await write(socket, "more");
    const std::string more = co_await read_until(socket, "more");
    EXPECT_THAT(more, EndsWith("POST /echo - more"));
  });
}

TEST_F(WebServerTest, UsersThatAreTakenAwayAreRefusedOnKeptConnections) {
  serve_with(users());
  run([&]() -> asio::awaitable<void> {
    asio::ip::tcp::socket socket = co_await connect();
    const std::string request = "GET /echo HTTP/1.1\r\nHost: x\r\n" + authorization("alice:secret") + "\r\n";
    co_await write(socket, request);
    const std::string good = co_await read_until(socket, "GET /echo - ");
    EXPECT_THAT(good, StartsWith("HTTP/1.1 200 OK\r\n"));
    files_.put("web.yml", users(kSesameHash));
    co_await write(socket, request);
    const std::string bad = co_await read_until(socket, "Unauthorized\n");
    EXPECT_THAT(bad, StartsWith("HTTP/1.1 401 "));
    files_.put("web.yml", "broken: yes\n");
    co_await write(socket, request);
    const std::string still = co_await read_until(socket, "Unauthorized\n");
    EXPECT_THAT(still, StartsWith("HTTP/1.1 401 ")) << "a broken file opens no door";
  });
}

// While passwords that take seconds are hashed, all on one thread here, others are served.
TEST_F(WebServerTest, AFloodOfBadPasswordsHoldsNobodyUp) {
  const std::string slow = "$2a$14$djaiNJkH76SntgsTf7b.P.7fQT9E/1aGIFFuThy5RPM43xwzqZ4jy";
  serve_with(users() + "  slow: " + slow + "\n");
  client();
  EXPECT_EQ(status_for("alice:secret"), 200);
  run([&]() -> asio::awaitable<void> {
    std::vector<asio::ip::tcp::socket> flood;
    for (int i = 0; i < 100; ++i) {
      asio::ip::tcp::socket socket = co_await connect();
      const std::string bad =
          "GET /echo HTTP/1.1\r\nHost: x\r\n" + authorization("slow:" + std::to_string(i)) + "\r\n";
      co_await write(socket, bad);
      flood.push_back(std::move(socket));
    }
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
      HttpRequest good = with(get("/echo"), "alice:secret");
      const auto response = co_await client_->send(std::move(good));
      EXPECT_EQ(status_of(response), 200);
    }
    // One hash alone takes more than that.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
    const std::string last = co_await read_until(flood.back(), "\r\n");
    EXPECT_EQ(last, "HTTP/1.1 429 Too Many Requests\r\n");
    // Those that wait are dropped with their connections.
    flood.clear();
    EXPECT_EQ(requests_, 21);
  });
}

TEST_F(WebServerTest, HeadersAreAddedToEveryAnswer) {
  serve_with(users() +
             "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
             "    X-Content-Type-Options: nosniff\n");
  run([&]() -> asio::awaitable<void> {
    const std::string start = "GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    for (const std::string& user : {std::string(), authorization("alice:secret")}) {
      const std::string request = start + user + "\r\n";
      const std::string got = co_await say(request);
      EXPECT_THAT(got, HasSubstr("\r\nX-Frame-Options: deny\r\n"));
      EXPECT_THAT(got, HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"));
    }
  });
}

TEST(WebGate, HeadersOfTheHandlerStay) {
  WebState state;
  state.config.headers = {{"X-Frame-Options", "deny"}, {"X-XSS-Protection", "1"}};
  ServerResponse response = ServerResponse::text(200, "");
  response.headers.set("x-frame-options", "sameorigin");
  WebGate::add_headers(state, response);
  EXPECT_EQ(response.headers.joined("X-Frame-Options"), "sameorigin");
  EXPECT_EQ(response.headers.joined("X-XSS-Protection"), "1");
}

TEST(WebGate, CredentialsAreTakenApartAtTheFirstColon) {
  const auto parsed = [](std::string_view value) {
    const auto credentials = parse_basic_authorization(value);
    return credentials ? credentials->user + "|" + credentials->password : "none";
  };
  EXPECT_EQ(parsed("Basic " + encode_base64("a:b:c")), "a|b:c");
  EXPECT_EQ(parsed("bAsIc " + encode_base64(":")), "|");
  EXPECT_EQ(parsed("Basic " + encode_base64("ab")), "none");
  EXPECT_EQ(parsed("Basic !"), "none");
  EXPECT_EQ(parsed("Basic"), "none");
  EXPECT_EQ(parsed("Bearer " + encode_base64("a:b")), "none");
  EXPECT_EQ(parsed(""), "none");
}

TEST_F(WebServerTest, RequestsBeyondTheRateAreRefused) {
  serve_with("rate_limit: {interval: 1h, burst: 2}\n");
  client();
  EXPECT_EQ(status_for(""), 200);
  EXPECT_EQ(status_for(""), 200);
  EXPECT_EQ(status_for(""), 429);
  EXPECT_EQ(requests_, 2);
  files_.put("web.yml", "");
  EXPECT_EQ(status_for(""), 200);
}

TEST_F(WebServerTest, CertificatesAreRotatedWithoutARestart) {
  const KeyPair one = make_self_signed_certificate().value();
  const KeyPair two = make_self_signed_certificate().value();
  put_pair(one);
  serve_with(kTls);
  client_trusting(one);
  EXPECT_EQ(text_over_tls(), "GET /echo - ");
  files_.put("cert", two.certificate);
  client_trusting(one);
  EXPECT_EQ(text_over_tls(), "GET /echo - ") << "without its key the new one is not used";
  files_.put("key", two.key);
  EXPECT_EQ(text_over_tls(), "GET /echo - ") << "connections that are open stay";
  client_trusting(one);
  EXPECT_EQ(text_over_tls(), "refused");
  client_trusting(two);
  EXPECT_EQ(text_over_tls(), "GET /echo - ");
}

TEST_F(WebServerTest, ClientAuthoritiesAreRotatedAndNoSessionOutlivesThem) {
  const KeyPair pair = make_self_signed_certificate().value();
  const KeyPair ca = make_self_signed_certificate().value();
  put_pair(pair);
  files_.put("ca", ca.certificate);
  serve_with(std::string(kTls) + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca\n" +
             users());
  TransportOptions options;
  options.ca_data = pair.certificate;
  const KeyPair own = make_signed_certificate(ca, {}, "prometheus").value();
  options.certificate_data = own.certificate;
  options.key_data = own.key;
  HttpClient& http = client(options);
  Tunnel tunnel(io_, server_->port());
  const auto status = [&]() -> asio::awaitable<int> {
    HttpRequest request = with(get_at(tunnel.port(), "/echo", "https"), "alice:secret");
    const auto response = co_await http.send(std::move(request));
    co_return status_of(response);
  };
  run([&]() -> asio::awaitable<void> {
    const int first = co_await status();
    EXPECT_EQ(first, 200);
    tunnel.cut();
    const int second = co_await status();
    EXPECT_EQ(second, 200) << "on a new connection of the same client";
    files_.put("ca", pair.certificate);
    tunnel.cut();
    const int third = co_await status();
    EXPECT_EQ(third, 0);
  });
}

TEST_F(WebServerTest, UsersOverTls) {
  const KeyPair pair = make_self_signed_certificate().value();
  put_pair(pair);
  serve_with(kTls + users());
  client_trusting(pair);
  EXPECT_EQ(status_for("alice:secret", "https"), 200);
  EXPECT_EQ(status_for("alice:wrong", "https"), 401);
  client();
  EXPECT_EQ(status_for("alice:secret"), 0) << "plain text is no TLS";
}

TEST_F(WebServerTest, ClientsThatGoAwayWhileTheirPasswordWaits) {
  const std::string slow = "$2a$10$djaiNJkH76SntgsTf7b.P.7fQT9E/1aGIFFuThy5RPM43xwzqZ4jy";
  serve_with(users(slow));
  run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 50; ++i) {
      asio::ip::tcp::socket socket = co_await connect();
      const std::string request =
          "GET /echo HTTP/1.1\r\nHost: x\r\n" + authorization("alice:" + std::to_string(i)) + "\r\n";
      co_await write(socket, request);
      if (i % 2 == 0) co_await pause(1ms);
    }
    co_await server_->stop(20ms);
    EXPECT_EQ(requests_, 0);
  });
}

}  // namespace
}  // namespace kubevitals::net
