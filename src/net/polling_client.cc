#include "net/polling_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/deadline.h"
#include "net/curl_error.h"
#include "net/resolve.h"
#include "net/response_reader.h"
#include "net/url.h"

namespace kubevitals::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

// Longer than between two questions, shorter than servers keep quiet connections.
constexpr auto kKeptUnused = 150s;
constexpr auto kLookEvery = 30s;
constexpr std::size_t kReadSize = 64 << 10;
// The kernel gives a connection up after unacknowledged data for this long.
constexpr int kUserTimeoutMilliseconds = 30'000;

Error failure_of(const error_code& error) {
  const bool cancelled = error == asio::error::operation_aborted;
  return Error{cancelled ? ErrorCode::kCancelled : ErrorCode::kUnavailable, error.message()};
}

// What one attempt to read or write without waiting came to.
struct Step {
  enum class Outcome { kDone, kWaitToRead, kWaitToWrite, kEnd, kFailed };
  Outcome outcome = Outcome::kFailed;
  std::size_t bytes = 0;  // with kDone
  std::string cause;      // with kFailed
};

}  // namespace

struct PollingClient::Connection {
  explicit Connection(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}

  // What waits ends when the time has come, until disarm(). A timer's handler is much less work than another
  // coroutine beside this one would be, as finish_by() has.
  static void arm(const ConnectionPtr& connection, Duration patience) {
    connection->is_late = false;
    connection->timer.expires_after(patience);
    connection->timer.async_wait([weak = std::weak_ptr(connection)](const error_code& error) {
      const ConnectionPtr late = error ? nullptr : weak.lock();
      // It may have been armed anew, or disarmed, since it expired.
      if (!late || late->timer.expiry() > asio::steady_timer::clock_type::now()) return;
      late->is_late = true;
      error_code ignored;
      late->socket.cancel(ignored);
    });
  }
  void disarm() { timer.expires_at(SteadyTime::max()); }

