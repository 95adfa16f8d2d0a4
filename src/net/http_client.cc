#include "net/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

namespace kubevitals::net {
namespace {

using Strand = asio::strand<asio::any_io_executor>;
using Milliseconds = std::chrono::milliseconds;

// A stream that nobody reads holds at most this much; curl hands over 16 KiB at a time.
constexpr std::size_t kMaxBuffered = 256 << 10;

std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t authority = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
  const std::size_t at = url.substr(authority, end - authority).rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  return std::string(url.substr(0, authority)).append(url.substr(authority + at + 1));
}

ErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kTimeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorCode::kInvalid;
    default:
      return ErrorCode::kUnavailable;
  }
}

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// The kernel gives a connection up whose peer is gone: probes when idle, and unacknowledged data for 30 s.
int set_socket_options(void*, curl_socket_t socket, curlsocktype purpose) {
  if (purpose == CURLSOCKTYPE_IPCXN) {
    const int milliseconds = 30'000;
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
  }
  return CURL_SOCKOPT_OK;
}

template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

void set_text(CURL* easy, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(easy, option, text.c_str());
}

void set_blob(CURL* easy, CURLoption option, const std::string& text) {
  if (text.empty()) return;
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

// The host of a URL without port and brackets; empty when there is none.
struct HostPort {
  std::string host;
  std::string port;
};

HostPort host_of(const std::string& url) {
  HostPort result;
  CURLU* handle = curl_url();
  char* part = nullptr;
  if (curl_url_set(handle, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK) {
    if (curl_url_get(handle, CURLUPART_HOST, &part, 0) == CURLUE_OK) {
      result.host = part;
      curl_free(part);
    }
    if (curl_url_get(handle, CURLUPART_PORT, &part, CURLU_DEFAULT_PORT) == CURLUE_OK) {
      result.port = part;
      curl_free(part);
    }
  }
  curl_url_cleanup(handle);
  return result;
}

std::string with_host(const std::string& url, const std::string& host) {
  std::string result = url;
  CURLU* handle = curl_url();
  char* text = nullptr;
  if (curl_url_set(handle, CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
      curl_url_set(handle, CURLUPART_HOST, host.c_str(), 0) == CURLUE_OK &&
      curl_url_get(handle, CURLUPART_URL, &text, 0) == CURLUE_OK) {
    result = text;
    curl_free(text);
  }
  curl_url_cleanup(handle);
  return result;
}

}  // namespace

// One exchange. Lives on the client's strand but for its construction; `signal` wakes whoever waits for news.
struct Transfer : std::enable_shared_from_this<Transfer> {
  Transfer(const Strand& strand, HttpRequest&& request_in)
      : request(std::move(request_in)), shown_url(without_credentials(request.url)), signal(strand) {
    signal.expires_at(asio::steady_timer::time_point::max());
  }
  ~Transfer() {
    curl_slist_free_all(header_list);
    curl_slist_free_all(connect_to);
    if (easy != nullptr) curl_easy_cleanup(easy);
  }

  Error failure(std::string_view cause, ErrorCode code) const {
    return Error{code, "cannot " + request.method + " " + shown_url + ": " + std::string(cause)};
  }

  void count_bytes() {
    curl_off_t wire = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &wire);
    wire_bytes.store(static_cast<std::uint64_t>(wire), std::memory_order_relaxed);
  }

  void finish(Error reason) {
    if (done) return;
    done = true;
    error = std::move(reason);
    signal.cancel();
  }

  HttpRequest request;
  std::string shown_url;
  asio::steady_timer signal;
  CURL* easy = nullptr;
  curl_slist* header_list = nullptr;
  curl_slist* connect_to = nullptr;
  char error_text[CURL_ERROR_SIZE] = {};
  bool added = false;  // to the multi handle

  int status = 0;
  Headers headers;
  bool head_complete = false;
  std::string buffer;
  bool paused = false;
  bool done = false;
  std::optional<Error> error;  // set when done without success
  std::atomic<std::uint64_t> wire_bytes{0};
};

using TransferPtr = std::shared_ptr<Transfer>;

class HttpClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, TransportOptions options)
      : strand_(asio::make_strand(std::move(executor))), options_(std::move(options)), timer_(strand_) {
    init_curl();
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  }

  ~Impl() {
    // Nothing runs on the strand any more: every handler holds a shared_ptr to this.
    for (auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
    transfers_.clear();
    closing_ = true;
    curl_multi_cleanup(multi_);
    for (auto& [fd, watch] : sockets_) {
      if (watch->descriptor.is_open()) watch->descriptor.release();
    }
  }

  const Strand& strand() const { return strand_; }

  // The rest runs on the strand.

  Result<void> start(const TransferPtr& transfer) {
    if (closing_) return transfer->failure("the client is closed", ErrorCode::kCancelled);
    transfer->easy = curl_easy_init();
    if (transfer->easy == nullptr) return transfer->failure("out of memory", ErrorCode::kInternal);
    configure(*transfer);
    transfers_.emplace(transfer->easy, transfer);
    const CURLMcode code = curl_multi_add_handle(multi_, transfer->easy);
    if (code != CURLM_OK) {
      transfers_.erase(transfer->easy);
      return transfer->failure(curl_multi_strerror(code), ErrorCode::kInternal);
    }
    transfer->added = true;
    return {};
  }

  void end(const TransferPtr& transfer) {
    if (!transfer->added) return;
    transfer->added = false;
    curl_multi_remove_handle(multi_, transfer->easy);
    transfers_.erase(transfer->easy);
  }

  void resume(const TransferPtr& transfer) {
    if (!transfer->paused || transfer->done) return;
    transfer->paused = false;
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    collect();
  }

  void close() {
    closing_ = true;
    const auto open = transfers_;
    for (const auto& [easy, transfer] : open) {
      end(transfer);
      transfer->finish(transfer->failure("the client is closed", ErrorCode::kCancelled));
    }
    timer_.cancel();
    for (auto& [fd, watch] : sockets_) watch->descriptor.cancel();
  }

 private:
  struct SocketWatch {
    SocketWatch(const Strand& strand, curl_socket_t fd) : descriptor(strand, fd) {}
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;  // CURL_POLL_*
    bool reading = false;
    bool writing = false;
  };
  using SocketWatchPtr = std::shared_ptr<SocketWatch>;

  void configure(Transfer& transfer) {
    CURL* easy = transfer.easy;
    const HttpRequest& request = transfer.request;
    std::string url = request.url;
    set(easy, CURLOPT_ERRORBUFFER, transfer.error_text);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
    set(easy, CURLOPT_MAXREDIRS, 10L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(easy, CURLOPT_HTTP_VERSION,
        static_cast<long>(options_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_TCP_KEEPIDLE, 15L);
    set(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    set(easy, CURLOPT_SOCKOPTFUNCTION, &set_socket_options);
    set(easy, CURLOPT_WRITEFUNCTION, &Impl::on_body);
    set(easy, CURLOPT_WRITEDATA, &transfer);
    set(easy, CURLOPT_HEADERFUNCTION, &Impl::on_header);
    set(easy, CURLOPT_HEADERDATA, &transfer);
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_text(easy, CURLOPT_USERAGENT, options_.user_agent);
    set_text(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket);
    set_text(easy, CURLOPT_PROXY, options_.proxy_url);
    if (request.compressed) set(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    configure_tls(transfer, url);
    configure_method(transfer);
    set(easy, CURLOPT_URL, url.c_str());
  }

  void configure_tls(Transfer& transfer, std::string& url) {
    CURL* easy = transfer.easy;
    set_text(easy, CURLOPT_CAINFO, options_.ca_data.empty() ? options_.ca_file : std::string());
    set_blob(easy, CURLOPT_CAINFO_BLOB, options_.ca_data);
    set(easy, CURLOPT_CA_CACHE_TIMEOUT, options_.ca_file.empty() ? 3600L : 0L);
    set_text(easy, CURLOPT_SSLCERT,
             options_.certificate_data.empty() ? options_.certificate_file : std::string());
    set_blob(easy, CURLOPT_SSLCERT_BLOB, options_.certificate_data);
    set_text(easy, CURLOPT_SSLKEY, options_.key_data.empty() ? options_.key_file : std::string());
    set_blob(easy, CURLOPT_SSLKEY_BLOB, options_.key_data);
    if (options_.insecure_skip_verify) {
      set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
      set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (options_.tls_server_name.empty()) return;
    // libcurl verifies the URL's host, so the URL gets the name to verify and CONNECT_TO the place to connect
    // to.
    const HostPort real = host_of(transfer.request.url);
    if (real.host.empty()) return;
    const std::string rule = options_.tls_server_name + ":" + real.port + ":" + real.host + ":" + real.port;
    transfer.connect_to = curl_slist_append(nullptr, rule.c_str());
    set(easy, CURLOPT_CONNECT_TO, transfer.connect_to);
    url = with_host(url, options_.tls_server_name);
    if (!transfer.request.headers.find("Host"))
      transfer.request.headers.set("Host", real.host + ":" + real.port);
  }

  void configure_method(Transfer& transfer) {
    CURL* easy = transfer.easy;
    const HttpRequest& request = transfer.request;
    if (request.method == "HEAD") {
      set(easy, CURLOPT_NOBODY, 1L);
    } else if (!request.body.empty() || request.method == "POST") {
      set(easy, CURLOPT_POST, 1L);
      set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(easy, CURLOPT_POSTFIELDS, request.body.data());
    }
    set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    for (const auto& [name, value] : request.headers) {
      // "Name;" is how libcurl is told to send an empty field.
      const std::string line = value.empty() ? name + ";" : name + ": " + value;
      transfer.header_list = curl_slist_append(transfer.header_list, line.c_str());
    }
    if (!request.headers.find("Expect"))
      transfer.header_list = curl_slist_append(transfer.header_list, "Expect:");
    if (!request.body.empty() && !request.headers.find("Content-Type")) {
      transfer.header_list = curl_slist_append(transfer.header_list, "Content-Type:");
    }
    set(easy, CURLOPT_HTTPHEADER, transfer.header_list);
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {  // of a further response: after 100 Continue or a redirect
      transfer.headers = Headers();
      return size * count;
    }
    if (line.empty()) {
      long status = 0;
      curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
      const bool redirected = transfer.request.follow_redirects && status >= 300 && status < 400 &&
                              transfer.headers.find("Location").has_value();
      if (status >= 200 && !redirected) {
        transfer.status = static_cast<int>(status);
        transfer.head_complete = true;
        transfer.signal.cancel();
      }
      return size * count;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size * count;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    transfer.headers.add(std::string(line.substr(0, colon)), std::string(value));
    return size * count;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t bytes = size * count;
    if (!transfer.head_complete) return bytes;  // of a redirect
    if (transfer.buffer.size() + bytes > kMaxBuffered && !transfer.buffer.empty()) {
      transfer.paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    transfer.buffer.append(data, bytes);
    transfer.count_bytes();
    transfer.signal.cancel();
    return bytes;
  }

  static int on_timer(CURLM*, long milliseconds, void* user) {
    static_cast<Impl*>(user)->arm_timer(milliseconds);
    return 0;
  }

  void arm_timer(long milliseconds) {
    if (milliseconds < 0 || closing_) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(Milliseconds(milliseconds));
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    auto& self = *static_cast<Impl*>(user);
    if (self.closing_ && what != CURL_POLL_REMOVE) return 0;
    const auto found = self.sockets_.find(fd);
    if (what == CURL_POLL_REMOVE) {
      if (found == self.sockets_.end()) return 0;
      found->second->wanted = 0;
      found->second->descriptor.release();  // libcurl closes it
      self.sockets_.erase(found);
      return 0;
    }
    SocketWatchPtr watch;
    if (found == self.sockets_.end()) {
      watch = std::make_shared<SocketWatch>(self.strand_, fd);
      self.sockets_.emplace(fd, watch);
    } else {
      watch = found->second;
    }
    watch->wanted = what;
    self.watch_socket(fd, watch);
    return 0;
  }

  void watch_socket(curl_socket_t fd, const SocketWatchPtr& watch) {
    if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->reading) {
      watch->reading = true;
      watch->descriptor.async_wait(
          asio::posix::stream_descriptor::wait_read,
          [self = shared_from_this(), fd, watch](const boost::system::error_code& error) {
            watch->reading = false;
            self->on_ready(fd, watch, error, CURL_POLL_IN, CURL_CSELECT_IN);
          });
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->writing) {
      watch->writing = true;
      watch->descriptor.async_wait(
          asio::posix::stream_descriptor::wait_write,
          [self = shared_from_this(), fd, watch](const boost::system::error_code& error) {
            watch->writing = false;
            self->on_ready(fd, watch, error, CURL_POLL_OUT, CURL_CSELECT_OUT);
          });
    }
  }

  void on_ready(curl_socket_t fd, const SocketWatchPtr& watch, const boost::system::error_code& error,
                int wanted, int event) {
    // The same number may be another connection by now: what counts is the watch.
    const auto found = sockets_.find(fd);
    if (closing_ || found == sockets_.end() || found->second != watch) return;
    if ((watch->wanted & wanted) == 0) return;
    if (error == asio::error::operation_aborted) return;
    act(fd, error ? CURL_CSELECT_ERR : event);
    const auto still = sockets_.find(fd);
    if (still != sockets_.end() && still->second == watch) watch_socket(fd, watch);
  }

  void act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    collect();
  }

  // Takes in the transfers that are over.
  void collect() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const auto found = transfers_.find(message->easy_handle);
      const CURLcode code = message->data.result;
      if (found == transfers_.end()) continue;
      const TransferPtr transfer = found->second;
      transfer->count_bytes();
      end(transfer);
      if (code == CURLE_OK) {
        transfer->done = true;
        transfer->signal.cancel();
        continue;
      }
      const char* detail = transfer->error_text[0] != 0 ? transfer->error_text : curl_easy_strerror(code);
      transfer->finish(transfer->failure(detail, code_of(code)));
    }
  }

  Strand strand_;
  const TransportOptions options_;
  asio::steady_timer timer_;
  CURLM* multi_ = nullptr;
  bool closing_ = false;
  std::map<CURL*, TransferPtr> transfers_;
  std::map<curl_socket_t, SocketWatchPtr> sockets_;
};

namespace {

using asio::use_awaitable;

// Waits on the strand until something about the transfer changes; false when the waiting was cancelled or the
// deadline passed.
enum class Wake { kNews, kDeadline, kCancelled };

asio::awaitable<Wake> wait_for_news(TransferPtr transfer, asio::steady_timer::time_point deadline) {
  transfer->signal.expires_at(deadline);
  boost::system::error_code error;
  co_await transfer->signal.async_wait(asio::redirect_error(use_awaitable, error));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return Wake::kCancelled;
  co_return error ? Wake::kNews : Wake::kDeadline;
}

asio::steady_timer::time_point deadline_after(Milliseconds timeout) {
  if (timeout <= Milliseconds::zero()) return asio::steady_timer::time_point::max();
  return std::chrono::steady_clock::now() + timeout;
}

using ImplPtr = std::shared_ptr<HttpClient::Impl>;

// co_spawn hands a result over only if it can be made from nothing.
template <typename T>
asio::awaitable<std::optional<T>> as_optional(asio::awaitable<T> work) {
  co_return std::optional<T>(co_await std::move(work));
}

// Runs `work` on the strand; the caller goes on on its own executor.
template <typename T>
asio::awaitable<T> on_strand(Strand strand, asio::awaitable<T> work) {
  auto wrapped = as_optional(std::move(work));
  std::optional<T> result = co_await asio::co_spawn(strand, std::move(wrapped), use_awaitable);
  co_return std::move(*result);
}

asio::awaitable<Result<void>> await_head(ImplPtr impl, TransferPtr transfer) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<void> started = impl->start(transfer);
  if (!started) co_return started.error();
  const auto deadline = deadline_after(transfer->request.timeout);
  while (!transfer->head_complete && !transfer->done) {
    const Wake wake = co_await wait_for_news(transfer, deadline);
    if (wake == Wake::kNews) continue;
    impl->end(transfer);
    if (wake == Wake::kCancelled) {
      transfer->finish(transfer->failure("cancelled", ErrorCode::kCancelled));
    } else {
      transfer->finish(transfer->failure("no response in time", ErrorCode::kTimeout));
    }
  }
  if (transfer->error) co_return *transfer->error;
  co_return Result<void>();
}

asio::awaitable<Result<std::string>> await_bytes(ImplPtr impl, TransferPtr transfer,
                                                 asio::steady_timer::time_point deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (true) {
    if (!transfer->buffer.empty()) {
      std::string bytes = std::move(transfer->buffer);
      transfer->buffer.clear();
      impl->resume(transfer);
      co_return bytes;
    }
    if (transfer->error) co_return *transfer->error;
    if (transfer->done) co_return std::string();
    const Wake wake = co_await wait_for_news(transfer, deadline);
    if (wake == Wake::kDeadline) co_return transfer->failure("nothing came in time", ErrorCode::kTimeout);
    if (wake == Wake::kCancelled) {
      impl->end(transfer);
      transfer->finish(transfer->failure("cancelled", ErrorCode::kCancelled));
    }
  }
}

class Stream final : public HttpStream {
 public:
  Stream(ImplPtr impl, TransferPtr transfer)
      : impl_(std::move(impl)),
        transfer_(std::move(transfer)),
        status_(transfer_->status),
        headers_(transfer_->headers) {}
  ~Stream() override { cancel(); }

  int status() const override { return status_; }
  const Headers& headers() const override { return headers_; }
  std::uint64_t wire_bytes() const override { return transfer_->wire_bytes.load(std::memory_order_relaxed); }

  asio::awaitable<Result<std::string>> read_some(Milliseconds idle_timeout) override {
    auto work = await_bytes(impl_, transfer_, deadline_after(idle_timeout));
    co_return co_await on_strand(impl_->strand(), std::move(work));
  }

  void cancel() override {
    asio::post(impl_->strand(), [impl = impl_, transfer = transfer_] {
      impl->end(transfer);
      transfer->finish(transfer->failure("cancelled", ErrorCode::kCancelled));
    });
  }

 private:
  ImplPtr impl_;
  TransferPtr transfer_;
  int status_;
  Headers headers_;
};

asio::awaitable<Result<HttpResponse>> exchange(ImplPtr impl, TransferPtr transfer, std::size_t max_body) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto deadline = deadline_after(transfer->request.timeout);
  Result<void> head = co_await await_head(impl, transfer);
  if (!head) co_return head.error();
  HttpResponse response;
  response.status = transfer->status;
  response.headers = transfer->headers;
  while (true) {
    Result<std::string> bytes = co_await await_bytes(impl, transfer, deadline);
    if (!bytes || response.body.size() + bytes->size() > max_body) {
      impl->end(transfer);
      if (!bytes) co_return bytes.error();
      co_return transfer->failure("the body is larger than " + std::to_string(max_body) + " bytes",
                                  ErrorCode::kInvalid);
    }
    if (bytes->empty()) break;
    response.body.append(*bytes);
  }
  long version = 0;
  char* url = nullptr;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
  curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
  response.http2 = version == CURL_HTTP_VERSION_2_0;
  if (url != nullptr) response.effective_url = url;
  co_return response;
}

}  // namespace

HttpClient::HttpClient(asio::any_io_executor executor, TransportOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() {
  asio::post(impl_->strand(), [impl = impl_] { impl->close(); });
}

asio::awaitable<Result<HttpResponse>> HttpClient::send(HttpRequest request, std::size_t max_body) {
  const ImplPtr impl = impl_;
  auto transfer = std::make_shared<Transfer>(impl->strand(), std::move(request));
  auto work = exchange(impl, transfer, max_body);
  co_return co_await on_strand(impl->strand(), std::move(work));
}

asio::awaitable<Result<std::unique_ptr<HttpStream>>> HttpClient::open(HttpRequest request) {
  const ImplPtr impl = impl_;
  auto transfer = std::make_shared<Transfer>(impl->strand(), std::move(request));
  auto work = await_head(impl, transfer);
  const Result<void> head = co_await on_strand(impl->strand(), std::move(work));
  if (!head) co_return head.error();
  std::unique_ptr<HttpStream> stream = std::make_unique<Stream>(impl, transfer);
  co_return stream;
}

}  // namespace kubevitals::net
