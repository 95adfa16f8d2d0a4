#include "net/resolve.h"

#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <utility>

#include "net/pending.h"

namespace kubevitals::net {

template <typename Protocol>
asio::awaitable<Result<typename Protocol::resolver::results_type>> resolve(std::string host,
                                                                           std::string port) {
  using Resolver = typename Protocol::resolver;
  using Answer = Result<typename Resolver::results_type>;
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const Strand strand(asio::make_strand(executor));
  auto start = [strand, host = std::move(host), port = std::move(port)](PendingPtr<Answer> pending) {
    auto resolver = std::make_shared<Resolver>(strand);
    // Asio cannot break off a name service that hangs; who waits need not know.
    pending->on_cancel = [weak = std::weak_ptr(pending), resolver] {
      resolver->cancel();
      if (const auto waiting = weak.lock()) waiting->complete(Error{ErrorCode::kCancelled, "cancelled"});
    };
    resolver->async_resolve(
        host, port, Resolver::numeric_service,
        [pending, resolver](boost::system::error_code error, typename Resolver::results_type results) {
          if (error) return pending->complete(Error{ErrorCode::kUnavailable, error.message()});
          pending->complete(std::move(results));
        });
  };
  asio::awaitable<Answer> asking = ask<Answer>(strand, std::move(start));
  Answer answer = co_await std::move(asking);
  co_return answer;
}

template asio::awaitable<Result<asio::ip::tcp::resolver::results_type>> resolve<asio::ip::tcp>(
    std::string host, std::string port);
template asio::awaitable<Result<asio::ip::udp::resolver::results_type>> resolve<asio::ip::udp>(
    std::string host, std::string port);

}  // namespace kubevitals::net
