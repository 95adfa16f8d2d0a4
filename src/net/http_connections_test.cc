// The client's connections: kept, broken, through proxies, over TLS.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "net/http_client.h"
#include "net/http_fixture.h"
#include "net/self_signed.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConnectionTest : public HttpFixture {
 protected:
  // A TLS server with a certificate of its own.
  void serve_tls(ServerOptions options = {}) {
    pair_ = make_self_signed_certificate({"cluster.example"}).value();
    options.tls_certificate = pair_.certificate;
    options.tls_key = pair_.key;
    serve(options);
  }

  TransportOptions trusting() const {
    TransportOptions options;
    options.ca_data = pair_.certificate;
    return options;
  }

  TransportOptions through(std::uint16_t port) const {
    TransportOptions options = trusting();
    options.proxy_url = "http://user:secret@127.0.0.1:" + std::to_string(port);
    return options;
  }

  // The answer to one request of a client with these options.
  Result<HttpResponse> once(TransportOptions options, std::string path = "/echo") {
    Result<HttpResponse> outcome = Error{ErrorCode::kInternal, "the test hangs"};
    run([&]() -> asio::awaitable<void> {
      client(std::move(options));
      outcome = co_await fetch(path, "https");
    });
    return outcome;
  }

  KeyPair pair_;
};

TEST_F(ConnectionTest, AreKeptForTheNextRequest) {
  serve();
  client();
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    for (const std::string path : {"/echo", "/gzip", "/empty", "/small", "/throw", "/echo"}) {
      const auto response = co_await fetch_at(tunnel.port(), path);
      EXPECT_TRUE(response) << message_of(response);
    }
    EXPECT_EQ(tunnel.connections(), 1);
  });
}

TEST_F(ConnectionTest, AreNotKeptAfterHalfAnAnswer) {
  serve();
  HttpClient& http = client();
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    int connections = 0;
    for (const std::string path : {"/truncated", "/short", "/abort", "/big", "/hang"}) {
      HttpRequest request = get_at(tunnel.port(), path);
      if (path == "/hang") request.timeout = 20ms;
      const auto response = co_await http.send(std::move(request), 10'000);
      EXPECT_FALSE(response) << path;
      const auto next = co_await fetch_at(tunnel.port(), "/echo");
      EXPECT_EQ(text_of(next), "GET /echo - ") << "after " << path;
      EXPECT_GT(tunnel.connections(), connections) << path;
      connections = tunnel.connections();
    }
  });
}

TEST_F(ConnectionTest, BrokenOnesAreReplaced) {
  serve();
  client();
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    for (int i = 1; i <= 3; ++i) {
      const auto response = co_await fetch_at(tunnel.port(), "/echo");
      EXPECT_EQ(text_of(response), "GET /echo - ");
      EXPECT_EQ(tunnel.connections(), i);
      tunnel.cut();
    }
  });
}

TEST_F(ConnectionTest, BreakingOneEndsItsRequest) {
  serve();
  HttpClient& http = client();
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get_at(tunnel.port(), "/watch");
    const auto stream = co_await http.open(std::move(request));
    EXPECT_TRUE(stream) << message_of(stream);
    if (!stream) co_return;
    const auto first = co_await (*stream)->read_some(10s);
    EXPECT_EQ(first.value_or(""), std::string(10, 'x'));
    tunnel.cut();
    const Received received = co_await read_all(**stream);
    EXPECT_EQ(received.failure, ErrorCode::kUnavailable);
    EXPECT_TRUE(co_await eventually([&] { return body_cancelled_; }));
  });
}

TEST_F(ConnectionTest, StreamsHaveOneEach) {
  serve_tls();
  HttpClient& http = client(trusting());
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get_at(tunnel.port(), "/watch", "https");
    const auto one = co_await http.open(request);
    const auto two = co_await http.open(request);
    EXPECT_TRUE(one && two);
    EXPECT_EQ(tunnel.connections(), 2);
    request.url = get_at(tunnel.port(), "/echo", "https").url;
    for (int i = 0; i < 3; ++i) {
      const auto short_lived = co_await http.open(request);
      EXPECT_TRUE(short_lived);
      if (!short_lived) co_return;
      const Received received = co_await read_all(**short_lived);
      EXPECT_EQ(received.body, "GET /echo - ");
    }
    EXPECT_EQ(tunnel.connections(), 3);
  });
}

TEST_F(ConnectionTest, NobodyAnswers) {
  Script silent(io_, "", Script::Then::kWait);
  TransportOptions options;
  options.connect_timeout = 50ms;
  client(options);
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await fetch_at(silent.port(), "/", "https");
    EXPECT_EQ(failure_of(response), ErrorCode::kTimeout);
    EXPECT_THAT(message_of(response), HasSubstr("no connection within 50ms"));
    EXPECT_TRUE(co_await eventually([&] { return silent.ended() == 1; }));
  });
}

