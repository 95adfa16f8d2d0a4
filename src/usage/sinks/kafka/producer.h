// A producer of librdkafka, asked from coroutines.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

struct rd_kafka_s;
struct rd_kafka_message_s;

namespace kubevitals::usage {

// Settings of librdkafka, by name.
using KafkaSettings = std::vector<std::pair<std::string, std::string>>;

// Lives on one strand, but for its end, which may take as long as a connection's and belongs on a worker.
// Nothing blocks: librdkafka has threads of its own, and what they report is taken up by poll().
class KafkaProducer {
 public:
  // kInvalid when librdkafka does not take a setting.
  static Result<std::unique_ptr<KafkaProducer>> make(const KafkaSettings& settings, std::string topic);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // Messages that belong together. Its address stays the same; good until forget().
  struct Delivery {
    std::size_t outstanding = 0;
    std::optional<Error> failure;  // the worst
    bool forgotten = false;
  };
  Delivery& begin();
  // It is not looked at any more; may still have messages under way.
  void forget(Delivery& delivery);

  // Hands a copy of the message over. False: there is no room, poll() first.
  bool produce(Delivery& delivery, std::string_view message);
  void poll();
  // Gives up all messages under way; reported by poll() before long.
  void purge();

 private:
  KafkaProducer() = default;
  static void on_delivered(rd_kafka_s*, const rd_kafka_message_s* message, void* self);
  static void on_error(rd_kafka_s*, int error, const char* reason, void* self);

  std::string topic_;
  rd_kafka_s* producer_ = nullptr;
  std::list<Delivery> deliveries_;
  std::string last_error_;  // of a connection
};

}  // namespace kubevitals::usage
