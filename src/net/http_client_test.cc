// What the client makes of requests and answers; http_client_body_test.cc, http_client_cancellation_test.cc
// and http_connections_test.cc have the rest.
#include "net/http_client.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <utility>

#include "net/http_fixture.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;
using testing::Not;

class ClientTest : public HttpFixture {
 protected:
  // Asks a server that answers with exactly these bytes.
  asio::awaitable<Result<HttpResponse>> hear(std::string_view answer) {
    script_ = std::make_unique<Script>(io_, std::string(answer));
    return fetch_at(script_->port(), "/");
  }

  std::unique_ptr<Script> script_;
};

TEST_F(ClientTest, RequestAndResponse) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/echo?a=b%20c");
    const std::string url = request.url;
    request.method = "POST";
    request.body = "hello";
    const auto response = co_await http.send(std::move(request));
    EXPECT_EQ(status_of(response), 200);
    EXPECT_EQ(text_of(response), "POST /echo b c hello");
    if (!response) co_return;
    EXPECT_EQ(response->headers.find("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(response->effective_url, url);
    EXPECT_FALSE(response->http2);
  });
}

TEST_F(ClientTest, EveryMethodHasItsBody) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    for (const std::string method : {"GET", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"}) {
      for (const std::string body : {"", "some bytes"}) {
        HttpRequest request = get("/echo");
        request.method = method;
        request.body = body;
        const auto response = co_await http.send(std::move(request));
        EXPECT_EQ(text_of(response), method + " /echo - " + body);
      }
    }
  });
}

TEST_F(ClientTest, HeadHasTheLengthButNoBody) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    for (const std::string path : {"/echo", "/small", "/big", "/gzip", "/watch"}) {
      HttpRequest request = get(path);
      request.method = "HEAD";
      const auto response = co_await http.send(std::move(request));
      EXPECT_EQ(status_of(response), 200) << path << ": " << text_of(response);
      if (!response) continue;
      EXPECT_EQ(response->body, "");
      const Headers& headers = response->headers;
      std::string expected;
      if (path == "/echo") expected = "13";
      if (path == "/small") expected = "10";
      if (path == "/gzip") expected = std::to_string(gzip(std::string(100'000, 'z')).size());
      EXPECT_EQ(headers.joined("Content-Length"), expected) << path;
      EXPECT_EQ(headers.joined("Content-Encoding"), path == "/gzip" ? "gzip" : "");
    }
    EXPECT_EQ(produced_, 0u);
  });
}

TEST_F(ClientTest, HeadersAreSentAsGiven) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/headers");
    request.headers.add("X-Twice", "a");
    request.headers.add("X-Twice", "b; c=\"d\"");
    request.headers.add("X-Empty", "");
    const auto response = co_await http.send(request);
    const std::string fields = text_of(response);
    for (const char* expected : {"X-Twice=a\n", "X-Twice=b; c=\"d\"\n", "X-Empty=\n",
                                 "User-Agent=kubevitals\n", "Accept-Encoding=gzip\n"}) {
      EXPECT_THAT(fields, HasSubstr(expected));
    }
    EXPECT_THAT(fields, Not(HasSubstr("Expect")));
    EXPECT_THAT(fields, Not(HasSubstr("Content-Type")));
    request.compressed = false;
    request.headers.set("User-Agent", "other");
    const auto plain = co_await http.send(std::move(request));
    EXPECT_THAT(text_of(plain), Not(HasSubstr("Accept-Encoding")));
    EXPECT_THAT(text_of(plain), HasSubstr("User-Agent=other\n"));
  });
}

TEST_F(ClientTest, HeadersCannotBeForged) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"X", "a\r\nX-Forged: b"}, {"X", "a\nb"}, {"X", std::string("a\0b", 3)},
        {"X: a\r\nY", "b"},        {"", "a"},     {"X Y", "a"},
    };
    for (const auto& [name, value] : bad) {
      HttpRequest request = get("/headers");
      request.headers.add(name, value);
      const auto response = co_await http.send(std::move(request));
      EXPECT_EQ(failure_of(response), ErrorCode::kInvalid) << name;
    }
    HttpRequest method = get("/echo");
    method.method = "GET /other HTTP/1.1\r\nX:";
    const auto refused = co_await http.send(std::move(method));
    EXPECT_EQ(failure_of(refused), ErrorCode::kInvalid);
    EXPECT_THAT(message_of(refused), Not(HasSubstr("\r")));
    HttpRequest target = get("/echo");
    target.url += " HTTP/1.1\r\nX-Forged: b";
    const auto also = co_await http.send(std::move(target));
    EXPECT_EQ(failure_of(also), ErrorCode::kInvalid);
    EXPECT_EQ(requests_, 0);
  });
}

