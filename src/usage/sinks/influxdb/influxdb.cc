#include "usage/sinks/influxdb/influxdb.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/this_coro.hpp>
#include <cctype>
#include <utility>

#include "base/base64.h"
#include "usage/sinks/http_answer.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/streaming_sink.h"
#include "usage/sources/json.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {
namespace {

constexpr std::size_t kMaxAnswer = 1 << 20;
constexpr std::size_t kMaxPoints = 10'000;  // the incumbent's, and what InfluxDB recommends at most

// InfluxQL's durations: "4h", "1d12h", "INF"; the incumbent's "0" is for ever.
bool is_retention(std::string_view text) {
  if (text == "0" || boost::iequals(text, "inf")) return true;
  if (text.empty()) return false;
  while (!text.empty()) {
    std::size_t digits = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) ++digits;
    if (digits == 0) return false;
    text.remove_prefix(digits);
    if (text.starts_with("ns") || text.starts_with("ms")) {
      text.remove_prefix(2);
    } else if (!text.empty() && std::string_view("usmhdw").find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return true;
}

std::string quote_identifier(std::string_view identifier) {
  std::string text = "\"";
  for (const char c : identifier) {
    if (c == '"' || c == '\\') text.push_back('\\');
    text.push_back(c == '\n' ? '_' : c);
  }
  return text.append("\"");
}

class InfluxdbSink final : public StreamingSink {
 public:
  InfluxdbSink(const SinkContext& context, InfluxdbOptions options)
      : StreamingSink(context, shape(options)),
        options_(std::move(options)),
        client_(context.io, options_.transport),
        has_database_(!options_.token.empty()) {}

 private:
  static Shape shape(const InfluxdbOptions& options) {
    Shape shape;
    shape.max_bytes = 1 << 20;
    shape.max_points = kMaxPoints;
    shape.concurrency = options.concurrency;
    return shape;
  }

  void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) override {
    append_influxdb(options_.format, set, labels, timestamp, piece);
  }

  net::HttpRequest post(std::string_view path, const net::QueryParameters& parameters) const {
    net::HttpRequest request;
    request.method = "POST";
    request.url = options_.url + std::string(path);
    if (!parameters.empty()) request.url.append("?").append(net::encode_query(parameters));
    if (!options_.token.empty()) {
      request.headers.add("Authorization", "Token " + options_.token);
    } else if (!options_.user.empty()) {
      const std::string credentials = options_.user + ":" + options_.password;
      request.headers.add("Authorization", "Basic " + encode_base64(credentials));
    }
    request.timeout = context().export_timeout;
    request.proxy_url = "";
    return request;
  }

  net::HttpRequest query_request(const std::string& statement) const {
    net::HttpRequest request = post("/query", {});
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = net::encode_query({{"q", statement}});
    return request;
  }

  net::HttpRequest write_request(std::string lines) const {
    net::QueryParameters parameters;
    if (options_.token.empty()) {
      parameters = {{"db", options_.database}, {"rp", "default"}};
    } else {
      parameters = {{"org", options_.organization}, {"bucket", options_.bucket}};
    }
    parameters.emplace_back("precision", "ms");
    net::HttpRequest request = post(options_.token.empty() ? "/write" : "/api/v2/write", parameters);
    request.headers.add("Content-Type", "text/plain; charset=utf-8");
    request.body = std::move(lines);
    return request;
  }

  // What the server says went wrong with a statement; an error when it could not be asked.
  asio::awaitable<Result<std::optional<std::string>>> query(std::string statement) {
    net::HttpRequest request = query_request(statement);
    asio::awaitable<Result<net::HttpResponse>> sending = client_.send(std::move(request), kMaxAnswer);
    Result<net::HttpResponse> answer = co_await std::move(sending);
    if (!answer) co_return answer.error();
    std::optional<std::string> failure = read_influxdb_error(answer->body);
    if (answer->status >= 500 || answer->status == 429) {
      const Result<void> checked =
          check_status(*answer, "cannot query InfluxDB at " + options_.url, failure.value_or(answer->body));
      co_return checked.error();
    }
    if (!failure && answer->status >= 300) failure = "HTTP " + std::to_string(answer->status);
    co_return failure;
  }

  asio::awaitable<Result<void>> begin() override {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (has_database_) co_return Result<void>();
    const std::string duration = options_.retention == "0" ? "INF" : options_.retention;
    const std::string name = quote_identifier(options_.database);
    std::string create =
        "CREATE DATABASE " + name + " WITH DURATION " + duration + " REPLICATION 1 NAME \"default\"";
    auto creating = query(std::move(create));
    Result<std::optional<std::string>> created = co_await std::move(creating);
    if (!created) co_return created.error();
    if (*created) {
      // The database is there with another policy. One that is called "default" stays as somebody made it.
      std::string policy = "CREATE RETENTION POLICY \"default\" ON " + name + " DURATION " + duration +
                           " REPLICATION 1 DEFAULT";
      auto making = query(std::move(policy));
      Result<std::optional<std::string>> made = co_await std::move(making);
      if (!made) co_return made.error();
      // Whoever may not create a database may still write to it: the answer to that decides.
      if (*made) spdlog::info("the database {} of InfluxDB stays as it is: {}", options_.database, **made);
    }
    has_database_ = true;
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> send(Piece piece) override {
    net::HttpRequest request = write_request(std::move(piece.text));
    asio::awaitable<Result<net::HttpResponse>> sending = client_.send(std::move(request), kMaxAnswer);
    Result<net::HttpResponse> answer = co_await std::move(sending);
    if (!answer) co_return answer.error();
    const std::string reason = read_influxdb_error(answer->body).value_or(answer->body);
    Result<void> checked = check_status(*answer, "cannot write to InfluxDB at " + options_.url, reason);
    // Somebody dropped the database: it is made again with the next attempt.
    if (!checked && checked.error().code == ErrorCode::kNotFound) has_database_ = !options_.token.empty();
    co_return checked;
  }

  const InfluxdbOptions options_;
  net::HttpClient client_;
  bool has_database_;  // or it is not for us to make
};

Result<void> read_format(const FlagUri& uri, InfluxdbOptions& options) {
  const Result<bool> with_fields = uri.flag("withfields", false);
  if (!with_fields) return with_fields.error();
  const Result<bool> disable_counters = uri.flag("disable_counter_metrics", false);
  if (!disable_counters) return disable_counters.error();
  const Result<std::int64_t> concurrency = number_option(uri, "concurrency", 1, 1);
  if (!concurrency) return concurrency.error();
  constexpr std::int64_t kMostRequests = 64;
  options.concurrency = static_cast<std::size_t>(std::min(*concurrency, kMostRequests));
  options.format.with_fields = *with_fields;
  options.format.disable_counters = *disable_counters;
  options.format.cluster_name = text_option(uri, "cluster_name", options.format.cluster_name);
  return Result<void>();
}

Result<void> read_url(const FlagUri& uri, InfluxdbOptions& options) {
  const Result<bool> secure = uri.flag("secure", uri.scheme == "https");
  if (!secure) return secure.error();
  if (!uri.scheme.empty() && uri.scheme != "http" && uri.scheme != "https") {
    return Error{ErrorCode::kInvalid, "the protocol must be http or https, not " + uri.scheme};
  }
  options.url = *secure ? "https://" : "http://";
  options.url.append(uri.host.empty() ? "localhost:8086" : url_authority(uri));
  if (!uri.path.empty() && uri.path != "/") options.url.append(uri.path);
  if (options.url.back() == '/') options.url.pop_back();
  return Result<void>();
}

}  // namespace

Result<InfluxdbOptions> read_influxdb_options(const FlagUri& uri) {
  warn_of_unknown_options(
      uri, {"user", "pw", "db", "retention", "secure", "insecuressl", "withfields", "cluster_name",
            "disable_counter_metrics", "concurrency", "token", "org", "bucket", "cacert", "cert", "key"});
  InfluxdbOptions options;
  Result<void> read = read_url(uri, options);
  if (read) read = read_format(uri, options);
  if (!read) return read.error();
  options.user = text_option(uri, "user", uri.user.empty() ? options.user : uri.user);
  options.password = text_option(uri, "pw", uri.user.empty() ? options.password : uri.password);
  options.database = text_option(uri, "db", options.database);
  options.retention = text_option(uri, "retention", options.retention);
  if (!is_retention(options.retention)) {
    return Error{ErrorCode::kInvalid, "retention: expected a duration such as 4h, not " + options.retention};
  }
  options.token = text_option(uri, "token", "");
  options.organization = text_option(uri, "org", "");
  options.bucket = text_option(uri, "bucket", "");
  if (options.token.empty() != options.bucket.empty()) {
    return Error{ErrorCode::kInvalid, "token and bucket must be set together"};
  }
  Result<net::TransportOptions> transport = transport_options(uri);
  if (!transport) return transport.error();
  options.transport = std::move(*transport);
  return options;
}

std::optional<std::string> read_influxdb_error(std::string body) {
  body.reserve(body.size() + kBodyPadding);
  std::optional<std::string> failure;
  const auto error_of = [&failure](std::string_view key, json::Value value) {
    // Version 2 calls it "message".
    if (key == "error" || key == "message") failure = std::string(json::text(value));
  };
  const Result<void> read = json::read_document(body, [&](json::Value document) {
    json::each_member(document, [&](std::string_view key, json::Value value) {
      error_of(key, value);
      if (key != "results") return;
      json::each_element(value, [&](json::Value result) { json::each_member(result, error_of); });
    });
  });
  return read ? failure : std::nullopt;
}

Result<std::unique_ptr<Sink>> make_influxdb_sink(const FlagUri& uri, const SinkContext& context) {
  Result<InfluxdbOptions> options = read_influxdb_options(uri);
  if (!options) return options.error();
  return std::unique_ptr<Sink>(std::make_unique<InfluxdbSink>(context, std::move(*options)));
}

}  // namespace kubevitals::usage
