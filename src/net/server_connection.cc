#include "net/server_connection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdio>
#include <exception>
#include <utility>

#include "net/response_head.h"

namespace kubevitals::net {
namespace {

namespace http = boost::beast::http;
using asio::use_awaitable;
using boost::system::error_code;

// What is read ahead beyond the head of one request.
constexpr std::size_t kReadAhead = 32 << 10;

// How long and how much a client may go on sending after our last word. Closing with unread input would reset
// the connection, which could cost the client the answer.
constexpr std::chrono::seconds kGoodbyeTime{2};
constexpr std::size_t kGoodbyeBytes = 1 << 20;

// A body of known length goes out with its head when that is sure to come soon.
constexpr std::uint64_t kSmallBody = 16 << 10;

std::chrono::milliseconds shortest_limit(const ServerOptions& options) {
  return std::min({options.read_timeout, options.idle_timeout, options.write_timeout});
}

ServerRequest to_request(http::request<http::string_body> message, const std::string& remote) {
  ServerRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  Target target = parse_target(request.target);
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.remote_address = remote;
  return request;
}

asio::awaitable<void> wait_for(asio::steady_timer& timer) {
  timer.expires_at(asio::steady_timer::time_point::max());
  error_code ignored;
  auto token = asio::redirect_error(use_awaitable, ignored);
  co_await timer.async_wait(token);
}

}  // namespace

ServerConnection::ServerConnection(const Strand& strand, asio::ip::tcp::socket socket,
                                   std::shared_ptr<ServerContext> context)
    : strand_(strand),
      context_(std::move(context)),
      tls_(context_->current_tls()),
      channel_(std::make_shared<Channel>(strand, std::move(socket), tls_ ? &tls_->context() : nullptr,
                                         shortest_limit(context_->options))),
      arrived_(strand),
      room_(strand) {}

std::size_t ServerConnection::input_limit() const {
  return context_->options.max_header_bytes + kReadAhead;
}

asio::awaitable<void> ServerConnection::run(std::shared_ptr<ServerConnection> self) {
  co_await asio::this_coro::throw_if_cancelled(false);
  self->channel_->limit(self->context_->options.read_timeout);
  if (co_await self->channel_->handshake()) {
    auto reader = read_ahead(self);
    asio::co_spawn(self->strand_, std::move(reader), asio::detached);
    co_await self->serve();
  }
  self->channel_->close();
  self->room_.cancel();
}

asio::awaitable<void> ServerConnection::read_ahead(std::shared_ptr<ServerConnection> self) {
  std::string bytes;
  while (self->channel_->is_open() && !self->ended_) {
    if (!self->discarding_ && self->input_.size() >= self->input_limit()) {
      co_await wait_for(self->room_);
      continue;
    }
    bytes.clear();
    self->ended_ = !co_await self->channel_->read(bytes);
    if (self->discarding_) {
      self->discarded_ += bytes.size();
      self->ended_ = self->ended_ || self->discarded_ > kGoodbyeBytes;
    } else if (!bytes.empty()) {
      const auto space = self->input_.prepare(bytes.size());
      self->input_.commit(asio::buffer_copy(space, asio::buffer(bytes)));
    }
    self->arrived_.cancel();
    if (self->ended_) self->cancel_application();
  }
}

asio::awaitable<bool> ServerConnection::await_input() {
  const std::size_t before = input_.size();
  while (input_.size() == before && !ended_) co_await wait_for(arrived_);
  co_return input_.size() > before;
}

asio::awaitable<void> ServerConnection::serve() {
  Outcome outcome = Outcome::kKeep;
  for (bool first = true; outcome == Outcome::kKeep && !last_; first = false) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(context_->options.max_header_bytes));
    parser.body_limit(context_->options.max_body_bytes);
    const bool readable = co_await read_request(parser, first);
    if (!readable) co_return;
    outcome = co_await answer(parser);
    busy_ = false;
    if (outcome == Outcome::kBroken) channel_->abort();
  }
  if (outcome != Outcome::kBroken) co_await say_goodbye();
}

// False when there is none and the connection is to be closed; a bad one was refused by then.
asio::awaitable<bool> ServerConnection::read_request(Parser& parser, bool first) {
  const ServerOptions& options = context_->options;
  if (input_.size() == 0) {
    channel_->limit(first ? options.read_timeout : options.idle_timeout);
    const bool arrived = co_await await_input();
    if (!arrived) co_return false;
  }
  busy_ = true;
  channel_->limit(options.read_timeout);
  const bool head = co_await parse(parser, false);
  if (!head) co_return false;
  const bool acceptable = co_await check_head(parser);
  if (!acceptable) co_return false;
  const bool admitted = co_await admit(parser);
  if (!admitted) co_return false;
  const bool asked = co_await ask_for_body(parser);
  if (!asked) co_return false;
  parser.eager(true);
  const bool whole = co_await parse(parser, true);
  channel_->no_limit();
  co_return whole;
}

