#include "usage/sinks/streaming_sink.h"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <map>

#include "usage/sinks/test_batch.h"

namespace kubevitals::usage {
namespace {

using testing::ElementsAre;

TEST(SetCursor, SeesTheSetsOfABatch) {
  const auto batch = big_batch(2, 2);
  std::vector<std::string> all;
  for_each_set(*batch, [&](const MetricSet& set) { all.push_back(set.key()); });
  EXPECT_EQ(all.size(), 2U * (1 + 2 + 4));
  SetCursor cursor(*batch);
  std::vector<std::string> seen;
  while (const auto set = cursor.next()) {
    seen.push_back(set->key());
    cursor = SetCursor(cursor);  // a copy goes on from there
  }
  EXPECT_EQ(seen, all);
  EXPECT_FALSE(cursor.next());
  const Batch empty;
  EXPECT_FALSE(SetCursor(empty).next());
}

// Sends a set's key in each piece; what is to fail fails.
class KeySink final : public StreamingSink {
 public:
  KeySink(asio::io_context& io, std::size_t concurrency, bool resumable = true)
      : StreamingSink(SinkContext{io.get_executor(), io.get_executor(), system_clock(), {}},
                      shape(concurrency, resumable)) {}

  std::map<std::string, Error> failures;  // by key; each once
  std::vector<std::string> sent;
  int begun = 0;
  int finished = 0;

