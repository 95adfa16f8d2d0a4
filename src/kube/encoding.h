// The two ways an API object comes over the wire.
#pragma once

#include <string_view>

namespace kubevitals::kube {

enum class Encoding { kJson, kProtobuf };

inline constexpr std::string_view kJsonMediaType = "application/json";
inline constexpr std::string_view kProtobufMediaType = "application/vnd.kubernetes.protobuf";

}  // namespace kubevitals::kube