asio::awaitable<bool> ServerConnection::parse(Parser& parser, bool whole) {
  while (whole ? !parser.is_done() : !parser.is_header_done()) {
    error_code error = http::make_error_code(http::error::need_more);
    if (input_.size() > 0) {
      const std::size_t used = parser.put(input_.data(), error);
      input_.consume(used);
      room_.cancel();
    }
    if (!error) continue;
    if (error != http::error::need_more) {
      co_await refuse_malformed(parser, error);
      co_return false;
    }
    if (input_.size() >= input_limit()) {
      co_await refuse(400, "a part of the request is too long");
      co_return false;
    }
    const bool arrived = co_await await_input();
    if (!arrived) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> ServerConnection::check_head(Parser& parser) {
  const auto& head = parser.get();
  if (head.version() >= 11 && head.find(http::field::host) == head.end()) {
    co_await refuse(400, "the Host header is missing");
    co_return false;
  }
  const auto expected = head.find(http::field::expect);
  if (expected == head.end() || head.version() < 11) co_return true;
  if (!boost::beast::iequals(expected->value(), "100-continue")) {
    co_await refuse(417, "only 100-continue can be expected");
    co_return false;
  }
  co_return true;
}

// Asks the gate about the request. False when the connection is to be closed; a refusal without that is in
// refusal_.
asio::awaitable<bool> ServerConnection::admit(Parser& parser) {
  if (!context_->gate) co_return true;
  WebGate& gate = *context_->gate;
  const auto& head = parser.get();
  web_ = gate.current();
  std::optional<std::string> authorization;
  const auto field = head.find(http::field::authorization);
  if (field != head.end()) authorization = std::string(field->value());
  channel_->no_limit();
  enter_application();
  auto answer = gate.admit(web_, std::move(authorization), channel_->remote_address());
  refusal_ = co_await std::move(answer);
  in_application_ = false;
  channel_->limit(context_->options.read_timeout);
  if (!refusal_ || parser.is_done()) co_return true;
  if (refusal_->abort) co_return false;
  WebGate::add_headers(*web_, *refusal_);
  if (head.method() == http::verb::head) refusal_->body = std::string();
  auto refused = refuse(std::move(*refusal_));
  co_await std::move(refused);
  co_return false;
}

asio::awaitable<bool> ServerConnection::ask_for_body(Parser& parser) {
  const auto& head = parser.get();
  if (head.find(http::field::expect) == head.end() || head.version() < 11) co_return true;
  if (parser.is_done() || input_.size() > 0) co_return true;  // it does not wait for us
  Pieces pieces;
  pieces.add("HTTP/1.1 100 Continue\r\n\r\n");
  const bool written = co_await write(pieces);
  channel_->limit(context_->options.read_timeout);
  co_return written;
}

asio::awaitable<void> ServerConnection::refuse_malformed(Parser& parser, error_code error) {
  int status = 400;
  if (error == http::error::header_limit) status = parser.get().target().empty() ? 414 : 431;
  if (error == http::error::body_limit) status = 413;
  if (error == http::error::bad_version) status = 505;
  co_await refuse(status, "cannot read the request: " + error.message());
}

asio::awaitable<void> ServerConnection::refuse(int status, std::string why) {
  auto refused = refuse(ServerResponse::text(status, why + "\n"));
  co_await std::move(refused);
}

asio::awaitable<void> ServerConnection::refuse(ServerResponse response) {
  const std::string& body = *std::get_if<std::string>(&response.body);
  const std::string head = response_head(response, 11, false, Framing{body.size(), false});
  Pieces pieces;
  pieces.add(head);
  pieces.add(body);
  const bool written = co_await write(pieces);
  if (written) co_await say_goodbye();
}

asio::awaitable<ServerConnection::Outcome> ServerConnection::answer(Parser& parser) {
  const unsigned version = parser.get().version() == 10 ? 10 : 11;
  const bool wants_more = parser.keep_alive();
  ServerRequest request = to_request(parser.release(), channel_->remote_address());
  request.client_certificate = channel_->client_certificate();
  const bool head_only = request.method == "HEAD";
  ServerResponse response;
  if (refusal_) {
    response = std::move(*std::exchange(refusal_, std::nullopt));
  } else {
    response = co_await respond(std::move(request));
  }
  if (response.abort) co_return Outcome::kBroken;
  if (web_) WebGate::add_headers(*web_, response);
  const auto* text = std::get_if<std::string>(&response.body);
  auto* source = std::get_if<std::unique_ptr<BodySource>>(&response.body);
  const bool streams = source != nullptr && *source != nullptr && status_has_body(response.status);
  Framing framing;
  if (status_has_body(response.status)) {
    framing.length = streams ? (*source)->content_length() : (text != nullptr ? text->size() : 0);
    framing.chunked = !framing.length && version == 11;
  }
  const bool ends_by_close = streams && !framing.length && !framing.chunked;
  const bool keep = wants_more && !last_ && !ends_by_close;
  std::string head = response_head(response, version, keep, framing);
  bool sent = false;
  if (streams && !head_only) {
    sent = co_await send_body(**source, std::move(head), framing.length, framing.chunked);
  } else {
    Pieces pieces;
    pieces.add(head);
    if (text != nullptr && !head_only && status_has_body(response.status)) pieces.add(*text);
    sent = co_await write(pieces);
  }
  if (!sent) co_return Outcome::kBroken;
  co_return keep && !last_ ? Outcome::kKeep : Outcome::kClose;
}

asio::awaitable<ServerResponse> ServerConnection::respond(ServerRequest request) {
  const std::string what = request.method + " " + request.path;
  std::optional<ServerResponse> response;
  enter_application();
  try {
    response = co_await context_->handler(std::move(request));
  } catch (const std::exception& exception) {
    // A handler that was cancelled may well end with an exception.
    if (!ended_) spdlog::error("cannot answer {}: {}", what, exception.what());
  }
  in_application_ = false;
  if (response) co_return std::move(*response);
  co_return ServerResponse::text(500, "internal error\n");
}

asio::awaitable<bool> ServerConnection::send_body(BodySource& source, std::string head,
                                                  std::optional<std::uint64_t> length, bool chunked) {
  // A watch may have nothing to say for long, but its client wants to know that it has begun.
  const bool head_first = !length || *length > kSmallBody;
  if (head_first) {
    Pieces pieces;
    pieces.add(head);
    const bool written = co_await write(pieces);
    if (!written) co_return false;
    head.clear();
  }
  std::uint64_t sent = 0;
  while (true) {
    const Result<std::vector<BodyChunk>> chunks = co_await next(source);
    if (!chunks) co_return false;
    std::size_t size = 0;
    for (const BodyChunk& chunk : *chunks) size += chunk.bytes.size();
    sent += size;
    if (length && sent > *length) co_return false;
    char size_line[32];
    Pieces pieces;
    pieces.add(head);
    if (chunked) {
      const int digits = std::snprintf(size_line, sizeof size_line, "%zx\r\n", size);
      pieces.add({size_line, static_cast<std::size_t>(digits)});
    }
    for (const BodyChunk& chunk : *chunks) pieces.add(chunk.bytes);
    if (chunked) pieces.add("\r\n");
    const bool written = co_await write(pieces);
    if (!written) co_return false;
    head.clear();
    if (size == 0 || sent == length) break;
  }
  co_return !length || sent == *length;
}

asio::awaitable<Result<std::vector<BodyChunk>>> ServerConnection::next(BodySource& source) {
  std::optional<Result<std::vector<BodyChunk>>> chunks;
  enter_application();
  try {
    chunks = co_await source.next();
  } catch (const std::exception& exception) {
    if (!ended_) spdlog::error("cannot produce a response: {}", exception.what());
  }
  in_application_ = false;
  if (chunks) co_return std::move(*chunks);
  co_return Error{ErrorCode::kInternal, "cannot produce the response"};
}

asio::awaitable<bool> ServerConnection::write(Pieces& pieces) {
  co_return co_await channel_->write(pieces, context_->options.write_timeout);
}

asio::awaitable<void> ServerConnection::say_goodbye() {
  if (!channel_->is_open()) co_return;
  channel_->limit(kGoodbyeTime);
  discarding_ = true;
  input_.clear();
  room_.cancel();
  co_await channel_->shut_down();
  while (!ended_) co_await wait_for(arrived_);
}

void ServerConnection::enter_application() {
  in_application_ = true;
  if (!ended_) return;
  // The client went away before: the same cancellation, as soon as there is something to be cancelled.
  asio::post(strand_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cancel_application();
  });
}

void ServerConnection::cancel_application() {
  if (in_application_) cancel_.emit(asio::cancellation_type::all);
}

void ServerConnection::finish_soon() {
  last_ = true;
  if (!busy_) break_off();
}

void ServerConnection::break_off() {
  ended_ = true;
  channel_->close();
  arrived_.cancel();
  cancel_application();
}

}  // namespace kubevitals::net
