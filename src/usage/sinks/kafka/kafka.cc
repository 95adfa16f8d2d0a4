#include "usage/sinks/kafka/kafka.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "base/run_on.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

using Labels = std::vector<Label>;

constexpr std::chrono::milliseconds kPoll{5};

// ",\"MetricsTags\":{…}}\n"
std::string tags_of(const Labels& labels) {
  std::string tags = ",\"MetricsTags\":{";
  for (const auto& [name, value] : labels) {
    if (tags.back() != '{') tags.push_back(',');
    append_json_text(tags, name);
    tags.push_back(':');
    append_json_text(tags, value);
  }
  return tags.append("}}\n");
}

class KafkaSink final : public StreamingSink {
 public:
  KafkaSink(const SinkContext& context, std::unique_ptr<KafkaProducer> producer)
      : StreamingSink(context, shape()), producer_(std::move(producer)) {}

 private:
  static Shape shape() {
    Shape shape;
    shape.max_bytes = 1 << 20;
    // While some are acknowledged others are sent.
    shape.concurrency = 4;
    return shape;
  }

  void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) override {
    append_kafka(set, labels, timestamp, piece);
  }

  asio::awaitable<Result<void>> send(Piece piece) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    KafkaProducer::Delivery& delivery = producer_->begin();
    bool cancelled = false;
    std::string_view rest = piece.text;
    while (!cancelled && !(rest.empty() && delivery.outstanding == 0)) {
      producer_->poll();
      while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        if (!producer_->produce(delivery, rest.substr(0, end))) break;
        rest.remove_prefix(end + 1);
      }
      asio::awaitable<bool> waiting = context().clock.sleep_for(kPoll);
      const bool slept = co_await std::move(waiting);
      cancelled = !slept;
    }
    if (cancelled) producer_->purge();
    std::optional<Error> failure = delivery.failure;
    if (cancelled && !failure) failure = Error{ErrorCode::kCancelled, "cannot write to Kafka: given up"};
    producer_->forget(delivery);
    if (failure) co_return *failure;
    co_return Result<void>();
  }

  asio::awaitable<void> stop() override {
    auto end = [this] {
      producer_.reset();
      return true;
    };
    asio::awaitable<bool> ending = run_on(context().workers, std::move(end));
    co_await std::move(ending);
  }

  std::unique_ptr<KafkaProducer> producer_;
};

Result<void> read_security(const FlagUri& uri, KafkaSettings& settings) {
  const std::string ca = text_option(uri, "cacert", "");
  const std::string certificate = text_option(uri, "cert", "");
  const std::string key = text_option(uri, "key", "");
  if (certificate.empty() != key.empty()) {
    return Error{ErrorCode::kInvalid, "cert and key must be set together"};
  }
  const Result<bool> insecure = uri.flag("insecuressl", false);
  if (!insecure) return insecure.error();
  const bool tls = !ca.empty() || !certificate.empty();
  if (!ca.empty()) settings.emplace_back("ssl.ca.location", ca);
  if (!certificate.empty()) settings.emplace_back("ssl.certificate.location", certificate);
  if (!key.empty()) settings.emplace_back("ssl.key.location", key);
  if (tls && *insecure) settings.emplace_back("enable.ssl.certificate.verification", "false");
  const std::string user = text_option(uri, "user", "");
  const std::string password = text_option(uri, "password", "");
  if (user.empty() != password.empty()) {
    return Error{ErrorCode::kInvalid, "user and password must be set together"};
  }
  if (!user.empty()) {
    settings.emplace_back("sasl.mechanism", "PLAIN");
    settings.emplace_back("sasl.username", user);
    settings.emplace_back("sasl.password", password);
  }
  const bool sasl = !user.empty();
  settings.emplace_back("security.protocol", tls && sasl ? "sasl_ssl"
                                             : tls       ? "ssl"
                                             : sasl      ? "sasl_plaintext"
                                                         : "plaintext");
  return Result<void>();
}

}  // namespace

Result<KafkaOptions> read_kafka_options(const FlagUri& uri) {
  warn_of_unknown_options(uri, {"brokers", "timeseriestopic", "eventstopic", "compression", "user",
                                "password", "cacert", "cert", "key", "insecuressl"});
  KafkaOptions options;
  std::string brokers;
  for (const std::string& broker : texts_option(uri, "brokers")) {
    brokers.append(brokers.empty() ? "" : ",").append(broker);
  }
  if (brokers.empty()) return Error{ErrorCode::kInvalid, "brokers: at least one is needed"};
  if (const std::string topic = text_option(uri, "timeseriestopic", ""); !topic.empty())
    options.topic = topic;
  const std::string compression = text_option(uri, "compression", "none");
  if (compression != "none" && compression != "gzip" && compression != "snappy" && compression != "lz4") {
    return Error{ErrorCode::kInvalid, "compression: expected none, gzip, snappy or lz4, not " + compression};
  }
  options.settings = {{"bootstrap.servers", brokers},
                      {"client.id", "kafka-sink"},  // the incumbent's: quotas may go by it
                      {"compression.codec", compression},
                      {"acks", "1"},
                      {"linger.ms", "5"},
                      // Topics may take less than the usual megabyte at once.
                      {"batch.size", "65536"},
                      // Each message goes to a partition of its own choice.
                      {"sticky.partitioning.linger.ms", "0"}};
  const Result<void> security = read_security(uri, options.settings);
  if (!security) return security.error();
  return options;
}

void append_kafka(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) {
  const Labels own(labels.begin(), labels.end());
  std::string time = "},\"MetricsTimestamp\":\"";
  append_json_time(time, timestamp);
  time.append("\"");
  std::string tags = tags_of(own);
  const auto message = [&](const NamedValue& value) {
    if (!is_finite(value)) return;
    piece.text.append("{\"MetricsName\":");
    append_json_text(piece.text, value.name);
    piece.text.append(",\"MetricsValue\":{\"value\":");
    append_json_value(piece.text, value);
    piece.text.append(time).append(tags);
    ++piece.points;
  };
  set.for_each_value(message);
  const LabelValues* last = nullptr;
  set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& texts) {
    if (last != &texts) {
      Labels all = own;
      put_labels(all, kind, texts);
      tags = tags_of(all);
      last = &texts;
    }
    message(value);
  });
}

Result<std::unique_ptr<Sink>> make_kafka_sink(const FlagUri& uri, const SinkContext& context) {
  Result<KafkaOptions> options = read_kafka_options(uri);
  if (!options) return options.error();
  // Before the attempt is given up, so that librdkafka's reason is known.
  const auto timeout =
      std::max<std::chrono::milliseconds>(context.export_timeout * 4 / 5, std::chrono::milliseconds(100));
  options->settings.emplace_back("message.timeout.ms", std::to_string(timeout.count()));
  // A broker that comes back is found again soon.
  options->settings.emplace_back("reconnect.backoff.max.ms", "2000");
  Result<std::unique_ptr<KafkaProducer>> producer = KafkaProducer::make(options->settings, options->topic);
  if (!producer) return producer.error();
  return std::unique_ptr<Sink>(std::make_unique<KafkaSink>(context, std::move(*producer)));
}

}  // namespace kubevitals::usage