TEST_F(ConnectionTest, ThroughAProxyThatConnects) {
  serve_tls();
  Tunnel proxy(io_, server_->port(), true);
  client(through(proxy.port()));
  run([&]() -> asio::awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      HttpRequest request = get_at(443, "/echo", "https");
      request.headers.add("X-Secret", "not for the proxy");
      const auto response = co_await client_->send(std::move(request));
      EXPECT_EQ(text_of(response), "GET /echo - ");
      EXPECT_TRUE(!response || !response->headers.empty());
    }
    const auto stream = co_await fetch_at(443, "/big", "https");
    EXPECT_TRUE(stream && stream->body.size() == kBig) << message_of(stream);
    EXPECT_EQ(proxy.connections(), 1);
    EXPECT_THAT(proxy.asked(), HasSubstr("CONNECT 127.0.0.1:443 HTTP/1.1\r\n"));
    EXPECT_THAT(proxy.asked(), HasSubstr("Proxy-Authorization: Basic "));
    EXPECT_THAT(proxy.asked(), Not(HasSubstr("X-Secret")));
  });
}

TEST_F(ConnectionTest, OnlyAProxyThatConnectsGetsItsHeaders) {
  serve_tls();
  Tunnel proxy(io_, server_->port(), true);
  TransportOptions options = through(proxy.port());
  options.proxy_headers.add("X-Tenant", "a");
  options.proxy_headers.add("X-Tenant", "b");
  client(options);
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await fetch_at(443, "/headers", "https");
    EXPECT_THAT(text_of(response), Not(HasSubstr("X-Tenant")));
    EXPECT_THAT(proxy.asked(), HasSubstr("X-Tenant: a\r\nX-Tenant: b"));
  });
  Script forwarding(io_, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  options.proxy_url = "http://127.0.0.1:" + std::to_string(forwarding.port());
  client(options);
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await fetch_at(80, "/", "http");
    EXPECT_EQ(status_of(response), 200);
    EXPECT_THAT(forwarding.asked(), Not(HasSubstr("X-Tenant")));
  });
}

TEST_F(ConnectionTest, ARequestMayHaveItsOwnProxyOrNone) {
  serve();
  const std::string proxy = "http://127.0.0.1:" + std::to_string(server_->port());
  for (const std::string& of_client : {std::string("http://127.0.0.1:1"), std::string()}) {
    TransportOptions options;
    options.proxy_url = of_client;
    client(options);
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    run([&]() -> asio::awaitable<void> {
      HttpRequest request;
      request.url = "http://elsewhere.invalid/echo?a=1";
      request.proxy_url = proxy;
      const auto response = co_await client_->send(std::move(request));
      EXPECT_EQ(text_of(response), "GET /echo 1 ");
      HttpRequest direct = get("/echo?a=2");
      direct.proxy_url = "";
      const auto other = co_await client_->send(std::move(direct));
      EXPECT_EQ(text_of(other), "GET /echo 2 ");
    });
    ::unsetenv("http_proxy");
  }
}

TEST_F(ConnectionTest, TlsVersionsAreKept) {
  serve_tls();
  using Version = TlsVersion;
  const auto with = [&](Version min, Version max) {
    TransportOptions options = trusting();
    options.min_tls_version = min;
    options.max_tls_version = max;
    return once(options);
  };
  EXPECT_EQ(status_of(with(Version::k13, Version::kDefault)), 200);
  EXPECT_EQ(status_of(with(Version::k12, Version::k12)), 200);
  EXPECT_EQ(status_of(with(Version::kDefault, Version::k12)), 200);
  // The server has nothing that old.
  EXPECT_EQ(failure_of(with(Version::k10, Version::k11)), ErrorCode::kUnavailable);
}

TEST_F(ConnectionTest, ThroughAProxyThatForwards) {
  serve();
  client(through(server_->port()));
  run([&]() -> asio::awaitable<void> {
    HttpRequest request;
    request.url = "http://elsewhere.invalid/echo?a=1";
    const auto response = co_await client_->send(std::move(request));
    EXPECT_EQ(text_of(response), "GET /echo 1 ");
  });
}

TEST_F(ConnectionTest, ThroughTheProxyOfTheEnvironment) {
  serve();
  client();
  const std::string proxy = "http://127.0.0.1:" + std::to_string(server_->port());
  ::setenv("http_proxy", proxy.c_str(), 1);
  run([&]() -> asio::awaitable<void> {
    HttpRequest request;
    request.url = "http://elsewhere.invalid/echo?a=1";
    const auto response = co_await client_->send(std::move(request));
    EXPECT_EQ(text_of(response), "GET /echo 1 ");
  });
  ::unsetenv("http_proxy");
}

