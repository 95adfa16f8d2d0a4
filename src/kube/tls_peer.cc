#include "kube/tls_peer.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <set>

#include "net/self_signed.h"

namespace kubevitals::kube {

namespace asio = boost::asio;
using asio::ip::tcp;

class TlsPeer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(asio::io_context& io)
      : io_(io),
        acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
        pair_(net::make_self_signed_certificate().value()) {
    context_.use_certificate(asio::buffer(pair_.certificate), asio::ssl::context::pem);
    context_.use_private_key(asio::buffer(pair_.key), asio::ssl::context::pem);
    context_.set_verify_mode(asio::ssl::verify_peer);
    context_.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; });
    SSL_CTX_set_session_cache_mode(context_.native_handle(), SSL_SESS_CACHE_OFF);
  }

  void start() { asio::co_spawn(io_, accept(shared_from_this()), asio::detached); }

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  const net::KeyPair pair_;
  asio::ssl::context context_{asio::ssl::context::tls_server};
  std::set<std::string> refused_;

 private:
  using Stream = asio::ssl::stream<tcp::socket>;

  static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
    while (self->acceptor_.is_open()) {
      tcp::socket socket = co_await self->acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(self->io_, serve(self, std::move(socket)), asio::detached);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, tcp::socket socket) {
    Stream stream(std::move(socket), self->context_);
    co_await stream.async_handshake(Stream::server, asio::use_awaitable);
    const std::string name = client_of(stream);
    std::string received;
    while (true) {
      auto buffer = asio::dynamic_buffer(received);
      const std::size_t size =
          co_await asio::async_read_until(stream, buffer, "\r\n\r\n", asio::use_awaitable);
      const bool endless = received.starts_with("GET /endless");
      received.erase(0, size);
      const std::size_t length = name.size() + (endless ? 1 : 0);
      const std::string answer = std::string("HTTP/1.1 ") +
                                 (self->refused_.contains(name) ? "401 Unauthorized" : "200 OK") +
                                 "\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + name;
      const auto bytes = asio::buffer(answer);
      co_await asio::async_write(stream, bytes, asio::use_awaitable);
    }
  }

  static std::string client_of(Stream& stream) {
    char name[256] = "";
    X509* certificate = SSL_get1_peer_certificate(stream.native_handle());
    if (certificate == nullptr) return "nobody";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    X509_free(certificate);
    return name;
  }
};

TlsPeer::TlsPeer(asio::io_context& io) : impl_(std::make_shared<Impl>(io)) {
  impl_->start();
}
TlsPeer::~TlsPeer() = default;

std::string TlsPeer::url() const {
  return "https://127.0.0.1:" + std::to_string(impl_->acceptor_.local_endpoint().port());
}
const std::string& TlsPeer::ca() const {
  return impl_->pair_.certificate;
}
void TlsPeer::refuse(const std::string& name) {
  impl_->refused_.insert(name);
}
void TlsPeer::stop() {
  boost::system::error_code ignored;
  impl_->acceptor_.close(ignored);
}

}  // namespace kubevitals::kube
