#include "usage/sinks/remote_write/remote_write.h"

#include <snappy.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/base64.h"
#include "usage/sinks/http_answer.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/streaming_sink.h"

namespace kubevitals::usage {
namespace {

constexpr std::size_t kMaxAnswer = 1 << 20;
// Series in a request: what Prometheus itself sends at most by default.
constexpr std::size_t kMaxSeries = 2000;

class RemoteWriteSink final : public StreamingSink {
 public:
  RemoteWriteSink(const SinkContext& context, RemoteWriteOptions options)
      : StreamingSink(context, shape(options)),
        options_(std::move(options)),
        writer_(options_.format, context.labels.separator),
        client_(context.io, options_.transport) {}

 private:
  static Shape shape(const RemoteWriteOptions& options) {
    Shape shape;
    shape.max_bytes = 1 << 20;
    shape.max_points = kMaxSeries;
    shape.concurrency = options.concurrency;
    return shape;
  }

  void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) override {
    writer_.append(set, labels, timestamp, piece);
  }

  void complete(Piece& piece) override {
    std::string compressed;
    snappy::Compress(piece.text.data(), piece.text.size(), &compressed);
    piece.text = std::move(compressed);
  }

  asio::awaitable<Result<void>> begin() override {
    token_ = options_.bearer_token;
    if (options_.bearer_token_file.empty()) co_return Result<void>();
    std::ifstream file(options_.bearer_token_file);
    token_.assign(std::istreambuf_iterator<char>(file), {});
    while (!token_.empty() && (token_.back() == '\n' || token_.back() == '\r')) token_.pop_back();
    if (token_.empty()) {
      co_return Error{ErrorCode::kUnauthorized, "cannot read a token from " + options_.bearer_token_file};
    }
    co_return Result<void>();
  }

  net::HttpRequest write_request(std::string body) const {
    net::HttpRequest request;
    request.method = "POST";
    request.url = options_.url;
    request.headers = options_.headers;
    request.headers.set("Content-Type", "application/x-protobuf");
    request.headers.set("Content-Encoding", "snappy");
    request.headers.set("X-Prometheus-Remote-Write-Version", "0.1.0");
    if (!token_.empty()) {
      request.headers.set("Authorization", "Bearer " + token_);
    } else if (!options_.user.empty()) {
      request.headers.set("Authorization", "Basic " + encode_base64(options_.user + ":" + options_.password));
    }
    request.body = std::move(body);
    request.timeout = context().export_timeout;
    request.proxy_url = "";
    return request;
  }

  asio::awaitable<Result<void>> send(Piece piece) override {
    net::HttpRequest request = write_request(std::move(piece.text));
    asio::awaitable<Result<net::HttpResponse>> sending = client_.send(std::move(request), kMaxAnswer);
    Result<net::HttpResponse> answer = co_await std::move(sending);
    if (!answer) co_return answer.error();
    Result<void> checked = check_status(*answer, "cannot write to " + options_.url, answer->body);
    co_return checked;
  }

  const RemoteWriteOptions options_;
  const RemoteWriter writer_;
  net::HttpClient client_;
  std::string token_;
};

Result<void> read_credentials(const FlagUri& uri, RemoteWriteOptions& options) {
  options.user = text_option(uri, "user", uri.user);
  options.password = text_option(uri, "pw", uri.password);
  options.bearer_token = text_option(uri, "bearer_token", "");
  options.bearer_token_file = text_option(uri, "bearer_token_file", "");
  const int ways = (options.user.empty() ? 0 : 1) + (options.bearer_token.empty() ? 0 : 1) +
                   (options.bearer_token_file.empty() ? 0 : 1);
  if (ways > 1) {
    return Error{ErrorCode::kInvalid, "only one of user, bearer_token and bearer_token_file may be set"};
  }
  for (const std::string& header : texts_option(uri, "header")) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0 || header.find_first_of("\r\n") != std::string::npos) {
      return Error{ErrorCode::kInvalid, "header: expected \"Name: value\""};
    }
    const std::size_t value = std::min(header.find_first_not_of(' ', colon + 1), header.size());
    options.headers.add(header.substr(0, colon), header.substr(value));
  }
  return Result<void>();
}

}  // namespace

Result<RemoteWriteOptions> read_remote_write_options(const FlagUri& uri) {
  warn_of_unknown_options(uri, {"prefix", "cluster_name", "user", "pw", "bearer_token", "bearer_token_file",
                                "header", "concurrency", "insecuressl", "cacert", "cert", "key"});
  RemoteWriteOptions options;
  if (uri.scheme != "http" && uri.scheme != "https") {
    return Error{ErrorCode::kInvalid, "expected a URL such as http://prometheus:9090/api/v1/write"};
  }
  options.url = uri.scheme + "://" + url_authority(uri) +
                (uri.path.empty() || uri.path == "/" ? "/api/v1/write" : uri.path);
  options.format.prefix = text_option(uri, "prefix", options.format.prefix);
  options.format.cluster = text_option(uri, "cluster_name", "");
  const Result<void> credentials = read_credentials(uri, options);
  if (!credentials) return credentials.error();
  constexpr std::int64_t kMostRequests = 64;
  const Result<std::int64_t> concurrency = number_option(uri, "concurrency", 1, 1);
  if (!concurrency) return concurrency.error();
  options.concurrency = static_cast<std::size_t>(std::min(*concurrency, kMostRequests));
  Result<net::TransportOptions> transport = transport_options(uri);
  if (!transport) return transport.error();
  options.transport = std::move(*transport);
  return options;
}

Result<std::unique_ptr<Sink>> make_remote_write_sink(const FlagUri& uri, const SinkContext& context) {
  Result<RemoteWriteOptions> options = read_remote_write_options(uri);
  if (!options) return options.error();
  return std::unique_ptr<Sink>(std::make_unique<RemoteWriteSink>(context, std::move(*options)));
}

}  // namespace kubevitals::usage
