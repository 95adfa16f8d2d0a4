// API objects between JSON and protobuf, by the field numbers of the public API (schema.cc).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sim/document.h"

namespace kubevitals::sim {

// Whether objects of this kind can be written as protobuf; if not, the server answers in JSON or 406.
bool has_protobuf_schema(std::string_view api_version, std::string_view kind);

// Appends the object's message, without an envelope. Members that the schema does not know are left out.
// `api_version` and `kind` select the schema ("v1","Pod"), also for lists ("v1","PodList"), "meta.k8s.io/v1"
// PartialObjectMetadata and its list, and "v1" Status.
void append_protobuf(std::string& out, std::string_view api_version, std::string_view kind,
                     const json::object& object);

// Appends "k8s\0" and a runtime.Unknown that holds the message `raw`, as the API server's serializer writes
// it.
void append_protobuf_envelope(std::string& out, std::string_view api_version, std::string_view kind,
                              std::string_view raw);

// Appends one frame of a protobuf watch: a four-byte big-endian length and a metav1.WatchEvent whose object
// is `enveloped` ("k8s\0"...).
void append_watch_frame(std::string& out, std::string_view event_type, std::string_view enveloped);

// The object in an enveloped body ("k8s\0"...), with apiVersion and kind set, for requests that send
// protobuf.
Result<json::object> decode_protobuf(std::string_view enveloped);

}  // namespace kubevitals::sim
