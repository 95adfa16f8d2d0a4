// Protobuf messages of the API into the structs of objects/, without copying text.
#pragma once

#include <string_view>

#include "base/result.h"
#include "kube/message_layout.h"

namespace kubevitals::kube {

// The one decoder behind decode_protobuf(); `object` points to an object with this layout.
Result<void> decode_protobuf_message(std::string_view message, const MessageLayout& layout, void* object);

// Decodes a bare message (without "k8s\0" and envelope; see envelope.h) into `out`, all of whose members are
// set: what the message does not have gets its initial value. `out` may be used again and again; its lists
// then keep what they have allocated. String views point into `message`. The rules are those of the Go code
// that gogo/protobuf generates for the API: the last of equal scalars wins, a message given twice is merged,
// unknown fields are skipped, a known field of another wire type is an error; an empty Time is Go's zero time
// and nanoseconds are ignored (metav1.Time's Unmarshal). Fails with kInvalid and "spec.replicas: <cause>";
// `out` then holds parts of the message. Thread-safe.
template <typename T>
Result<void> decode_protobuf(std::string_view message, T& out) {
  return decode_protobuf_message(message, layout_of<T>(), &out);
}

}  // namespace kubevitals::kube
