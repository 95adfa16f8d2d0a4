#include "kube/envelope.h"

#include "kube/decode_json.h"
#include "kube/decode_protobuf.h"

namespace kubevitals::kube {
namespace {

// runtime.Unknown
struct Unknown {
  TypeMeta type;
  std::string_view raw;
  std::string_view content_encoding;
  static constexpr auto fields() {
    return std::tuple{Field{1, "", &Unknown::type, FieldKind::kInlineInJson}, Field{2, "", &Unknown::raw},
                      Field{3, "", &Unknown::content_encoding}};
  }
};

}  // namespace

Result<Envelope> open_envelope(std::string_view body) {
  if (!has_envelope(body)) {
    return Error{ErrorCode::kInvalid, "cannot open the protobuf envelope: it does not begin with \"k8s\""};
  }
  Unknown unknown;
  if (const Result<void> decoded = decode_protobuf(body.substr(kProtobufMagic.size()), unknown); !decoded) {
    return decoded.error().wrap("cannot open the protobuf envelope");
  }
  if (!unknown.content_encoding.empty()) {
    return Error{ErrorCode::kUnsupported, "cannot open the protobuf envelope: its content is encoded"};
  }
  return Envelope{unknown.type.api_version, unknown.type.kind, unknown.raw};
}

}  // namespace kubevitals::kube
