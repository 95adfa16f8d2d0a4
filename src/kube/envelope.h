// Protobuf as it travels: "k8s\0" and a runtime.Unknown that names the kind and holds the message.
#pragma once

#include <string_view>

#include "base/result.h"

namespace kubevitals::kube {

inline constexpr std::string_view kProtobufMagic{"k8s\0", 4};

// Views into the body.
struct Envelope {
  std::string_view api_version;
  std::string_view kind;
  std::string_view message;  // for decode_protobuf()
};

// Whether a body is in an envelope, thus protobuf.
inline bool has_envelope(std::string_view body) {
  return body.starts_with(kProtobufMagic);
}

// Fails with kInvalid on anything that is not a complete envelope, and kUnsupported when its content is
// encoded.
Result<Envelope> open_envelope(std::string_view body);

}  // namespace kubevitals::kube
