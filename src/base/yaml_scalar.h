// What a YAML scalar means.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals {

// A scalar as JSON text, and as what it is when it stands as a key.
struct YamlScalar {
  std::string json;
  std::string key;
  bool is_null = false;
};

// Types a scalar by the rules of go.yaml.in/yaml/v2, which Kubernetes uses. `tag` is "" or "?" for a plain
// one, "!" for a quoted one, or a tag in long form ("tag:yaml.org,2002:int"). Fails with kInvalid when the
// text does not agree with its tag, and on numbers that JSON does not have.
Result<YamlScalar> resolve_yaml_scalar(std::string_view tag, std::string_view text);

// Appends a JSON string with its quotes. The text must be UTF-8; what must be escaped is.
void append_json_string(std::string& out, std::string_view text);

}  // namespace kubevitals
