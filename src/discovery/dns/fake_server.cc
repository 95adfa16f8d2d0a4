#include "discovery/dns/fake_server.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace kubevitals::discovery::dns {

using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

std::string wire_number(unsigned value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string wire_name(std::string_view name) {
  std::string text;
  while (!name.empty() && name != ".") {
    const std::size_t dot = name.find('.');
    text += static_cast<char>(dot);
    text += name.substr(0, dot);
    name.remove_prefix(dot + 1);
  }
  return text + '\0';
}

std::string wire_record(unsigned type, std::string_view data) {
  const std::string head = "\xC0\x0C" + wire_number(type) + wire_number(1) + wire_number(60, 4);
  return head + wire_number(static_cast<unsigned>(data.size())) + std::string(data);
}

std::string wire_record(RecordType type, std::string_view data) {
  return wire_record(static_cast<unsigned>(type), data);
}

std::string a_record(std::string_view four_bytes) {
  return wire_record(RecordType::kA, four_bytes);
}

std::string srv_record(std::string_view target, unsigned port) {
  const std::string data = wire_number(1) + wire_number(2) + wire_number(port) + wire_name(target);
  return wire_record(RecordType::kSrv, data);
}

std::string mx_record(std::string_view target) {
  return wire_record(RecordType::kMx, wire_number(10) + wire_name(target));
}

std::string ns_record(std::string_view target) {
  return wire_record(RecordType::kNs, wire_name(target));
}

std::string cname_record(std::string_view target) {
  return wire_record(5, wire_name(target));
}

std::string wire_answer(std::string_view name, unsigned type, int code,
                        const std::vector<std::string>& records) {
  std::string text = wire_number(0x8180 | static_cast<unsigned>(code)) + wire_number(1);
  text += wire_number(static_cast<unsigned>(records.size())) + wire_number(0) + wire_number(0);
  text += wire_name(name) + wire_number(type) + wire_number(1);
  for (const std::string& record : records) text += record;
  return text;
}

struct FakeServer::State : std::enable_shared_from_this<State> {
  explicit State(asio::io_context& io)
      : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        udp_socket(io, udp::endpoint(asio::ip::address_v4::loopback(), acceptor.local_endpoint().port())) {}

  // Empty: nothing is to be said.
  std::string answer(std::string_view question, bool over_tcp);
  static asio::awaitable<void> serve_udp(std::shared_ptr<State> self);
  static asio::awaitable<void> serve_tcp(std::shared_ptr<State> self);
  static asio::awaitable<void> converse(std::shared_ptr<State> self, tcp::socket socket);

  tcp::acceptor acceptor;  // first: few ports are taken for UDP, many by connections
  udp::socket udp_socket;
  std::map<std::string, FakeAnswer> answers;
  std::vector<std::string> asked;
  bool edns = true;
};

std::string FakeServer::State::answer(std::string_view question, bool over_tcp) {
  std::string name;
  std::size_t at = 12;
  while (at < question.size() && question[at] != 0) {
    const auto size = static_cast<std::size_t>(question[at]);
    name.append(question.substr(at + 1, size)).append(".");
    at += size + 1;
  }
  const std::string_view rest = question.substr(at + 1);
  const auto type = static_cast<unsigned>(static_cast<unsigned char>(rest[1]));
  const bool with_edns = question[11] != 0;
  const std::string key = name + " " + std::to_string(type);
  std::string note = (over_tcp ? "tcp " : "udp ") + key;
  if (with_edns) {
    const auto size = static_cast<unsigned char>(rest[7]) * 256 + static_cast<unsigned char>(rest[8]);
    note += " edns " + std::to_string(size);
  }
  asked.push_back(std::move(note));

  const std::string id(question.substr(0, 2));
  if (with_edns && !edns) return id + wire_answer(name, type, kFormatError, {});
  auto found = answers.find(key);
  if (found == answers.end()) found = answers.find(name);
  if (found == answers.end()) return id + wire_answer(name, type, kNoSuchName, {});
  const FakeAnswer& known = found->second;
  if (known.silent) return {};
  if (!known.raw.empty()) return id + known.raw;
  if (!known.truncated || over_tcp) return id + wire_answer(name, type, known.code, known.records);
  std::string cut = wire_answer(name, type, known.code, {});
  cut[0] = static_cast<char>(cut[0] | 0x02);
  return id + cut;
}

asio::awaitable<void> FakeServer::State::serve_udp(std::shared_ptr<State> self) {
  std::array<char, 4096> buffer{};
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (self->udp_socket.is_open()) {
    udp::endpoint from;
    const auto space = asio::buffer(buffer);
    const std::size_t size = co_await self->udp_socket.async_receive_from(space, from, token);
    if (error == asio::error::operation_aborted) co_return;
    if (error || size < 17) continue;
    const std::string text = self->answer({buffer.data(), size}, false);
    if (text.empty()) continue;
    const auto bytes = asio::buffer(text);
    co_await self->udp_socket.async_send_to(bytes, from, token);
  }
}

asio::awaitable<void> FakeServer::State::serve_tcp(std::shared_ptr<State> self) {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (self->acceptor.is_open()) {
    tcp::socket socket = co_await self->acceptor.async_accept(token);
    if (error) co_return;
    asio::co_spawn(self->acceptor.get_executor(), converse(self, std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> FakeServer::State::converse(std::shared_ptr<State> self, tcp::socket socket) {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  while (true) {
    std::array<unsigned char, 2> size{};
    const auto head = asio::buffer(size);
    co_await asio::async_read(socket, head, token);
    if (error) co_return;
    std::string question(std::size_t{size[0]} * 256 + size[1], '\0');
    const auto space = asio::buffer(question);
    co_await asio::async_read(socket, space, token);
    if (error || question.size() < 17) co_return;
    std::string text = self->answer(question, true);
    text = wire_number(static_cast<unsigned>(text.size())) + text;
    const auto bytes = asio::buffer(text);
    co_await asio::async_write(socket, bytes, token);
  }
}

FakeServer::FakeServer(asio::io_context& io) : state_(std::make_shared<State>(io)) {
  asio::co_spawn(io, State::serve_udp(state_), asio::detached);
  asio::co_spawn(io, State::serve_tcp(state_), asio::detached);
}

FakeServer::~FakeServer() {
  error_code ignored;
  state_->udp_socket.close(ignored);
  state_->acceptor.close(ignored);
}

std::uint16_t FakeServer::port() const {
  return state_->udp_socket.local_endpoint().port();
}

std::map<std::string, FakeAnswer>& FakeServer::answers() {
  return state_->answers;
}

void FakeServer::know_edns(bool known) {
  state_->edns = known;
}

std::vector<std::string> FakeServer::take_asked() {
  return std::exchange(state_->asked, {});
}

}  // namespace kubevitals::discovery::dns
