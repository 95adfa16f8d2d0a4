#include "usage/sinks/kafka/producer.h"

#include <librdkafka/rdkafka.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace kubevitals::usage {
namespace {

ErrorCode code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
      return ErrorCode::kInvalid;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return ErrorCode::kForbidden;
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return ErrorCode::kUnauthorized;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
      return ErrorCode::kCancelled;
    default:
      return ErrorCode::kUnavailable;
  }
}

void on_log(const rd_kafka_t*, int, const char* facility, const char* text) {
  spdlog::debug("librdkafka: {}: {}", facility, text);
}

}  // namespace

void KafkaProducer::on_delivered(rd_kafka_s*, const rd_kafka_message_s* message, void* self) {
  KafkaProducer& producer = *static_cast<KafkaProducer*>(self);
  Delivery& delivery = *static_cast<Delivery*>(message->_private);
  --delivery.outstanding;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const ErrorCode code = code_of(message->err);
    // What may be tried again matters more than what is lost anyway.
    if (!delivery.failure || delivery.failure->code == ErrorCode::kInvalid) {
      std::string text = std::string("cannot write to Kafka: ").append(rd_kafka_err2str(message->err));
      if (code == ErrorCode::kUnavailable && !producer.last_error_.empty()) {
        text.append(" (").append(producer.last_error_).append(")");
      }
      delivery.failure = Error{code, std::move(text)};
    }
  }
  if (delivery.forgotten && delivery.outstanding == 0) producer.forget(delivery);
}

void KafkaProducer::on_error(rd_kafka_s*, int, const char* reason, void* self) {
  static_cast<KafkaProducer*>(self)->last_error_ = reason;
}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::make(const KafkaSettings& settings, std::string topic) {
  std::array<char, 512> text{};
  std::unique_ptr<rd_kafka_conf_t, void (*)(rd_kafka_conf_t*)> conf(rd_kafka_conf_new(),
                                                                    rd_kafka_conf_destroy);
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size()) !=
        RD_KAFKA_CONF_OK) {
      return Error{ErrorCode::kInvalid, text.data()};
    }
  }
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer());
  producer->topic_ = std::move(topic);
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivered);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  producer->producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text.data(), text.size());
  if (producer->producer_ == nullptr) return Error{ErrorCode::kInvalid, text.data()};
  conf.release();  // it is the producer's now
  return producer;
}

KafkaProducer::~KafkaProducer() {
  if (producer_ == nullptr) return;
  purge();
  constexpr int kPatienceMs = 1000;
  rd_kafka_flush(producer_, kPatienceMs);
  rd_kafka_destroy(producer_);
}

KafkaProducer::Delivery& KafkaProducer::begin() {
  return deliveries_.emplace_back();
}

void KafkaProducer::forget(Delivery& delivery) {
  delivery.forgotten = true;
  if (delivery.outstanding != 0) return;
  deliveries_.remove_if([&](const Delivery& known) { return &known == &delivery; });
}

bool KafkaProducer::produce(Delivery& delivery, std::string_view message) {
  std::array<rd_kafka_vu_t, 4> arguments{};
  arguments[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  arguments[0].u.cstr = topic_.c_str();
  arguments[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  arguments[1].u.i = RD_KAFKA_MSG_F_COPY;
  arguments[2].vtype = RD_KAFKA_VTYPE_VALUE;
  arguments[2].u.mem.ptr = const_cast<char*>(message.data());  // it does not change what it copies
  arguments[2].u.mem.size = message.size();
  arguments[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
  arguments[3].u.ptr = &delivery;
  rd_kafka_error_t* const failure = rd_kafka_produceva(producer_, arguments.data(), arguments.size());
  const rd_kafka_resp_err_t error =
      failure == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_error_code(failure);
  if (failure != nullptr) rd_kafka_error_destroy(failure);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++delivery.outstanding;
  } else if (!delivery.failure) {
    delivery.failure =
        Error{code_of(error), std::string("cannot write to Kafka: ").append(rd_kafka_err2str(error))};
  }
  return true;
}

void KafkaProducer::poll() {
  rd_kafka_poll(producer_, 0);
}

void KafkaProducer::purge() {
  rd_kafka_purge(producer_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

}  // namespace kubevitals::usage
