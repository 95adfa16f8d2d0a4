// TcpSender and UdpSender against sockets on loopback.
#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/deadline.h"
#include "net/http_fixture.h"
#include "net/tcp_sender.h"
#include "net/udp_sender.h"

namespace kubevitals::net {
namespace {

using asio::ip::tcp;
using asio::ip::udp;
using testing::HasSubstr;

class SendersTest : public HttpFixture {
 protected:
  std::string tcp_port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  std::string udp_port() const { return std::to_string(receiver_.local_endpoint().port()); }

  // Everything that one client sends.
  asio::awaitable<std::string> receive_all() {
    tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
    std::string received = co_await read_to_end(socket);
    co_return received;
  }
  asio::awaitable<std::string> receive_datagram() {
    std::string bytes(kMaxDatagram, '\0');
    const auto buffer = asio::buffer(bytes);
    const std::size_t size = co_await receiver_.async_receive(buffer, asio::use_awaitable);
    co_return bytes.substr(0, size);
  }

  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  udp::socket receiver_{io_, udp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

TEST_F(SendersTest, TcpIsReadToTheEnd) {
  using asio::experimental::awaitable_operators::operator&&;
  run([&]() -> asio::awaitable<void> {
    TcpSender sender("localhost", tcp_port());
    const std::string big(3'000'000, 'x');
    auto send = [&]() -> asio::awaitable<bool> {
      const auto connected = co_await sender.connect();
      EXPECT_TRUE(connected) << message_of(connected);
      EXPECT_TRUE(co_await sender.write("begin\n"));
      EXPECT_TRUE(co_await sender.write(big));
      const auto finished = co_await sender.finish(system_clock(), 10s);
      EXPECT_TRUE(finished) << message_of(finished);
      co_return true;
    };
    asio::awaitable<bool> sending = send();
    asio::awaitable<std::string> receiving = receive_all();
    auto both = std::move(sending) && std::move(receiving);
    const auto [sent, received] = co_await std::move(both);
    EXPECT_EQ(received.size(), big.size() + 6);
    EXPECT_THAT(received, testing::StartsWith("begin\nxx"));
  });
}

TEST_F(SendersTest, TcpServerThatKeepsTheConnectionOpenIsNotWaitedForLong) {
  run([&]() -> asio::awaitable<void> {
    TcpSender sender("127.0.0.1", tcp_port());
    EXPECT_TRUE(co_await sender.connect());
    tcp::socket silent = co_await acceptor_.async_accept(asio::use_awaitable);
    EXPECT_TRUE(co_await sender.write("x"));
    EXPECT_TRUE(co_await sender.finish(system_clock(), 20ms));
  });
}

TEST_F(SendersTest, TcpServerThatBreaksOffIsAFailure) {
  run([&]() -> asio::awaitable<void> {
    TcpSender sender("127.0.0.1", tcp_port());
    EXPECT_TRUE(co_await sender.connect());
    tcp::socket silent = co_await acceptor_.async_accept(asio::use_awaitable);
    EXPECT_TRUE(co_await sender.write("not read"));
    silent.set_option(tcp::socket::linger(true, 0));
    silent.close();
    const auto finished = co_await sender.finish(system_clock(), 10s);
    EXPECT_EQ(failure_of(finished), ErrorCode::kUnavailable);
    EXPECT_THAT(message_of(finished), HasSubstr("127.0.0.1:" + tcp_port() + ": "));
  });
}

TEST_F(SendersTest, TcpFailuresNameTheServer) {
  run([&]() -> asio::awaitable<void> {
    const std::string port = tcp_port();
    acceptor_.close();
    TcpSender sender("127.0.0.1", port);
    const auto refused = co_await sender.connect();
    EXPECT_EQ(failure_of(refused), ErrorCode::kUnavailable);
    EXPECT_EQ(message_of(refused), "cannot connect to 127.0.0.1:" + port + ": Connection refused");
    EXPECT_EQ(failure_of(co_await sender.write("x")), ErrorCode::kUnavailable);
    TcpSender nowhere("no-such-host.invalid", "1");
    EXPECT_THAT(message_of(co_await nowhere.connect()), HasSubstr("cannot resolve no-such-host.invalid: "));
  });
}

TEST_F(SendersTest, TcpWriteEndsWhenItIsCancelled) {
  run([&]() -> asio::awaitable<void> {
    TcpSender sender("127.0.0.1", tcp_port());
    EXPECT_TRUE(co_await sender.connect());
    const std::string big(50'000'000, 'x');
    asio::awaitable<Result<void>> writing = sender.write(big);
    auto timed = finish_by(system_clock(), system_clock().now() + 50ms, std::move(writing));
    EXPECT_FALSE((co_await std::move(timed)).has_value());
  });
}

TEST_F(SendersTest, UdpKeepsDatagramsApart) {
  run([&]() -> asio::awaitable<void> {
    UdpSender sender("localhost", udp_port());
    EXPECT_TRUE(co_await sender.open());
    EXPECT_TRUE(co_await sender.send("one"));
    EXPECT_TRUE(co_await sender.send("two"));
    EXPECT_EQ(co_await receive_datagram(), "one");
    EXPECT_EQ(co_await receive_datagram(), "two");
    const std::string big(kMaxDatagram + 1, 'x');
    EXPECT_EQ(failure_of(co_await sender.send(big)), ErrorCode::kInvalid);
  });
}

TEST_F(SendersTest, UdpTellsThatNobodyListens) {
  run([&]() -> asio::awaitable<void> {
    const std::string port = udp_port();
    receiver_.close();
    UdpSender sender("127.0.0.1", port);
    EXPECT_TRUE(co_await sender.open());
    EXPECT_TRUE(co_await sender.send("lost"));
    const auto second = co_await sender.send("told");
    EXPECT_EQ(message_of(second), "cannot send to 127.0.0.1:" + port + ": Connection refused");
    EXPECT_EQ(failure_of(second), ErrorCode::kUnavailable);
    EXPECT_TRUE(co_await sender.open());
    EXPECT_TRUE(sender.check());
    EXPECT_TRUE(co_await sender.send("lost"));
    EXPECT_EQ(failure_of(sender.check()), ErrorCode::kUnavailable);
  });
}

}  // namespace
}  // namespace kubevitals::net