 private:
  static Shape shape(std::size_t concurrency, bool resumable) {
    Shape shape;
    shape.max_points = 1;
    shape.concurrency = concurrency;
    shape.resumable = resumable;
    return shape;
  }
  void append(const MetricSet& set, const SetLabels&, Nanos, Piece& piece) override {
    piece.text = set.key();
    piece.points = 1;
  }
  void complete(Piece& piece) override { piece.text.append("."); }
  asio::awaitable<Result<void>> begin() override {
    ++begun;
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> send(Piece piece) override {
    if (const auto found = failures.find(piece.text); found != failures.end()) {
      const Error failure = found->second;
      failures.erase(found);
      co_return failure;
    }
    sent.push_back(piece.text);
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> finish() override {
    ++finished;
    co_return Result<void>();
  }
};

// Remembers the pieces, each of which has at most so many bytes.
class BoundedSink final : public StreamingSink {
 public:
  BoundedSink(asio::io_context& io, std::size_t max_bytes)
      : StreamingSink(SinkContext{io.get_executor(), io.get_executor(), system_clock(), {}},
                      shape(max_bytes)) {}

  std::vector<std::string> pieces;
  std::size_t points = 0;

 private:
  static Shape shape(std::size_t max_bytes) {
    Shape shape;
    shape.max_bytes = max_bytes;
    return shape;
  }
  void append(const MetricSet& set, const SetLabels&, Nanos, Piece& piece) override {
    piece.text.append(set.key()).append(";");
    ++piece.points;
  }
  asio::awaitable<Result<void>> send(Piece piece) override {
    points += piece.points;
    pieces.push_back(std::move(piece.text));
    co_return Result<void>();
  }
};

class StreamingSinkTest : public testing::Test {
 protected:
  Result<void> attempt(Sink& sink) {
    std::optional<Result<void>> result;
    auto run = [&]() -> asio::awaitable<void> {
      asio::awaitable<Result<void>> exporting = sink.export_batch(batch_);
      result = co_await std::move(exporting);
    };
    asio::co_spawn(io_, run, asio::detached);
    io_.restart();
    io_.run();
    EXPECT_TRUE(result.has_value());
    return result.value_or(Result<void>());
  }

  static constexpr const char* kCluster = "cluster.";
  static constexpr const char* kNamespace = "namespace:default.";
  static constexpr const char* kNode = "node:node-0.";
  static constexpr const char* kSystem = "node:node-0/container:kubelet.";
  static constexpr const char* kPod = "namespace:default/pod:web.0.";
  static constexpr const char* kContainer = "namespace:default/pod:web.0/container:app.";

  asio::io_context io_;
  std::shared_ptr<const Batch> batch_ = test_batch();
  const Error away_{ErrorCode::kUnavailable, "away"};
  const Error never_{ErrorCode::kInvalid, "never"};
};

TEST_F(StreamingSinkTest, WhatWasSentIsNotSentAgain) {
  KeySink sink(io_, 1);
  sink.failures = {{kNode, away_}};
  EXPECT_EQ(attempt(sink).error().message, "away");
  EXPECT_THAT(sink.sent, ElementsAre(kCluster, kNamespace));
  EXPECT_EQ(sink.finished, 0);
  EXPECT_TRUE(attempt(sink));
  EXPECT_THAT(sink.sent, ElementsAre(kCluster, kNamespace, kNode, kSystem, kPod, kContainer));
  EXPECT_EQ(sink.begun, 2);
  EXPECT_EQ(sink.finished, 1);
  // The same batch once more, after all, is a new one.
  EXPECT_TRUE(attempt(sink));
  EXPECT_EQ(sink.sent.size(), 12U);
}

TEST_F(StreamingSinkTest, NoPieceIsTooLong) {
  BoundedSink whole(io_, 10'000);
  EXPECT_TRUE(attempt(whole));
  ASSERT_EQ(whole.pieces.size(), 1U);
  constexpr std::size_t kLongest = std::string_view("namespace:default/pod:web.0/container:app;").size();
  for (std::size_t bytes = kLongest; bytes <= whole.pieces.front().size(); ++bytes) {
    BoundedSink sink(io_, bytes);
    EXPECT_TRUE(attempt(sink));
    std::string all;
    for (const std::string& piece : sink.pieces) {
      EXPECT_LE(piece.size(), bytes);
      all.append(piece);
    }
    EXPECT_EQ(all, whole.pieces.front());
    EXPECT_EQ(sink.points, whole.points);
  }
  // What does not fit at all goes alone.
  BoundedSink narrow(io_, 1);
  EXPECT_TRUE(attempt(narrow));
  EXPECT_EQ(narrow.pieces.size(), whole.points);
}

TEST_F(StreamingSinkTest, WhereNobodyKnowsWhatArrivedEverythingIsSentAgain) {
  KeySink sink(io_, 1, false);
  sink.failures = {{kNode, away_}};
  EXPECT_FALSE(attempt(sink));
  EXPECT_TRUE(attempt(sink));
  EXPECT_EQ(sink.sent.size(), 8U);
}

TEST_F(StreamingSinkTest, APieceThatIsRefusedDoesNotStopTheOthers) {
  KeySink sink(io_, 1);
  sink.failures = {{kNode, never_}, {kPod, away_}};
  EXPECT_EQ(attempt(sink).error().message, "away");
  const Result<void> second = attempt(sink);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(sink.sent, ElementsAre(kCluster, kNamespace, kSystem, kPod, kContainer));
}

TEST_F(StreamingSinkTest, PiecesThatGoTogetherAreTriedAgainTogether) {
  KeySink sink(io_, 4);
  sink.failures = {{kNamespace, never_}, {kSystem, away_}};
  EXPECT_EQ(attempt(sink).error().message, "away");
  EXPECT_THAT(sink.sent, testing::UnorderedElementsAre(kCluster, kNode));
  EXPECT_TRUE(attempt(sink));
  EXPECT_THAT(sink.sent, testing::UnorderedElementsAre(kCluster, kNode, kCluster, kNamespace, kNode, kSystem,
                                                       kPod, kContainer));
}

TEST_F(StreamingSinkTest, AnotherBatchBeginsAtItsBeginning) {
  KeySink sink(io_, 1);
  sink.failures = {{kNode, away_}};
  EXPECT_FALSE(attempt(sink));
  batch_ = test_batch();
  EXPECT_TRUE(attempt(sink));
  EXPECT_EQ(sink.sent.size(), 2U + 6U);
}

}  // namespace
}  // namespace kubevitals::usage