TEST_F(ClientTest, TheServerCannotBeMadeToForge) {
  serve();
  client();
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await fetch("/forged");
    EXPECT_EQ(text_of(response), "proper");
    if (!response) co_return;
    EXPECT_EQ(response->headers.find("X-Good"), "kept");
    EXPECT_EQ(response->headers.find("X-Bad"), std::nullopt);
    EXPECT_EQ(response->headers.find("X-Forged"), std::nullopt);
    EXPECT_EQ(response->headers.joined("Content-Length"), "6");
  });
}

TEST_F(ClientTest, RedirectsAreFollowedOnRequest) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/redirect");
    const auto first = co_await http.send(request);
    EXPECT_EQ(status_of(first), 302);
    EXPECT_EQ(text_of(first), "elsewhere");
    request.follow_redirects = true;
    const auto second = co_await http.send(request);
    EXPECT_EQ(status_of(second), 200);
    EXPECT_EQ(text_of(second), "GET /echo there ");
    if (!second) co_return;
    EXPECT_TRUE(second->effective_url.ends_with("/echo?a=there")) << second->effective_url;
    EXPECT_EQ(second->headers.find("Location"), std::nullopt);
    auto stream = co_await http.open(std::move(request));
    EXPECT_TRUE(stream) << message_of(stream);
    if (!stream) co_return;
    EXPECT_EQ((*stream)->status(), 200);
    const Received received = co_await read_all(**stream);
    EXPECT_EQ(received.body, "GET /echo there ");
  });
}

TEST_F(ClientTest, RedirectsEnd) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/loop");
    request.follow_redirects = true;
    const auto response = co_await http.send(std::move(request));
    EXPECT_EQ(failure_of(response), ErrorCode::kUnavailable);
    EXPECT_THAT(message_of(response), HasSubstr("redirect"));
    EXPECT_EQ(requests_, 11);
    Script to_file(io_, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    HttpRequest elsewhere = get_at(to_file.port(), "/");
    elsewhere.follow_redirects = true;
    const auto refused = co_await http.send(std::move(elsewhere));
    EXPECT_EQ(failure_of(refused), ErrorCode::kUnavailable);
    Script to_nowhere(io_, "HTTP/1.1 302 Found\r\nLocation:\r\n\r\nnowhere");
    HttpRequest nowhere = get_at(to_nowhere.port(), "/");
    nowhere.follow_redirects = true;
    const auto final = co_await http.send(std::move(nowhere));
    EXPECT_EQ(status_of(final), 302);
    EXPECT_EQ(text_of(final), "nowhere");
  });
}

TEST_F(ClientTest, WhatOtherServersSay) {
  client();
  run([&]() -> asio::awaitable<void> {
    const auto interim = co_await hear(
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nA:  b \r\nContent-Length: "
        "2\r\n\r\nok");
    EXPECT_EQ(text_of(interim), "ok");
    EXPECT_TRUE(interim && interim->headers.find("A") == "b" && !interim->headers.find("Link"));
    const auto trailer =
        co_await hear("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nLate: x\r\n\r\n");
    EXPECT_EQ(text_of(trailer), "ok");
    EXPECT_TRUE(trailer && !trailer->headers.find("Late"));
    const auto old = co_await hear("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    EXPECT_EQ(text_of(old), "until the end");
    std::string packed = "HTTP/1.1 200 OK\r\nContent-Encoding: X-GZIP\r\n\r\n" + gzip("packed");
    const auto unusual = co_await hear(packed);
    EXPECT_EQ(text_of(unusual), "packed");
    const auto bare = co_await hear("HTTP/1.1 200\r\n\r\n");
    EXPECT_EQ(status_of(bare), 200);
  });
}

TEST_F(ClientTest, WhatIsNoProperAnswer) {
  client();
  run([&]() -> asio::awaitable<void> {
    std::string long_head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 200; ++i) long_head.append("X: ").append(10'000, 'x').append("\r\n");
    long_head.append("\r\n");
    const std::vector<std::string> answers = {
        "",
        "no HTTP at all\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        long_head,
    };
    for (const std::string& answer : answers) {
      const auto response = co_await hear(answer);
      EXPECT_EQ(failure_of(response), ErrorCode::kUnavailable)
          << answer.substr(0, 80) << " is understood as " << text_of(response).substr(0, 80);
    }
  });
}

TEST_F(ClientTest, TimeOuts) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest hang = get("/hang");
    hang.timeout = 50ms;
    const auto response = co_await http.send(hang);
    EXPECT_EQ(failure_of(response), ErrorCode::kTimeout);
    EXPECT_THAT(message_of(response), HasSubstr("/hang: no answer within 50ms"));
    const auto stream = co_await http.open(hang);
    EXPECT_EQ(failure_of(stream), ErrorCode::kTimeout);
    HttpRequest watch = get("/watch");
    watch.timeout = 200ms;
    const auto half = co_await http.send(watch);
    EXPECT_EQ(failure_of(half), ErrorCode::kTimeout);
    EXPECT_TRUE(co_await eventually([&] { return handler_cancelled_ && body_cancelled_; }))
        << "the server notices that the client went away";
  });
}