  // What OpenSSL's functions say of a call that returned `result`.
  Step after(int result) {
    if (result > 0) return {Step::Outcome::kDone, static_cast<std::size_t>(result), {}};
    const int number = errno;
    switch (SSL_get_error(tls.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return {Step::Outcome::kWaitToRead, 0, {}};
      case SSL_ERROR_WANT_WRITE:
        return {Step::Outcome::kWaitToWrite, 0, {}};
      case SSL_ERROR_ZERO_RETURN:
        return {Step::Outcome::kEnd, 0, {}};
      case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        return {Step::Outcome::kFailed, 0,
                number == 0 ? "the connection was closed" : std::generic_category().message(number)};
      default:
        return {Step::Outcome::kFailed, 0, explain_tls_failure(*tls, host)};
    }
  }

  static Step after(std::size_t bytes, const error_code& error, Step::Outcome wait) {
    if (!error) return {Step::Outcome::kDone, bytes, {}};
    if (error == asio::error::would_block || error == asio::error::try_again) return {wait, 0, {}};
    if (error == asio::error::eof) return {Step::Outcome::kEnd, 0, {}};
    return {Step::Outcome::kFailed, 0, error.message()};
  }

  Step shake_hands() {
    ERR_clear_error();
    errno = 0;
    return after(SSL_do_handshake(tls.get()));
  }

  Step read(std::vector<char>& into) {
    if (tls) {
      ERR_clear_error();
      errno = 0;
      return after(SSL_read(tls.get(), into.data(), static_cast<int>(into.size())));
    }
    error_code error;
    const std::size_t bytes = socket.read_some(asio::buffer(into), error);
    return after(bytes, error, Step::Outcome::kWaitToRead);
  }

  Step write(std::string_view text) {
    if (tls) {
      ERR_clear_error();
      errno = 0;
      const std::size_t size = std::min<std::size_t>(text.size(), 1 << 20);
      return after(SSL_write(tls.get(), text.data(), static_cast<int>(size)));
    }
    error_code error;
    const std::size_t bytes = socket.write_some(asio::buffer(text), error);
    return after(bytes, error, Step::Outcome::kWaitToWrite);
  }

  // Until a step that has to wait may be tried again; an error when it was cancelled, or cannot be.
  asio::awaitable<error_code> wait_for(Step::Outcome outcome) {
    const auto what =
        outcome == Step::Outcome::kWaitToRead ? tcp::socket::wait_read : tcp::socket::wait_write;
    error_code error;
    // The timer may have found nothing that waits.
    if (is_late) co_return asio::error::operation_aborted;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await socket.async_wait(what, token);
    co_return error;
  }

  tcp::socket socket;
  asio::steady_timer timer;
  bool is_late = false;
  SslHandle tls;  // null for plain HTTP; before the socket's end
  std::string host;
  SteadyTime last_use;
};

struct PollingClient::Server {
  HttpUrl url;
  std::string target;
  std::vector<ConnectionPtr> kept;  // the one used last at the end
  int busy = 0;                     // exchanges under way
};

struct PollingClient::Progress {
  bool connected = false;
  bool has_head = false;
};

PollingClient::PollingClient(Clock& clock, TransportOptions options)
    : clock_(clock), options_(std::move(options)), last_look_(clock.now()), input_(kReadSize) {}

PollingClient::~PollingClient() = default;

std::size_t PollingClient::kept_connections() const {
  std::size_t count = 0;
  for (const auto& [url, server] : servers_) count += server->kept.size();
  return count;
}

Result<PollingClient::Server*> PollingClient::server_of(const std::string& url) {
  if (const auto known = servers_.find(url); known != servers_.end()) return known->second.get();
  Result<HttpUrl> parsed = parse_http_url(url);
  if (!parsed) return parsed.error().wrap("bad URL");
  auto server = std::make_unique<Server>();
  const std::size_t authority = parsed->text.find("://") + 3;
  const std::size_t path = parsed->text.find_first_of("/?#", authority);
  if (path != std::string::npos) server->target = parsed->text.substr(path, parsed->text.find('#') - path);
  if (!server->target.starts_with('/')) server->target.insert(0, "/");
  server->url = std::move(*parsed);
  return servers_.emplace(url, std::move(server)).first->second.get();
}

Result<std::shared_ptr<const ClientTls>> PollingClient::tls() {
  std::vector<FileState> files{state_of(options_.ca_file), state_of(options_.certificate_file),
                               state_of(options_.key_file)};
  if (tls_ && files == files_) return tls_;
  Result<std::shared_ptr<const ClientTls>> made = ClientTls::create(options_);
  if (!made && !tls_) return made;
  // Files that are being replaced are looked at again when they have changed once more.
  files_ = std::move(files);
  if (made) tls_ = std::move(*made);
  return tls_;
}

void PollingClient::forget_unused() {
  const SteadyTime now = clock_.now();
  if (now - last_look_ < kLookEvery) return;
  last_look_ = now;
  std::erase_if(servers_, [now](const auto& entry) {
    Server& server = *entry.second;
    std::erase_if(server.kept, [now](const ConnectionPtr& one) { return now - one->last_use > kKeptUnused; });
    return server.kept.empty() && server.busy == 0;
  });
}

asio::awaitable<Result<PollAnswer>> PollingClient::ask(PollRequest request, std::size_t max_body) {
  co_await asio::this_coro::throw_if_cancelled(false);
  forget_unused();
  const Result<Server*> found = server_of(request.url);
  if (!found) co_return found.error();
  Server& server = **found;
  std::string text;
  text.append(request.method).append(" ").append(server.target).append(" HTTP/1.1\r\nHost: ");
  const bool is_v6 = server.url.host.find(':') != std::string::npos;
  text.append(is_v6 ? "[" : "").append(server.url.host).append(is_v6 ? "]:" : ":");
  text.append(std::to_string(server.url.port)).append("\r\nUser-Agent: ").append(options_.user_agent);
  for (const auto& [name, value] : request.headers) {
    if (!is_field_value(name) || !is_field_value(value)) {
      co_return Error{ErrorCode::kInvalid, "bad value of the header " + name};
    }
    text.append("\r\n").append(name).append(": ").append(value);
  }
  if (!request.body.empty()) text.append("\r\nContent-Length: ").append(std::to_string(request.body.size()));
  text.append("\r\n\r\n").append(request.body);

  Progress progress;
  ++server.busy;
  auto exchanging = exchange(server, text, max_body, clock_.now() + request.timeout, progress);
  Result<PollAnswer> answer = co_await std::move(exchanging);
  --server.busy;
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return Error{ErrorCode::kCancelled, "cancelled"};
  if (answer || answer.error().code != ErrorCode::kTimeout) co_return answer;
  const char* const missing = progress.has_head    ? "no whole answer within "
                              : progress.connected ? "no answer within "
                                                   : "no connection within ";
  co_return Error{ErrorCode::kTimeout, missing + show_duration(request.timeout)};
}

// kTimeout when the deadline came first.
asio::awaitable<Result<PollAnswer>> PollingClient::exchange(Server& server, std::string_view text,
                                                            std::size_t max_body, SteadyTime deadline,
                                                            Progress& progress) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (true) {
    const bool kept = !server.kept.empty();
    auto connecting = connection_to(server, deadline);
    Result<ConnectionPtr> connected = co_await std::move(connecting);
    if (!connected) co_return connected.error();
    const ConnectionPtr connection = std::move(*connected);
    progress.connected = true;
    Connection::arm(connection, deadline - clock_.now());
    auto conversing = converse(*connection, text, max_body, progress);
    Result<PollAnswer> answer = co_await std::move(conversing);
    connection->disarm();
    if (!answer && connection->is_late) co_return Error{ErrorCode::kTimeout, "timed out"};
    if (answer && connection->socket.is_open()) {
      connection->last_use = clock_.now();
      server.kept.push_back(connection);
    }
    const bool was_closed =
        kept && !answer && answer.error().code == ErrorCode::kUnavailable && !progress.has_head;
    if (!was_closed) co_return answer;
    // The server closed it in the meantime; those that were not used for longer will be closed as well.
    server.kept.clear();
    progress = {};
  }
}

