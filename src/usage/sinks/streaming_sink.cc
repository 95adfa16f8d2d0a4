#include "usage/sinks/streaming_sink.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <tuple>
#include <utility>

#include "base/run_on.h"

namespace kubevitals::usage {
namespace {

// Of two outcomes the one that matters more: what may be tried again before what is lost anyway.
Result<void> worse(Result<void> one, Result<void> other) {
  if (one) return other;
  if (other || one.error().code != ErrorCode::kInvalid) return one;
  return other;
}

}  // namespace

StreamingSink::Round StreamingSink::write(const Batch& batch, SetCursor from) {
  Round round{{}, from};
  // Not kept for long: it remembers whose labels it has joined by their address.
  SetLabels labels;
  while (round.pieces.size() < shape_.concurrency) {
    Piece piece;
    piece.text.reserve(shape_.max_bytes + shape_.max_bytes / 8);
    while (piece.text.size() < shape_.max_bytes && piece.points < shape_.max_points) {
      const SetCursor before = round.end;
      const std::size_t bytes = piece.text.size();
      const std::size_t points = piece.points;
      const std::optional<MetricSet> set = round.end.next();
      if (!set) break;
      set->fill(context_.labels, labels);
      append(*set, labels, batch.timestamp, piece);
      if (piece.text.size() <= shape_.max_bytes || points == 0) continue;
      piece.text.resize(bytes);
      piece.points = points;
      round.end = before;
      break;
    }
    if (piece.points == 0) break;
    complete(piece);
    round.pieces.push_back(std::move(piece));
  }
  return round;
}

asio::awaitable<Result<void>> StreamingSink::send_from(std::shared_ptr<std::vector<Piece>> pieces,
                                                       std::size_t first) {
  using asio::experimental::awaitable_operators::operator&&;
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::awaitable<Result<void>> one = send(std::move((*pieces)[first]));
  if (first + 1 == pieces->size()) {
    Result<void> sent = co_await std::move(one);
    co_return sent;
  }
  asio::awaitable<Result<void>> others = send_from(pieces, first + 1);
  asio::awaitable<std::tuple<Result<void>, Result<void>>> both = std::move(one) && std::move(others);
  auto [first_sent, others_sent] = co_await std::move(both);
  co_return worse(std::move(first_sent), std::move(others_sent));
}

asio::awaitable<Result<void>> StreamingSink::export_batch(std::shared_ptr<const Batch> batch) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (partial_ != batch || !shape_.resumable) {
    partial_ = batch;
    sent_ = SetCursor(*batch);
    refused_.reset();
  }
  asio::awaitable<Result<void>> beginning = begin();
  const Result<void> begun = co_await std::move(beginning);
  if (!begun) co_return begun;
  for (;;) {
    auto format = [this, batch, from = *sent_] { return write(*batch, from); };
    asio::awaitable<Round> formatting = run_on(context_.workers, std::move(format));
    Round round = co_await std::move(formatting);
    if (state.cancelled() != asio::cancellation_type::none) {
      co_return Error{ErrorCode::kCancelled, "cannot send the batch: it was given up"};
    }
    if (round.pieces.empty()) break;
    auto pieces = std::make_shared<std::vector<Piece>>(std::move(round.pieces));
    asio::awaitable<Result<void>> sending = send_from(std::move(pieces), 0);
    const Result<void> sent = co_await std::move(sending);
    if (!sent && sent.error().code != ErrorCode::kInvalid) co_return sent;
    if (!sent && !refused_) refused_ = sent.error();
    sent_ = round.end;
  }
  asio::awaitable<Result<void>> finishing = finish();
  const Result<void> finished = co_await std::move(finishing);
  if (!finished) co_return finished;
  partial_.reset();
  if (refused_) co_return *refused_;
  co_return Result<void>();
}

}  // namespace kubevitals::usage
