#include "net/transfer.h"

#include <strings.h>

#include <utility>

#include "net/curl_error.h"
#include "net/curl_url.h"

namespace kubevitals::net {
namespace {

// A stream that nobody reads holds at most this much; libcurl hands over 16 KiB at a time.
constexpr std::size_t kMaxBuffered = 256 << 10;

// Of all the heads of one exchange (interim answers and redirects included).
constexpr std::size_t kMaxHeaderBytes = 1 << 20;

bool is_gzip(std::string_view coding) {
  const auto same = [&](std::string_view name) {
    return coding.size() == name.size() && strncasecmp(coding.data(), name.data(), name.size()) == 0;
  };
  return same("gzip") || same("x-gzip");
}

}  // namespace

Transfer::Transfer(const Strand& strand, const HttpRequest& request, Mode mode, std::size_t max_body)
    : what_(shown_text(request.method, 32) + " " + shown_url(request.url)),
      mode_(mode),
      max_body_(max_body),
      follows_redirects_(request.follow_redirects),
      timer_(strand) {}

Error Transfer::failure(const Error& cause) const {
  return cause.wrap("cannot " + what_);
}

void Transfer::start(const std::shared_ptr<CurlMulti>& multi, std::unique_ptr<CurlRequest> request) {
  request_ = std::move(request);
  CURL* easy = request_->easy();
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  multi_ = multi;
  if (!multi_->add(shared_from_this())) {
    multi_.reset();
    fail(Error{ErrorCode::kInternal, "libcurl takes no more requests"});
  }
}

void Transfer::fail(Error cause) {
  end();
  if (done_) return;
  done_ = true;
  error_ = std::move(cause);
  check();
}

void Transfer::cancel() {
  // What came in so far is of no use to anybody, nor is that it was all.
  buffer_.clear();
  end();
  done_ = true;
  error_ = Error{ErrorCode::kCancelled, "cancelled"};
  check();
}

void Transfer::end() {
  if (!multi_) return;
  const auto multi = std::exchange(multi_, nullptr);
  multi->remove(*this);
}

void Transfer::on_done(CURLcode code) {
  multi_.reset();
  if (done_) return;
  done_ = true;
  if (code != CURLE_OK) {
    error_ = request_->explain(code);
  } else if (!head_complete_) {
    // To libcurl a connection that ends within the head is an answer like any other.
    error_ = Error{ErrorCode::kUnavailable, "the connection was closed in the middle of the answer"};
  }
  check();
}

void Transfer::await_head(PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout) {
  await(Matter::kHead, std::move(waiter), timeout);
}

void Transfer::await_bytes(PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout) {
  await(Matter::kBytes, std::move(waiter), timeout);
}

void Transfer::await_whole(PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout) {
  await(Matter::kWhole, std::move(waiter), timeout);
}

void Transfer::await(Matter matter, PendingPtr<Result<News>> waiter, std::chrono::milliseconds timeout) {
  matter_ = matter;
  waiter_ = std::move(waiter);
  check();
  if (!waiter_) return;
  waiter_->on_cancel = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cancel();
  };
  if (timeout <= std::chrono::milliseconds::zero()) return;
  timer_.expires_after(timeout);
  timer_.async_wait([weak = weak_from_this(), timeout,
                     armed_for = std::weak_ptr(waiter_)](const boost::system::error_code& error) {
    const auto self = weak.lock();
    // One that fired before it could be cancelled may find the next wait under way.
    if (!error && self && self->waiter_ && self->waiter_ == armed_for.lock()) self->on_time_out(timeout);
  });
}

void Transfer::on_time_out(std::chrono::milliseconds timeout) {
  if (matter_ == Matter::kBytes) {
    // The stream stays as it is.
    const Error cause{ErrorCode::kTimeout, "nothing came within " + show_duration(timeout)};
    const auto waiter = std::exchange(waiter_, nullptr);
    waiter->complete(failure(cause));
    return;
  }
  const std::string missing = head_complete_ ? "no whole answer within " : "no answer within ";
  fail(Error{ErrorCode::kTimeout, missing + show_duration(timeout)});
}

bool Transfer::is_there() const {
  switch (matter_) {
    case Matter::kHead:
      return head_complete_ || done_;
    case Matter::kBytes:
      return !buffer_.empty() || done_;
    case Matter::kWhole:
      return done_;
  }
  return false;
}

// May run within one of libcurl's callbacks, but then the transfer is not paused.
void Transfer::check() {
  if (!waiter_ || !is_there()) return;
  const auto waiter = std::exchange(waiter_, nullptr);
  timer_.cancel();
  // Bytes that came before a failure are still handed out, the failure after them.
  const bool bytes = matter_ == Matter::kBytes && !buffer_.empty();
  const bool head = matter_ == Matter::kHead && head_complete_;
  if (error_ && !bytes && !head) {
    waiter->complete(failure(*error_));
    return;
  }
  waiter->complete(take_news());
  if (paused_ && buffer_.empty() && multi_) {
    paused_ = false;
    const auto multi = multi_;
    multi->unpause(*this);
  }
}

News Transfer::take_news() {
  News news;
  if (matter_ != Matter::kBytes) news = head_;
  if (matter_ == Matter::kHead) return news;
  news.body = std::exchange(buffer_, {});
  news.end = done_;
  if (matter_ == Matter::kWhole) {
    long version = 0;
    curl_easy_getinfo(handle(), CURLINFO_HTTP_VERSION, &version);
    news.http2 = version == CURL_HTTP_VERSION_2_0;
    news.effective_url = request_->effective_url();
  }
  return news;
}

std::size_t Transfer::header_callback(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  transfer.header_bytes_ += bytes;
  // A number other than `bytes` makes libcurl give the transfer up.
  if (transfer.header_bytes_ > kMaxHeaderBytes) return 0;
  std::string_view line(data, bytes);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return transfer.take_header_line(line) ? bytes : 0;
}

bool Transfer::take_header_line(std::string_view line) {
  if (head_complete_) return true;  // a trailer
  if (line.starts_with("HTTP/")) {  // of a further response: after an interim one or a redirect
    head_ = News();
    return true;
  }
  if (!line.empty()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    head_.headers.add(std::string(line.substr(0, colon)), std::string(value));
    return true;
  }
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  // libcurl takes a Location without a value for none.
  const bool redirected =
      follows_redirects_ && status >= 300 && status < 400 && !head_.headers.joined("Location").empty();
  if (status < 200 || redirected) return true;
  head_.status = static_cast<int>(status);
  if (request_->decodes_gzip() && is_gzip(head_.headers.joined("Content-Encoding"))) {
    head_.gzip = true;
    // Both are about the bytes on the wire, which the caller does not see.
    head_.headers.remove("Content-Encoding");
    head_.headers.remove("Content-Length");
  }
  head_complete_ = true;
  check();
  return true;
}

std::size_t Transfer::body_callback(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body(data, size * count);
}

std::size_t Transfer::take_body(const char* data, std::size_t size) {
  if (!head_complete_) return size;  // of a redirect
  if (mode_ == Mode::kWhole) {
    if (buffer_.size() + size > max_body_) {
      done_ = true;
      error_ = Error{ErrorCode::kInvalid, "the body is larger than " + std::to_string(max_body_) + " bytes"};
      check();
      return 0;
    }
  } else if (!buffer_.empty() && buffer_.size() + size > kMaxBuffered) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  buffer_.append(data, size);
  wire_bytes_.fetch_add(size, std::memory_order_relaxed);  // gzip is undone by whoever takes them
  check();
  return size;
}

}  // namespace kubevitals::net
