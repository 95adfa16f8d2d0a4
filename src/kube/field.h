// How an API object's members are found on the wire. Each object type lists its members once, with the
// protobuf field number and the JSON name; both decoders are generated from that list (decode_protobuf.h,
// decode_json.h).
#pragma once

#include <tuple>

namespace kubevitals::kube {

enum class FieldKind {
  kPlain,
  kInlineInJson,  // a message of its own in protobuf, whose members stand directly in the parent in JSON
};

template <typename Owner, typename Member>
struct Field {
  int number;
  const char* json_name;
  Member Owner::*member;
  FieldKind kind = FieldKind::kPlain;
};

template <typename Owner, typename Member>
Field(int, const char*, Member Owner::*) -> Field<Owner, Member>;
template <typename Owner, typename Member>
Field(int, const char*, Member Owner::*, FieldKind) -> Field<Owner, Member>;

}  // namespace kubevitals::kube
