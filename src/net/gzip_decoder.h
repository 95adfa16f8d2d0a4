// Decompression of a gzip stream that comes in pieces.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

struct z_stream_s;

namespace kubevitals::net {

// Memory is bounded by what was fed and not taken yet, however well it was compressed. Several gzip members
// in a row are one stream (RFC 1952 section 2.2). Not thread-safe.
class GzipDecoder {
 public:
  GzipDecoder();
  ~GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  // More compressed bytes; everything fed before must have been taken.
  void feed(std::string compressed);

  // The next decompressed bytes, at most `limit`; empty when more must be fed. kInvalid on malformed input,
  // from then on always.
  Result<std::string> take(std::size_t limit);

  // Whether the stream may end here: after a whole member, or before the first byte.
  bool at_end() const { return at_end_; }

 private:
  std::unique_ptr<z_stream_s> stream_;
  std::string input_;
  bool at_end_ = true;
  bool broken_ = false;
};

}  // namespace kubevitals::net