TEST_F(ClientTest, ATimeOutLeavesTheStreamAsItWas) {
  serve();
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request = get("/watch");
    request.timeout = 10s;
    const auto stream = co_await http.open(std::move(request));
    EXPECT_TRUE(stream);
    if (!stream) co_return;
    const auto first = co_await (*stream)->read_some(10s);
    EXPECT_EQ(first.value_or(""), std::string(10, 'x'));
    for (int i = 0; i < 3; ++i) {
      const auto nothing = co_await (*stream)->read_some(10ms);
      EXPECT_EQ(failure_of(nothing), ErrorCode::kTimeout);
      EXPECT_THAT(message_of(nothing), HasSubstr("nothing came within 10ms"));
    }
    co_await server_->stop(0ms);
    const auto broken = co_await (*stream)->read_some(10s);
    EXPECT_EQ(failure_of(broken), ErrorCode::kUnavailable);
  });
}

TEST_F(ClientTest, WhatPreventsAResponseIsNamedWithoutCredentials) {
  HttpClient& http = client();
  run([&]() -> asio::awaitable<void> {
    HttpRequest request;
    request.url = "http://user:secret@127.0.0.1:1/path?token=secret";
    const auto response = co_await http.send(std::move(request));
    EXPECT_EQ(failure_of(response), ErrorCode::kUnavailable);
    EXPECT_EQ(message_of(response), "cannot GET http://127.0.0.1:1/path: connection refused");
    for (const std::string url :
         {"ftp://127.0.0.1/", "/path", "", "http://", "http://a b/", "http://[::1/"}) {
      HttpRequest bad;
      bad.url = url;
      const auto refused = co_await http.send(std::move(bad));
      EXPECT_EQ(failure_of(refused), ErrorCode::kInvalid) << url;
    }
  });
}

TEST_F(ClientTest, UnixSockets) {
  using Local = asio::local::stream_protocol;
  const std::string path = testing::TempDir() + "kubevitals-net-test-" + std::to_string(::getpid());
  std::remove(path.c_str());
  Local::acceptor acceptor(io_, Local::endpoint(path));
  TransportOptions options;
  options.unix_socket = path;
  client(options);
  auto answer = [&]() -> asio::awaitable<void> {
    Local::socket peer = co_await acceptor.async_accept(asio::use_awaitable);
    std::string head;
    auto buffer = asio::dynamic_buffer(head);
    co_await asio::async_read_until(peer, buffer, "\r\n\r\n", asio::use_awaitable);
    const auto text = asio::buffer("HTTP/1.0 200 OK\r\n\r\nhere", 23);
    co_await asio::async_write(peer, text, asio::use_awaitable);
  };
  asio::co_spawn(io_, answer(), asio::detached);
  run([&]() -> asio::awaitable<void> {
    const auto response = co_await fetch_at(1, "/");
    EXPECT_EQ(text_of(response), "here");
    acceptor.close();
    const auto refused = co_await fetch_at(1, "/");
    EXPECT_EQ(failure_of(refused), ErrorCode::kUnavailable);
  });
  std::remove(path.c_str());
}

}  // namespace
}  // namespace kubevitals::net
