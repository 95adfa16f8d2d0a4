#include "net/polling_client.h"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "net/http_fixture.h"
#include "net/self_signed.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;

// The machine's clock, set forward.
class LaterClock final : public Clock {
 public:
  SteadyTime now() const override { return system_clock().now() + later; }
  WallTime wall_now() const override { return system_clock().wall_now(); }
  asio::awaitable<bool> sleep_until(SteadyTime when) override {
    return system_clock().sleep_until(when - later);
  }

  Duration later{0};
};

class PollingClientTest : public HttpFixture {
 protected:
  void serve_tls(const KeyPair& pair) {
    ServerOptions options;
    options.tls_certificate = pair.certificate;
    options.tls_key = pair.key;
    serve(options);
  }

  static TransportOptions trusting(const KeyPair& pair) {
    TransportOptions options;
    options.ca_data = pair.certificate;
    return options;
  }

  // Status and body, or why there is none.
  static std::string show(const Result<PollAnswer>& answer) {
    return answer ? std::to_string(answer->status) + " " + answer->body : answer.error().message;
  }

  asio::awaitable<std::string> ask(PollingClient& client, std::string url,
                                   std::chrono::milliseconds timeout = 10s) {
    PollRequest request;
    request.url = std::move(url);
    request.timeout = timeout;
    auto asking = client.ask(std::move(request));
    const Result<PollAnswer> answer = co_await std::move(asking);
    co_return show(answer);
  }

  std::string once(const TransportOptions& options, const std::string& url) {
    std::string shown;
    run([&]() -> asio::awaitable<void> {
      PollingClient client(system_clock(), options);
      shown = co_await ask(client, url);
    });
    return shown;
  }

  std::string url(std::string_view path, std::string_view scheme = "http") const {
    return get(path, scheme).url;
  }
  static std::string at(std::uint16_t port, std::string_view path) { return get_at(port, path).url; }
};

TEST_F(PollingClientTest, QuestionsAndAnswers) {
  serve();
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), {});
    const std::string echo = url("/echo?a=b%20c");
    EXPECT_EQ(co_await ask(client, echo), "200 GET /echo b c ");
    PollRequest post;
    post.method = "POST";
    post.url = url("/echo");
    post.body = "hello";
    auto posting = client.ask(std::move(post));
    const Result<PollAnswer> posted = co_await std::move(posting);
    EXPECT_EQ(show(posted), "200 POST /echo - hello");
    PollRequest headers;
    headers.url = url("/headers");
    headers.headers.set("Authorization", "Bearer x");
    auto sending = client.ask(headers);
    const Result<PollAnswer> sent = co_await std::move(sending);
    EXPECT_THAT(show(sent), HasSubstr("Authorization=Bearer x\n"));
    EXPECT_THAT(show(sent), HasSubstr("User-Agent=kubevitals\n"));
    headers.headers.set("X", "a\r\nForged: b");
    auto forging = client.ask(headers);
    const Result<PollAnswer> forged = co_await std::move(forging);
    EXPECT_THAT(show(forged), HasSubstr("bad value of the header X"));
    EXPECT_EQ(co_await ask(client, url("/empty")), "204 ");
    EXPECT_THAT(co_await ask(client, url("/throw")), HasSubstr("500 "));
    const std::string big = co_await ask(client, url("/big"));
    EXPECT_EQ(big.size(), 4 + kBig);
  });
}

TEST_F(PollingClientTest, AConnectionIsKeptForEachUrl) {
  serve();
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), {});
    for (const std::string path : {"/echo", "/small", "/empty", "/echo", "/small", "/empty"}) {
      co_await ask(client, at(tunnel.port(), path));
    }
    EXPECT_EQ(tunnel.connections(), 3);
    EXPECT_EQ(client.kept_connections(), 3U);
  });
}

TEST_F(PollingClientTest, WhatIsNotUsedAnyMoreIsForgotten) {
  serve();
  LaterClock clock;
  run([&]() -> asio::awaitable<void> {
    PollingClient client(clock, {});
    co_await ask(client, url("/echo"));
    co_await ask(client, url("/small"));
    clock.later += 100s;
    co_await ask(client, url("/small"));
    EXPECT_EQ(client.kept_connections(), 2U);
    clock.later += 100s;
    co_await ask(client, url("/small"));
    EXPECT_EQ(client.kept_connections(), 1U);
  });
}

TEST_F(PollingClientTest, AKeptConnectionThatWasClosedIsReplaced) {
  serve();
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), {});
    const std::string echo = at(tunnel.port(), "/echo");
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(co_await ask(client, echo), "200 GET /echo - ");
      tunnel.cut();
      co_await pause(20ms);
    }
    EXPECT_EQ(tunnel.connections(), 3);
  });
}

TEST_F(PollingClientTest, WhatGoesWrongIsNamed) {
  serve();
  Script script(io_, "SSH-2.0-OpenSSH_9.2\r\n");
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), {});
    EXPECT_EQ(co_await ask(client, url("/hang"), 100ms), "no answer within 100ms");
    EXPECT_EQ(co_await ask(client, url("/watch"), 100ms), "no whole answer within 100ms");
    EXPECT_THAT(co_await ask(client, url("/abort")), HasSubstr("Connection reset"));
    EXPECT_THAT(co_await ask(client, url("/truncated")), HasSubstr("Connection reset"));
    EXPECT_THAT(co_await ask(client, at(script.port(), "/")), HasSubstr("malformed response"));
    EXPECT_THAT(co_await ask(client, "http://127.0.0.1:1/"), HasSubstr("Connection refused"));
    EXPECT_THAT(co_await ask(client, "http://no-such-host.invalid/"), HasSubstr("cannot resolve"));
    EXPECT_THAT(co_await ask(client, "gopher://127.0.0.1/"), HasSubstr("bad URL"));
    PollRequest request;
    request.url = url("/big");
    auto asking = client.ask(std::move(request), 100);
    const Result<PollAnswer> big = co_await std::move(asking);
    EXPECT_THAT(show(big), HasSubstr("larger than 100 bytes"));
    EXPECT_EQ(client.kept_connections(), 0U);
    EXPECT_EQ(co_await ask(client, url("/echo")), "200 GET /echo - ") << "none of it is remembered";
  });
}

