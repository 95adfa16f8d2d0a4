#include "usage/sinks/fake_peers.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <snappy.h>

#include <array>
#include <bit>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "net/http_server.h"
#include "net/udp_sender.h"

namespace kubevitals::usage {
namespace {

using asio::ip::tcp;
using asio::ip::udp;

// Doubles of a WriteRequest's samples, as decimal numbers: enough to find a value again. A sample is
// {0x12, length, 0x09, eight bytes, …}.
std::string sample_values(std::string_view message) {
  std::string text;
  for (std::size_t i = 0; i + 11 <= message.size(); ++i) {
    if (message[i] != 0x12 || message[i + 2] != 0x09) continue;
    std::uint64_t bits = 0;
    for (unsigned byte = 0; byte < 8; ++byte) {
      bits |= std::uint64_t{static_cast<unsigned char>(message[i + 3 + byte])} << (8 * byte);
    }
    const auto value = std::bit_cast<double>(bits);
    if (value > 0 && value < 1e15) text.append(std::to_string(static_cast<std::int64_t>(value))).append(" ");
  }
  return text;
}

class HttpPeer final : public FakePeer {
 public:
  HttpPeer(asio::io_context& io, std::string before, std::string behind, std::string answer)
      : io_(io), before_(std::move(before)), behind_(std::move(behind)), answer_(std::move(answer)) {
    set_up(true);
  }
  ~HttpPeer() override { set_up(false); }

  std::string uri() const override { return before_ + std::to_string(port_) + behind_; }

  void set_up(bool up) override {
    if (up == (server_ != nullptr)) return;
    if (up) {
      net::ServerOptions options;
      options.address = "127.0.0.1";
      options.port = port_;
      server_ = std::make_unique<net::HttpServer>(
          io_.get_executor(), options,
          [this](net::ServerRequest request) { return handle(std::move(request)); });
      const auto started = server_->start();
      EXPECT_TRUE(started) << (started ? "" : started.error().message);
      port_ = server_->port();
      return;
    }
    bool ended = false;
    auto end = [&]() -> asio::awaitable<void> {
      asio::awaitable<void> stopping = server_->stop(std::chrono::milliseconds(0));
      co_await std::move(stopping);
      ended = true;
    };
    asio::co_spawn(io_, end, asio::detached);
    while (!ended) {
      io_.restart();
      io_.run_for(std::chrono::milliseconds(10));
    }
    server_.reset();
  }

  void set_mode(Mode mode) override { mode_ = mode; }
  std::vector<std::string> received() override { return received_; }

 private:
  asio::awaitable<net::ServerResponse> handle(net::ServerRequest request) {
    if (mode_ == Mode::kHangs) {
      asio::steady_timer timer(io_, std::chrono::hours(1));
      boost::system::error_code ignored;
      auto token = asio::redirect_error(asio::use_awaitable, ignored);
      co_await timer.async_wait(token);
      co_return net::ServerResponse::text(500, "");
    }
    if (mode_ == Mode::kFails) co_return net::ServerResponse::text(503, "not now");
    if (mode_ == Mode::kRefuses && request.path != "/query") {
      co_return net::ServerResponse::text(400, "never");
    }
    if (request.path == "/query") co_return net::ServerResponse::text(200, R"({"results":[{}]})");
    std::string body = request.body;
    if (request.headers.find("Content-Encoding") == "snappy") {
      std::string message;
      EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &message));
      body = sample_values(message);
    }
    received_.push_back(std::move(body));
    co_return net::ServerResponse::text(answer_.empty() ? 204 : 200, answer_);
  }

  asio::io_context& io_;
  const std::string before_;
  const std::string behind_;
  const std::string answer_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::HttpServer> server_;
  Mode mode_ = Mode::kTakes;
  std::vector<std::string> received_;
};

// What a connection brings counts when it was read to its end, as carbon's.
class TcpPeer final : public FakePeer {
 public:
  explicit TcpPeer(asio::io_context& io) : acceptor_(io) { set_up(true); }

  std::string uri() const override { return "graphite:tcp://127.0.0.1:" + std::to_string(port_); }

  void set_up(bool up) override {
    if (up == acceptor_.is_open()) return;
    if (!up) return acceptor_.close();
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port_);
    acceptor_ = tcp::acceptor(acceptor_.get_executor(), endpoint);
    port_ = acceptor_.local_endpoint().port();
    accept();
  }
  void set_mode(Mode mode) override { mode_ = mode; }
  std::vector<std::string> received() override { return *received_; }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error) return;
      if (mode_ == Mode::kHangs) {
        held_.push_back(std::move(socket));
      } else {
        asio::co_spawn(acceptor_.get_executor(), read(std::move(socket), received_), asio::detached);
      }
      accept();
    });
  }
  static asio::awaitable<void> read(tcp::socket socket, std::shared_ptr<std::vector<std::string>> received) {
    std::string all;
    std::array<char, 4096> bytes{};
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const auto buffer = asio::buffer(bytes);
    while (!error) {
      const std::size_t size = co_await socket.async_read_some(buffer, token);
      all.append(bytes.data(), size);
    }
    if (error == asio::error::eof) received->push_back(std::move(all));
  }

  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  Mode mode_ = Mode::kTakes;
  std::vector<tcp::socket> held_;
  std::shared_ptr<std::vector<std::string>> received_ = std::make_shared<std::vector<std::string>>();
};

