#include "net/gzip_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>

namespace kubevitals::net {
namespace {

// Output grows in steps, so that small answers cost little.
constexpr std::size_t kStep = 16 << 10;

}  // namespace

GzipDecoder::GzipDecoder() : stream_(std::make_unique<z_stream_s>()) {
  if (inflateInit2(stream_.get(), 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

GzipDecoder::~GzipDecoder() {
  inflateEnd(stream_.get());
}

void GzipDecoder::feed(std::string compressed) {
  input_ = std::move(compressed);
  stream_->next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_->avail_in = static_cast<uInt>(input_.size());
}

Result<std::string> GzipDecoder::take(std::size_t limit) {
  const auto malformed = [] { return Error{ErrorCode::kInvalid, "the compressed body is malformed"}; };
  if (broken_) return malformed();
  std::string out;
  while (out.size() < limit) {
    const std::size_t before = out.size();
    const std::size_t room = std::min(kStep, limit - before);
    out.resize(before + room);
    stream_->next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_->avail_out = static_cast<uInt>(room);
    const bool fed = stream_->avail_in > 0;
    const int code = inflate(stream_.get(), Z_NO_FLUSH);
    out.resize(before + room - stream_->avail_out);
    if (code == Z_STREAM_END) {
      at_end_ = true;
      inflateReset(stream_.get());
    } else if (code == Z_OK) {
      if (fed) at_end_ = false;
    } else if (code == Z_BUF_ERROR) {
      break;  // no progress without more input
    } else {
      broken_ = true;
      return malformed();
    }
    // A stream that filled its room may have more to give without more input.
    if (stream_->avail_in == 0 && stream_->avail_out > 0) break;
  }
  return out;
}

}  // namespace kubevitals::net