TEST_F(PollingClientTest, TheAwaitingCoroutineMayBeCancelled) {
  serve();
  asio::cancellation_signal stop;
  std::optional<std::string> shown;
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), {});
    asio::co_spawn(
        io_, [&]() -> asio::awaitable<void> { shown = co_await ask(client, url("/hang")); },
        asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
    co_await pause(50ms);
    EXPECT_FALSE(shown);
    stop.emit(asio::cancellation_type::terminal);
    EXPECT_TRUE(co_await eventually([&] { return shown.has_value(); }));
    EXPECT_EQ(shown, "cancelled");
    EXPECT_TRUE(co_await eventually([&] { return handler_cancelled_; }));
  });
}

TEST_F(PollingClientTest, Tls) {
  const KeyPair authority = make_self_signed_certificate().value();
  const KeyPair pair = make_signed_certificate(authority, {"127.0.0.1"}, "kubelet").value();
  serve_tls(pair);
  EXPECT_EQ(once(trusting(authority), url("/echo", "https")), "200 GET /echo - ");
  EXPECT_EQ(once(trusting(authority), url("/big", "https")).size(), 4 + kBig);
  EXPECT_THAT(once({}, url("/echo", "https")),
              HasSubstr("not trusted: unable to get local issuer certificate"));
  TransportOptions insecure;
  insecure.insecure_skip_verify = true;
  EXPECT_EQ(once(insecure, url("/echo", "https")), "200 GET /echo - ");
  TransportOptions named = trusting(authority);
  named.tls_server_name = "other";
  EXPECT_THAT(once(named, url("/echo", "https")), HasSubstr("has no alternative name"));
  EXPECT_THAT(once(trusting(authority), "https://localhost:" + std::to_string(server_->port()) + "/echo"),
              HasSubstr("has no alternative name for localhost"));
  TransportOptions bad;
  bad.ca_data = "florp";
  EXPECT_THAT(once(bad, url("/echo", "https")), HasSubstr("authorities: there is no certificate"));
  EXPECT_THAT(once({}, url("/echo")), HasSubstr("closed without an answer"));
  TransportOptions old = trusting(authority);
  old.max_tls_version = TlsVersion::k11;
  EXPECT_THAT(once(old, url("/echo", "https")), HasSubstr("TLS"));
}

TEST_F(PollingClientTest, ConnectionsAreKeptOverTls) {
  const KeyPair pair = make_self_signed_certificate().value();
  serve_tls(pair);
  Tunnel tunnel(io_, server_->port());
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), trusting(pair));
    const std::string echo = get_at(tunnel.port(), "/echo", "https").url;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await ask(client, echo), "200 GET /echo - ");
    EXPECT_EQ(tunnel.connections(), 1);
    tunnel.cut();
    co_await pause(20ms);
    EXPECT_EQ(co_await ask(client, echo), "200 GET /echo - ");
    EXPECT_EQ(tunnel.connections(), 2);
  });
}

TEST_F(PollingClientTest, AClientCertificateIsShown) {
  const KeyPair pair = make_self_signed_certificate().value();
  ServerOptions options;
  options.tls_certificate = pair.certificate;
  options.tls_key = pair.key;
  options.client_ca = pair.certificate;
  serve(options);
  TransportOptions with = trusting(pair);
  with.certificate_data = pair.certificate;
  with.key_data = pair.key;
  EXPECT_EQ(once(with, url("/echo", "https")), "200 GET /echo - ");
  EXPECT_THAT(once(trusting(pair), url("/echo", "https")), HasSubstr("certificate"));
}

TEST_F(PollingClientTest, FilesAreReadAgainWhenTheyChanged) {
  const KeyPair first = make_self_signed_certificate().value();
  const KeyPair second = make_self_signed_certificate().value();
  serve_tls(second);
  Tunnel tunnel(io_, server_->port());
  const std::string file =
      (std::filesystem::temp_directory_path() / ("polling-ca-" + std::to_string(::getpid()))).string();
  const auto write = [&](const std::string& text) {
    std::ofstream(file + ".new") << text;
    std::filesystem::rename(file + ".new", file);
  };
  write(first.certificate);
  TransportOptions options;
  options.ca_file = file;
  run([&]() -> asio::awaitable<void> {
    PollingClient client(system_clock(), options);
    const std::string echo = get_at(tunnel.port(), "/echo", "https").url;
    EXPECT_THAT(co_await ask(client, echo), HasSubstr("not trusted"));
    write(second.certificate);
    EXPECT_EQ(co_await ask(client, echo), "200 GET /echo - ");
    write("florp");
    tunnel.cut();
    co_await pause(20ms);
    EXPECT_EQ(co_await ask(client, echo), "200 GET /echo - ") << "the last good ones stay in use";
    EXPECT_EQ(tunnel.connections(), 3);
  });
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace kubevitals::net