TEST_F(ConnectionTest, ProxiesThatFailAreNamedWithoutCredentials) {
  Script refusing(io_, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  for (const std::uint16_t port : {std::uint16_t{1}, refusing.port()}) {
    client(through(port));
    run([&]() -> asio::awaitable<void> {
      const auto response = co_await fetch_at(443, "/", "https");
      EXPECT_EQ(failure_of(response), ErrorCode::kUnavailable);
      EXPECT_THAT(message_of(response), Not(HasSubstr("secret")));
    });
  }
  for (const std::string url : {"ftp://user:secret@127.0.0.1", "user:secret@", "http://user:secret@"}) {
    TransportOptions options;
    options.proxy_url = url;
    client(options);
    run([&]() -> asio::awaitable<void> {
      const auto response = co_await fetch_at(443, "/", "https");
      EXPECT_EQ(failure_of(response), ErrorCode::kInvalid) << url;
      EXPECT_THAT(message_of(response), HasSubstr("bad proxy URL"));
      EXPECT_THAT(message_of(response), Not(HasSubstr("secret")));
    });
  }
}

TEST_F(ConnectionTest, TlsIsVerified) {
  serve_tls();
  const auto untrusting = once({});
  EXPECT_EQ(failure_of(untrusting), ErrorCode::kUnavailable);
  EXPECT_THAT(message_of(untrusting), HasSubstr("certificate"));
  EXPECT_EQ(text_of(once(trusting())), "GET /echo - ");
  TransportOptions named = trusting();
  named.tls_server_name = "cluster.example";
  EXPECT_EQ(text_of(once(named)), "GET /echo - ");
  EXPECT_THAT(text_of(once(named, "/headers")), HasSubstr("Host=127.0.0.1:"));
  TransportOptions misnamed = trusting();
  misnamed.tls_server_name = "other.example";
  EXPECT_EQ(failure_of(once(misnamed)), ErrorCode::kUnavailable);
  TransportOptions careless;
  careless.insecure_skip_verify = true;
  EXPECT_EQ(text_of(once(careless)), "GET /echo - ");
  careless.tls_server_name = "other.example";
  EXPECT_EQ(text_of(once(careless)), "GET /echo - ");
}

TEST_F(ConnectionTest, LongBodiesOverTls) {
  serve_tls();
  const auto response = once(trusting(), "/big");
  EXPECT_EQ(text_of(response).size(), kBig);
  EXPECT_EQ(failure_of(once(trusting(), "/truncated")), ErrorCode::kUnavailable);
}

TEST_F(ConnectionTest, ClientCertificatesAreAskedFor) {
  const KeyPair own = make_self_signed_certificate({}, "someone").value();
  const KeyPair other = make_self_signed_certificate({}, "stranger").value();
  ServerOptions server;
  server.client_ca = own.certificate;
  serve_tls(server);
  EXPECT_EQ(failure_of(once(trusting())), ErrorCode::kUnavailable) << "no certificate";
  TransportOptions strange = trusting();
  strange.certificate_data = other.certificate;
  strange.key_data = other.key;
  EXPECT_EQ(failure_of(once(strange)), ErrorCode::kUnavailable) << "one of another authority";
  TransportOptions torn = trusting();
  torn.certificate_data = own.certificate;
  torn.key_data = other.key;
  EXPECT_EQ(failure_of(once(torn)), ErrorCode::kUnavailable) << "another one's key";
  TransportOptions good = trusting();
  good.certificate_data = own.certificate;
  good.key_data = own.key;
  EXPECT_EQ(text_of(once(good)), "GET /echo - ");
  EXPECT_EQ(requests_, 1);
}

TEST_F(ConnectionTest, FilesAreReadAgainWhenTheyChange) {
  const std::filesystem::path folder =
      testing::TempDir() + "kubevitals-net-files-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  const auto put = [&](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  };
  const KeyPair own = make_self_signed_certificate({}, "someone").value();
  const KeyPair other = make_self_signed_certificate({}, "stranger").value();
  ServerOptions server;
  server.client_ca = own.certificate;
  serve_tls(server);
  TransportOptions options;
  options.ca_file = put("ca", pair_.certificate);
  options.certificate_file = put("certificate", other.certificate);
  options.key_file = put("key", other.key);
  client(options);
  run([&]() -> asio::awaitable<void> {
    const auto strange = co_await fetch("/echo", "https");
    EXPECT_FALSE(strange);
    put("certificate", own.certificate);
    put("key", own.key);
    const auto good = co_await fetch("/echo", "https");
    EXPECT_EQ(text_of(good), "GET /echo - ");
    put("ca", other.certificate);
    const auto untrusted = co_await fetch("/echo", "https");
    EXPECT_FALSE(untrusted) << "a kept connection is not used with other files";
  });
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kubevitals::net
