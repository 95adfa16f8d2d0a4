// One client of the HTTP server.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/channel.h"
#include "net/http_server.h"
#include "net/server_tls.h"
#include "net/web_gate.h"

namespace kubevitals::net {

// What the connections of a server share; constant.
struct ServerContext {
  ServerOptions options;
  Handler handler;
  std::shared_ptr<ServerTls> tls;  // when there is no gate
  std::unique_ptr<WebGate> gate;   // of options.web

  std::shared_ptr<ServerTls> current_tls() const { return gate ? gate->current()->tls : tls; }
};

// Lives on one strand. Two coroutines: one reads ahead, which is also how a client is noticed that goes away
// while its answer is made; the other takes requests apart and answers them one after the other.
class ServerConnection final : public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(const Strand& strand, asio::ip::tcp::socket socket,
                   std::shared_ptr<ServerContext> context);

  const Strand& strand() const { return strand_; }

  // Serves the client until it or the server ends that. To be cancelled with `cancellation_slot()`.
  static asio::awaitable<void> run(std::shared_ptr<ServerConnection> self);
  asio::cancellation_slot cancellation_slot() { return cancel_.slot(); }

  // Closes at once when between requests, otherwise after the one under way. On the strand.
  void finish_soon();

  // Breaks off. On the strand.
  void break_off();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class Outcome { kKeep, kClose, kBroken };

  static asio::awaitable<void> read_ahead(std::shared_ptr<ServerConnection> self);
  asio::awaitable<void> serve();
  asio::awaitable<bool> await_input();
  asio::awaitable<bool> read_request(Parser& parser, bool first);
  asio::awaitable<bool> parse(Parser& parser, bool whole);
  asio::awaitable<bool> check_head(Parser& parser);
  asio::awaitable<bool> admit(Parser& parser);
  asio::awaitable<bool> ask_for_body(Parser& parser);
  asio::awaitable<void> refuse(int status, std::string why);
  asio::awaitable<void> refuse(ServerResponse response);
  asio::awaitable<void> refuse_malformed(Parser& parser, boost::system::error_code error);
  asio::awaitable<Outcome> answer(Parser& parser);
  asio::awaitable<ServerResponse> respond(ServerRequest request);
  asio::awaitable<bool> send_body(BodySource& source, std::string head, std::optional<std::uint64_t> length,
                                  bool chunked);
  asio::awaitable<Result<std::vector<BodyChunk>>> next(BodySource& source);
  asio::awaitable<bool> write(Pieces& pieces);
  asio::awaitable<void> say_goodbye();
  void enter_application();
  void cancel_application();
  std::size_t input_limit() const;

  const Strand strand_;
  const std::shared_ptr<ServerContext> context_;
  const std::shared_ptr<ServerTls> tls_;  // null: plain
  const std::shared_ptr<Channel> channel_;
  asio::cancellation_signal cancel_;

  // Between the two coroutines: each waits on its timer until the other cancels it.
  boost::beast::flat_buffer input_;
  asio::steady_timer arrived_;
  asio::steady_timer room_;
  bool ended_ = false;       // nothing more will arrive
  bool discarding_ = false;  // nobody wants it any more
  std::size_t discarded_ = 0;

  // Of the request under way, when there is a gate.
  std::shared_ptr<const WebState> web_;
  std::optional<ServerResponse> refusal_;

  bool in_application_ = false;  // waiting for the gate, the handler or a body
  bool busy_ = false;            // with a request
  bool last_ = false;
};

}  // namespace kubevitals::net
