#include "usage/sinks/opentsdb/opentsdb.h"

#include <utility>

#include "net/http_client.h"
#include "usage/sinks/http_answer.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/text.h"
#include "usage/sources/json.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
// The incumbent's; OpenTSDB takes 4 KiB at once unless tsd.http.request.enable_chunked allows up to
// tsd.http.request.max_chunk.
constexpr std::size_t kMaxPoints = 1000;
constexpr std::size_t kMaxBytes = 40'960;
constexpr std::size_t kMaxAnswer = 1 << 20;

// Letters, digits and -_./ are all that OpenTSDB takes; one "_" stands for each other character.
void append_name(std::string& out, std::string_view text, char slash = '/') {
  for (const char c : text) {
    if (c == '/') {
      out.push_back(slash);
    } else if (is_ascii_alnum(c) || c == '-' || c == '_' || c == '.') {
      out.push_back(c);
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {  // not amid a UTF-8 sequence
      out.push_back('_');
    }
  }
}

std::string tags_of(const OpentsdbOptions& options, const SetLabels& labels) {
  std::string tags = "{";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    tags.append(tags.size() == 1 ? "\"" : ",\"");
    append_name(tags, name);
    tags.append("\":\"");
    append_name(tags, value);
    tags.append("\"");
  };
  bool cluster = false;
  for (const auto& [name, value] : labels) {
    if (!cluster && name >= "cluster") {
      add("cluster", options.cluster);
      cluster = true;
    }
    if (name != "cluster") add(name, value);
  }
  if (!cluster) add("cluster", options.cluster);
  return tags.append("}},");
}

// The incumbent's schema says that this one counts up, its values say that they are gauges: so the name has
// it.
MetricType type_of(const NamedValue& value) {
  return value.name == describe(Metric::kRestartCount).name ? MetricType::kGauge : value.type;
}

class OpentsdbSink final : public StreamingSink {
 public:
  OpentsdbSink(const SinkContext& context, OpentsdbOptions options, net::TransportOptions transport)
      : StreamingSink(context, shape()),
        options_(std::move(options)),
        client_(context.io, std::move(transport)) {}

 private:
  static Shape shape() {
    Shape shape;
    shape.max_bytes = kMaxBytes;
    shape.concurrency = 4;  // or a large cluster would wait for hundreds of answers, one after the other
    // A set that begins below this ends below kMaxPoints, unless it has metrics that nobody knows.
    shape.max_points = kMaxPoints - static_cast<std::size_t>(kFirstLabelledMetric);
    return shape;
  }

  void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) override {
    if (piece.text.empty()) piece.text.append("[");
    append_opentsdb(options_, set, labels, timestamp, piece);
  }

  void complete(Piece& piece) override { piece.text.back() = ']'; }

  net::HttpRequest put_request(std::string points) const {
    net::HttpRequest request;
    request.method = "POST";
    request.url = options_.url + "/api/put?summary";
    request.headers.add("Content-Type", "application/json; charset=UTF-8");
    request.body = std::move(points);
    request.timeout = context().export_timeout;
    request.proxy_url = "";
    return request;
  }

  asio::awaitable<Result<void>> send(Piece piece) override {
    const std::string what = "cannot write to OpenTSDB at " + options_.url;
    net::HttpRequest request = put_request(std::move(piece.text));
    asio::awaitable<Result<net::HttpResponse>> sending = client_.send(std::move(request), kMaxAnswer);
    Result<net::HttpResponse> answer = co_await std::move(sending);
    if (!answer) co_return answer.error();
    const std::optional<std::uint64_t> failures = read_opentsdb_failures(answer->body);
    if (failures.value_or(0) > 0 && answer->status < 500) {
      co_return Error{ErrorCode::kInvalid, what + ": " + std::to_string(*failures) + " of " +
                                               std::to_string(piece.points) + " points were not stored"};
    }
    Result<void> checked = check_status(*answer, what, answer->body);
    co_return checked;
  }

  const OpentsdbOptions options_;
  net::HttpClient client_;
};

}  // namespace

void append_opentsdb(const OpentsdbOptions& options, const MetricSet& set, const SetLabels& labels,
                     Nanos timestamp, Piece& piece) {
  const std::string tags = tags_of(options, labels);
  std::string time = ",\"timestamp\":";
  append_integer(time, timestamp / kSecond);
  time.append(",\"value\":");
  set.for_each_value([&](const NamedValue& value) {
    if (!is_finite(value)) return;
    piece.text.append("{\"metric\":\"");
    append_name(piece.text, value.name, '_');
    piece.text.append("_").append(to_string(type_of(value))).append("\"").append(time);
    append_json_value(piece.text, value);
    piece.text.append(",\"tags\":").append(tags);
    ++piece.points;
  });
}

std::optional<std::uint64_t> read_opentsdb_failures(std::string body) {
  body.reserve(body.size() + kBodyPadding);
  std::optional<std::uint64_t> failures;
  const Result<void> read = json::read_document(body, [&](json::Value document) {
    json::each_member(document, [&](std::string_view key, json::Value value) {
      if (key == "failed") failures = json::unsigned_number(value);
    });
  });
  return read ? failures : std::nullopt;
}

Result<std::unique_ptr<Sink>> make_opentsdb_sink(const FlagUri& uri, const SinkContext& context) {
  warn_of_unknown_options(uri, {"cluster", "insecuressl", "cacert", "cert", "key"});
  OpentsdbOptions options;
  if (!uri.scheme.empty() && uri.scheme != "http" && uri.scheme != "https") {
    return Error{ErrorCode::kInvalid, "the protocol must be http or https, not " + uri.scheme};
  }
  if (!uri.host.empty()) {
    options.url = (uri.scheme == "https" ? "https://" : "http://") + url_authority(uri);
  }
  options.cluster = text_option(uri, "cluster", options.cluster);
  Result<net::TransportOptions> transport = transport_options(uri);
  if (!transport) return transport.error();
  return std::unique_ptr<Sink>(
      std::make_unique<OpentsdbSink>(context, std::move(options), std::move(*transport)));
}

}  // namespace kubevitals::usage
