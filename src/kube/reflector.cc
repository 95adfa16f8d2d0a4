#include "kube/reflector.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace kubevitals::kube {
namespace {

// The same complaint is repeated in the log after this time.
constexpr std::chrono::minutes kLogAgain{1};
constexpr std::size_t kMaxStatusBytes = 64 << 10;
constexpr std::chrono::seconds kStatusTimeout{10};

Backoff::Options backoff_options(const FeedOptions& options) {
  Backoff::Options backoff;
  backoff.initial = options.backoff_initial;
  backoff.max = options.backoff_max;
  return backoff;
}

}  // namespace

Reflector::Reflector(asio::any_io_executor workers, ApiTransport& transport, Clock& clock, WatchScope scope,
                     FeedOptions options, std::uint64_t seed, std::unique_ptr<DecodedObject> object)
    : strand_(asio::make_strand(std::move(workers))),
      transport_(transport),
      clock_(clock),
      scope_(std::move(scope)),
      options_(options),
      metrics_(scope_),
      tracker_(members_, seed),
      object_(std::move(object)),
      backoff_(backoff_options(options), seed + 1),
      random_(seed + 2) {}

Reflector::~Reflector() = default;

void Reflector::start(std::function<void()> done) {
  auto ended = [self = shared_from_this(), done = std::move(done)](const std::exception_ptr& exception) {
    if (exception) {
      // run() lets nothing but a lack of memory through.
      spdlog::error("feed of {} ended unexpectedly", self->scope_.resource.plural);
    }
    self->close();
    done();
  };
  // Posted, so that nothing of it runs before start() has returned, whatever thread that is on.
  asio::post(strand_, [self = shared_from_this(), ended = std::move(ended)]() mutable {
    auto handler = asio::bind_cancellation_slot(self->cancel_.slot(), std::move(ended));
    asio::co_spawn(self->strand_, self->run(), std::move(handler));
  });
}

void Reflector::stop() {
  if (stopping_.exchange(true)) {
    return;
  }
  asio::post(strand_, [self = shared_from_this()] {
    self->cancel_.emit(asio::cancellation_type::all);
    if (self->stream_) {
      self->stream_->cancel();
    }
  });
}

void Reflector::welcome() {
  asio::post(strand_, [self = shared_from_this()] {
    if (!self->members_.has_waiting()) {
      return;  // a list that began meanwhile has taken it in
    }
    self->relist_wanted_ = true;
    if (self->stream_) {
      self->stream_->cancel();
    }
  });
}

asio::awaitable<void> Reflector::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!stopping_) {
    if (std::exchange(relist_wanted_, false)) {
      listed_ = false;
    }
    if (listed_) {
      co_await watch();
    } else {
      co_await list();
    }
  }
  close();
}

asio::awaitable<Reflector::Attempt> Reflector::open(ApiRequest request, Encoding& encoding) {
  close();
  if (interrupted()) {
    co_return Failure::interrupted();
  }
  auto opened = co_await transport_.open(std::move(request));
  if (interrupted()) {
    co_return Failure::interrupted();
  }
  if (!opened) {
    Failure failure = failure_of(opened.error());
    failure.kind = Failure::Kind::kRetry;
    co_return failure;
  }
  stream_ = std::move(*opened);
  counted_bytes_ = 0;
  if (stream_->status() != 200) {
    Failure failure = co_await read_refusal();
    close();
    co_return failure;
  }
  const std::string content_type(stream_->headers().find("Content-Type").value_or("nothing"));
  const auto known = encoding_of(content_type);
  if (!known) {
    close();
    const std::string message = "the response has an unexpected content type: " + content_type.substr(0, 100);
    co_return Failure(Failure::Kind::kRetry, "content_type", message);
  }
  encoding = *known;
  co_return std::nullopt;
}

asio::awaitable<Failure> Reflector::read_refusal() {
  std::string body;
  while (body.size() < kMaxStatusBytes) {
    auto chunk = co_await read(kStatusTimeout);
    if (!chunk || chunk->empty()) {
      break;  // what there is will do
    }
    body += *chunk;
  }
  if (interrupted()) {
    co_return Failure::interrupted();
  }
  auto status = read_api_status(body);
  ApiStatus told = status ? *std::move(status) : ApiStatus{};
  told.code = stream_->status();
  std::optional<Duration> retry_after;
  if (const auto header = stream_->headers().find("Retry-After")) {
    retry_after = parse_retry_after(*header, clock_.wall_now());
  }
  co_return failure_of(told, retry_after);
}

asio::awaitable<Result<std::string>> Reflector::read(std::chrono::milliseconds idle) {
  if (interrupted()) {
    co_return Error{ErrorCode::kCancelled, "interrupted"};
  }
  auto chunk = co_await stream_->read_some(idle);
  const std::uint64_t bytes = stream_->wire_bytes();
  metrics_.bytes(bytes - std::min(bytes, counted_bytes_));
  counted_bytes_ = bytes;
  co_return chunk;
}

asio::awaitable<bool> Reflector::pause(Duration duration) {
  if (stopping_) {
    co_return false;
  }
  co_return co_await clock_.sleep_for(duration);
}

asio::awaitable<void> Reflector::yield() {
  co_await asio::post(strand_, asio::use_awaitable);
}

void Reflector::close() {
  session_.reset();
  stream_.reset();
}

Reflector::Attempt Reflector::take_object(ObjectDecoder& decoder, std::string_view bytes,
                                          const IdentityMeta& identity, bool added) {
  const ObjectTracker::Plan plan = tracker_.plan(identity, added);
  switch (plan.action) {
    case ObjectTracker::Action::kDrop:
      return std::nullopt;
    case ObjectTracker::Action::kOutOfOrder:
      return Failure(Failure::Kind::kRelist, "order", "an event is older than one before it");
    case ObjectTracker::Action::kDeliver:
    case ObjectTracker::Action::kRepeat:
      break;
  }
  if (auto decoded = object_->decode(decoder, bytes); !decoded) {
    count_undecodable(decoded.error());
    tracker_.keep(plan);
    return std::nullopt;
  }
  tracker_.upsert(plan, object_->get());
  return std::nullopt;
}

void Reflector::count_undecodable(const Error& error) {
  metrics_.error(tracker_.listing() ? FeedMetrics::Phase::kList : FeedMetrics::Phase::kWatch, "decode");
  const SteadyTime now = clock_.now();
  if (last_object_log_ == SteadyTime{} || now - last_object_log_ >= kLogAgain) {
    last_object_log_ = now;
    spdlog::warn("cannot decode an object of {}: {}", scope_.resource.plural, error.message);
  }
}

void Reflector::report(FeedMetrics::Phase phase, const Failure& failure) {
  metrics_.error(phase, failure.code);
  const std::string message = std::string("cannot ")
                                  .append(phase == FeedMetrics::Phase::kList ? "list " : "watch ")
                                  .append(scope_.resource.plural)
                                  .append(": ")
                                  .append(failure.message);
  metrics_.outcome(message);
  const SteadyTime now = clock_.now();
  if (message != last_log_ || now - last_log_time_ >= kLogAgain) {
    spdlog::warn("{}", message);
    last_log_ = message;
    last_log_time_ = now;
  }
}

}  // namespace kubevitals::kube