class UdpPeer final : public FakePeer {
 public:
  UdpPeer(asio::io_context& io, std::string before, std::string behind)
      : socket_(io), before_(std::move(before)), behind_(std::move(behind)) {
    set_up(true);
  }

  std::string uri() const override { return before_ + std::to_string(port_) + behind_; }
  void set_up(bool up) override {
    if (up == socket_.is_open()) return;
    if (!up) return socket_.close();
    socket_ = udp::socket(socket_.get_executor(), udp::endpoint(asio::ip::address_v4::loopback(), port_));
    port_ = socket_.local_endpoint().port();
    socket_.non_blocking(true);
  }
  void set_mode(Mode) override {}
  std::vector<std::string> received() override {
    std::string bytes(net::kMaxDatagram, '\0');
    boost::system::error_code error;
    while (socket_.is_open()) {
      const std::size_t size = socket_.receive(asio::buffer(bytes), 0, error);
      if (error) break;
      received_.push_back(bytes.substr(0, size));
    }
    return received_;
  }

 private:
  udp::socket socket_;
  const std::string before_;
  const std::string behind_;
  std::uint16_t port_ = 0;
  std::vector<std::string> received_;
};

// librdkafka's own cluster, and a consumer.
class KafkaPeer final : public FakePeer {
 public:
  explicit KafkaPeer(std::string options) : options_(std::move(options)) {
    host_ = rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    rd_kafka_mock_topic_create(cluster_, kTopic, 1, 1);
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_), nullptr, 0);
    rd_kafka_conf_set(conf, "group.id", "test", nullptr, 0);
    rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "100", nullptr, 0);
    rd_kafka_conf_set_log_cb(conf, nullptr);
    consumer_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(all, kTopic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer_, all);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_poll_set_consumer(consumer_);
  }
  ~KafkaPeer() override {
    rd_kafka_destroy(consumer_);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }

  std::string uri() const override {
    return std::string("kafka:?timeseriestopic=") + kTopic +
           "&brokers=" + rd_kafka_mock_cluster_bootstraps(cluster_) + options_;
  }
  void set_up(bool up) override {
    if (up) {
      rd_kafka_mock_broker_set_up(cluster_, 1);
    } else {
      rd_kafka_mock_broker_set_down(cluster_, 1);
    }
  }
  void set_mode(Mode mode) override {
    rd_kafka_mock_broker_set_rtt(cluster_, 1, mode == Mode::kHangs ? 60'000 : 0);
  }
  std::vector<std::string> received() override {
    while (rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_, 0)) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        received_.emplace_back(static_cast<const char*>(message->payload), message->len);
      }
      rd_kafka_message_destroy(message);
    }
    return received_;
  }

 private:
  static constexpr const char* kTopic = "kubevitals-test";

  const std::string options_;
  rd_kafka_t* host_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  rd_kafka_t* consumer_ = nullptr;
  std::vector<std::string> received_;
};

std::unique_ptr<FakePeer> influxdb(asio::io_context& io) {
  return std::make_unique<HttpPeer>(io, "influxdb:http://127.0.0.1:", "?concurrency=2", "");
}
std::unique_ptr<FakePeer> influxdb2(asio::io_context& io) {
  return std::make_unique<HttpPeer>(io, "influxdb:http://127.0.0.1:", "?token=t&org=o&bucket=b", "");
}
std::unique_ptr<FakePeer> opentsdb(asio::io_context& io) {
  return std::make_unique<HttpPeer>(io, "opentsdb:http://127.0.0.1:", "", R"({"success":9,"failed":0})");
}
std::unique_ptr<FakePeer> remote_write(asio::io_context& io) {
  return std::make_unique<HttpPeer>(io, "remote_write:http://127.0.0.1:", "/api/v1/write", "");
}
std::unique_ptr<FakePeer> graphite_tcp(asio::io_context& io) {
  return std::make_unique<TcpPeer>(io);
}
std::unique_ptr<FakePeer> graphite_udp(asio::io_context& io) {
  return std::make_unique<UdpPeer>(io, "graphite:udp://127.0.0.1:", "");
}
std::unique_ptr<FakePeer> statsd(asio::io_context& io) {
  return std::make_unique<UdpPeer>(io, "statsd:udp://127.0.0.1:", "?protocolType=influxstatsd");
}
std::unique_ptr<FakePeer> kafka(asio::io_context&) {
  return std::make_unique<KafkaPeer>("");
}
std::unique_ptr<FakePeer> kafka_snappy(asio::io_context&) {
  return std::make_unique<KafkaPeer>("&compression=snappy");
}

}  // namespace

const std::vector<PeerType>& peer_types() {
  // librdkafka takes a second to find its way at first.
  constexpr std::chrono::milliseconds kKafka{3000};
  static const std::vector<PeerType> types{
      {"Graphite", graphite_tcp, true, false},
      {"GraphiteUdp", graphite_udp, false, false},
      {"Influxdb", influxdb},
      {"Influxdb2", influxdb2},
      {"Kafka", kafka, false, false, kKafka},
      {"KafkaSnappy", kafka_snappy, false, false, kKafka},
      {"Opentsdb", opentsdb},
      {"RemoteWrite", remote_write},
      {"Statsd", statsd, false, false},
  };
  return types;
}

}  // namespace kubevitals::usage
