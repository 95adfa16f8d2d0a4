// Reading JSON that somebody has sent.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "usage/sources/json.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {

// json::read_document() for a text that has nothing behind it.
template <typename Reader>
Result<void> read_json_body(std::string_view text, Reader&& reader) {
  std::string padded;
  padded.reserve(text.size() + kBodyPadding);
  padded.append(text).append(kBodyPadding, '\0');
  return json::read_document(std::string_view(padded).substr(0, text.size()), std::forward<Reader>(reader));
}

}  // namespace kubevitals::usage
