#include "sim/api/fault_body.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kubevitals::sim {
namespace {

class TextBody final : public net::BodySource {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}

  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() final {
    std::vector<net::BodyChunk> chunks;
    if (!text_.empty()) chunks.push_back(net::BodyChunk::of(std::exchange(text_, {})));
    co_return chunks;
  }

 private:
  std::string text_;
};

class DisturbedBody final : public net::BodySource {
 public:
  DisturbedBody(std::unique_ptr<net::BodySource> body, const Fault& fault, Clock& clock)
      : body_(std::move(body)), fault_(fault), clock_(clock) {}

  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() final {
    if (fault_.kind == FaultKind::kSlow) {
      Result<std::vector<net::BodyChunk>> slowly = co_await drip();
      co_return slowly;
    }
    if (done_) co_return std::vector<net::BodyChunk>{};
    if (fault_.kind == FaultKind::kCut && sent_ >= fault_.after_bytes) {
      co_return Error{ErrorCode::kUnavailable, "cannot send the response: cut by a fault"};
    }
    Result<std::vector<net::BodyChunk>> chunks = co_await body_->next();
    if (!chunks || chunks->empty()) co_return chunks;
    std::string text;
    for (const net::BodyChunk& chunk : *chunks) text.append(chunk.bytes);
    const std::uint64_t room = fault_.after_bytes > sent_ ? fault_.after_bytes - sent_ : 0;
    sent_ += text.size();
    if (text.size() >= room) {
      text.resize(room);
      if (fault_.kind == FaultKind::kGarbage) text.append("\xff\xfe{]garbage\x80\x00\x01\n", 16);
      if (fault_.kind != FaultKind::kCut) done_ = true;
    }
    if (text.empty()) {  // an empty piece would mean the end
      if (fault_.kind == FaultKind::kCut) co_return Error{ErrorCode::kUnavailable, "cut by a fault"};
      co_return std::vector<net::BodyChunk>{};
    }
    co_return one(std::move(text));
  }

 private:
  static std::vector<net::BodyChunk> one(std::string text) {
    std::vector<net::BodyChunk> chunks;
    chunks.push_back(net::BodyChunk::of(std::move(text)));
    return chunks;
  }

  // A twentieth of a second's bytes at a time.
  asio::awaitable<Result<std::vector<net::BodyChunk>>> drip() {
    if (pending_.empty()) {
      Result<std::vector<net::BodyChunk>> chunks = co_await body_->next();
      if (!chunks || chunks->empty()) co_return chunks;
      for (const net::BodyChunk& chunk : *chunks) pending_.append(chunk.bytes);
    }
    const Duration pause = std::chrono::milliseconds(50);
    const bool slept = co_await clock_.sleep_for(pause);
    if (!slept) co_return Error{ErrorCode::kCancelled, "cannot send the response: the client went away"};
    const std::size_t count = std::min<std::size_t>(pending_.size(), fault_.bytes_per_second / 20 + 1);
    std::string text = pending_.substr(0, count);
    pending_.erase(0, count);
    co_return one(std::move(text));
  }

  std::unique_ptr<net::BodySource> body_;
  const Fault fault_;
  Clock& clock_;
  std::uint64_t sent_ = 0;
  bool done_ = false;
  std::string pending_;
};

}  // namespace

std::unique_ptr<net::BodySource> make_text_body(std::string text) {
  return std::make_unique<TextBody>(std::move(text));
}

std::unique_ptr<net::BodySource> disturb(std::unique_ptr<net::BodySource> body,
                                         const std::vector<Faults::Struck>& faults, Clock& clock) {
  for (const auto& [id, fault] : faults) {
    switch (fault.kind) {
      case FaultKind::kCut:
      case FaultKind::kTruncate:
      case FaultKind::kGarbage:
      case FaultKind::kSlow:
        body = std::make_unique<DisturbedBody>(std::move(body), fault, clock);
        break;
      default:
        break;
    }
  }
  return body;
}

}  // namespace kubevitals::sim
