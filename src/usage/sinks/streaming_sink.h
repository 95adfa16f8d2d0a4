// What sinks have in common that send a batch piece by piece.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "usage/model/set_cursor.h"
#include "usage/sinks/sink.h"

namespace kubevitals::usage {

// What is sent at once.
struct Piece {
  std::string text;
  std::size_t points = 0;
};

// Writes the pieces on the workers, so that there is never more text than what is being sent, and sends them
// in order. What was sent is not sent again when the batch is tried again.
class StreamingSink : public Sink {
 public:
  asio::awaitable<Result<void>> export_batch(std::shared_ptr<const Batch> batch) final;

 protected:
  struct Shape {
    std::size_t max_bytes = 256 << 10;  // of a piece, unless a single metric set has more
    // A piece ends with the metric set that reaches this.
    std::size_t max_points = std::numeric_limits<std::size_t>::max();
    std::size_t concurrency = 1;  // pieces under way at once
    // False: until finish() nobody knows what has arrived, so that a new attempt begins with the first piece.
    bool resumable = true;
  };

  StreamingSink(const SinkContext& context, Shape shape) : context_(context), shape_(shape) {}

  // Adds a metric set to a piece and counts its points. On a worker, nowhere else at that time.
  virtual void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) = 0;
  // Called with each piece when all is in it.
  virtual void complete(Piece&) {}

  // On the strand, before the first piece of an attempt.
  virtual asio::awaitable<Result<void>> begin() { co_return Result<void>(); }
  // kInvalid: this piece will never be taken, the others may. All that is said of Sink::export_batch() holds.
  virtual asio::awaitable<Result<void>> send(Piece piece) = 0;
  // When all was sent.
  virtual asio::awaitable<Result<void>> finish() { co_return Result<void>(); }

  const SinkContext& context() const { return context_; }

 private:
  struct Round {
    std::vector<Piece> pieces;
    SetCursor end;
  };

  Round write(const Batch& batch, SetCursor from);
  asio::awaitable<Result<void>> send_from(std::shared_ptr<std::vector<Piece>> pieces, std::size_t first);

  const SinkContext context_;
  const Shape shape_;
  // The batch of which a part was sent, and how far; null when there is none.
  std::shared_ptr<const Batch> partial_;
  std::optional<SetCursor> sent_;
  std::optional<Error> refused_;  // of a piece of it
};

}  // namespace kubevitals::usage
