#include "kube/api_status.h"

#include "kube/decode_json.h"
#include "kube/decode_protobuf.h"
#include "kube/envelope.h"

namespace kubevitals::kube {
namespace {

struct JsonStatus {
  TypeMeta type;
  Status status;
  static constexpr auto fields() {
    return std::tuple{Field{1, "", &JsonStatus::type, FieldKind::kInlineInJson},
                      Field{2, "", &JsonStatus::status, FieldKind::kInlineInJson}};
  }
};

Result<ApiStatus> not_a_status() {
  return Error{ErrorCode::kInvalid, "cannot read the server's status: the body is not a Status"};
}

ErrorCode code_of(const ApiStatus& status) {
  if (status.reason == "Expired") {
    return ErrorCode::kGone;
  }
  switch (status.code) {
    case 400:
    case 422:
      return ErrorCode::kInvalid;
    case 401:
      return ErrorCode::kUnauthorized;
    case 403:
      return ErrorCode::kForbidden;
    case 404:
      return ErrorCode::kNotFound;
    case 405:
    case 406:
    case 415:
    case 501:
      return ErrorCode::kUnsupported;
    case 408:
    case 504:
      return ErrorCode::kTimeout;
    case 409:
      return ErrorCode::kConflict;
    case 410:
      return ErrorCode::kGone;
    case 429:
      return ErrorCode::kTooManyRequests;
    default:
      return status.code >= 500 && status.code < 600 ? ErrorCode::kUnavailable : ErrorCode::kInternal;
  }
}

}  // namespace

ApiStatus to_api_status(const Status& status) {
  ApiStatus kept;
  kept.status = status.status;
  kept.message = status.message;
  kept.reason = status.reason;
  kept.code = status.code;
  kept.retry_after_seconds = status.details ? status.details->retry_after_seconds : 0;
  return kept;
}

Result<ApiStatus> decode_api_status(Encoding encoding, std::string_view object) {
  Status status;
  JsonDecoder decoder;
  const Result<void> decoded =
      encoding == Encoding::kProtobuf ? decode_protobuf(object, status) : decoder.decode(object, status);
  if (!decoded) {
    return decoded.error().wrap("cannot read the server's status");
  }
  return to_api_status(status);
}

Result<ApiStatus> read_api_status(std::string_view body) {
  if (has_envelope(body)) {
    const Result<Envelope> envelope = open_envelope(body);
    if (!envelope || envelope->kind != "Status") {
      return not_a_status();
    }
    return decode_api_status(Encoding::kProtobuf, envelope->message);
  }
  JsonStatus status;
  JsonDecoder decoder;
  if (!decoder.decode(body, status) || status.type.kind != "Status") {
    return not_a_status();
  }
  return to_api_status(status.status);
}

Error to_error(const ApiStatus& status) {
  std::string message = !status.message.empty()  ? status.message
                        : !status.reason.empty() ? status.reason
                                                 : "HTTP status " + std::to_string(status.code);
  return {code_of(status), std::move(message)};
}

}  // namespace kubevitals::kube