// A kept one, or a new one before the deadline.
asio::awaitable<Result<PollingClient::ConnectionPtr>> PollingClient::connection_to(Server& server,
                                                                                   SteadyTime deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (!server.kept.empty()) {
    ConnectionPtr kept = std::move(server.kept.back());
    server.kept.pop_back();
    co_return kept;
  }
  auto connecting = connect(server);
  auto timed = finish_by(clock_, deadline, std::move(connecting));
  std::optional<Result<ConnectionPtr>> made = co_await std::move(timed);
  if (!made) co_return Error{ErrorCode::kTimeout, "timed out"};
  co_return std::move(*made);
}

asio::awaitable<Result<PollingClient::ConnectionPtr>> PollingClient::connect(Server& server) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto connection = std::make_shared<Connection>(executor);
  connection->host = server.url.host;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const asio::ip::address address = asio::ip::make_address(server.url.host, error);
  if (!error) {
    const tcp::endpoint endpoint(address, server.url.port);
    co_await connection->socket.async_connect(endpoint, token);
  } else {
    error = {};
    auto resolving = resolve<tcp>(server.url.host, std::to_string(server.url.port));
    const auto addresses = co_await std::move(resolving);
    if (!addresses) co_return addresses.error().wrap("cannot resolve the host's name");
    co_await asio::async_connect(connection->socket, *addresses, token);
  }
  if (error) co_return failure_of(error);
  connection->socket.non_blocking(true, error);
  connection->socket.set_option(tcp::no_delay(true), error);
  const int socket = connection->socket.native_handle();
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMilliseconds,
               sizeof kUserTimeoutMilliseconds);
  if (server.url.scheme == "http") co_return connection;

  const Result<std::shared_ptr<const ClientTls>> context = tls();
  if (!context) co_return context.error();
  connection->tls = (*context)->connect(socket, server.url.host);
  if (!connection->tls) co_return Error{ErrorCode::kInternal, "out of memory"};
  while (true) {
    const Step step = connection->shake_hands();
    if (step.outcome == Step::Outcome::kDone) co_return connection;
    if (step.outcome == Step::Outcome::kEnd || step.outcome == Step::Outcome::kFailed) {
      const std::string cause = step.cause.empty() ? "the connection was closed" : step.cause;
      co_return Error{ErrorCode::kUnavailable, "TLS handshake: " + cause};
    }
    auto waiting = connection->wait_for(step.outcome);
    error = co_await std::move(waiting);
    if (error) co_return failure_of(error);
  }
}

// Closes the connection unless it can be used again.
asio::awaitable<Result<PollAnswer>> PollingClient::converse(Connection& connection, std::string_view text,
                                                            std::size_t max_body, Progress& progress) {
  co_await asio::this_coro::throw_if_cancelled(false);
  ResponseReader reader(max_body, kSpare);
  error_code error;
  std::optional<Error> failed;
  while (!failed && !reader.is_whole()) {
    // An answer that comes before the whole question is sent is read after it.
    const Step step = text.empty() ? connection.read(input_) : connection.write(text);
    if (step.outcome == Step::Outcome::kWaitToRead || step.outcome == Step::Outcome::kWaitToWrite) {
      auto waiting = connection.wait_for(step.outcome);
      error = co_await std::move(waiting);
      if (error) failed = failure_of(error);
    } else if (step.outcome == Step::Outcome::kFailed) {
      failed = Error{ErrorCode::kUnavailable, step.cause};
    } else if (!text.empty()) {
      if (step.outcome == Step::Outcome::kEnd)
        failed = Error{ErrorCode::kUnavailable, "the connection was closed"};
      text.remove_prefix(step.bytes);
    } else if (step.outcome == Step::Outcome::kEnd) {
      if (Result<void> end = reader.take_end(); !end) failed = end.error();
      if (!failed) break;
    } else {
      if (Result<void> taken = reader.take({input_.data(), step.bytes}); !taken) failed = taken.error();
      progress.has_head = reader.has_head();
    }
  }
  if (failed || !reader.keeps_alive()) {
    connection.tls.reset();
    connection.socket.close(error);
  }
  if (failed) co_return std::move(*failed);
  co_return PollAnswer{reader.status(), reader.take_body()};
}

}  // namespace kubevitals::net
