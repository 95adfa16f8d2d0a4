#include "kube/stream_buffer.h"

#include <algorithm>
#include <cstring>

#include "kube/decode_json.h"

namespace kubevitals::kube {
namespace {

constexpr std::size_t kMinCapacity = std::size_t{16} << 10;
// One huge piece must not cost its memory for as long as a watch lasts.
constexpr std::size_t kMaxIdleCapacity = std::size_t{1} << 20;

}  // namespace

void StreamBuffer::append(std::string_view chunk) {
  const std::size_t kept = end_ - begin_;
  const std::size_t needed = kept + chunk.size();
  if (needed > capacity_ || (capacity_ > kMaxIdleCapacity && needed < capacity_ / 8)) {
    const std::size_t capacity = std::max(kMinCapacity, needed + kept / 2);
    // Zeroed once, so that the padding is never uninitialised memory.
    auto data = std::make_unique<char[]>(capacity + kJsonPadding);
    if (kept > 0) {
      std::memcpy(data.get(), data_.get() + begin_, kept);
    }
    data_ = std::move(data);
    capacity_ = capacity;
  } else if (begin_ > 0 && kept > 0) {
    std::memmove(data_.get(), data_.get() + begin_, kept);
  }
  at_ -= begin_;
  begin_ = 0;
  end_ = kept;
  if (!chunk.empty()) {
    std::memcpy(data_.get() + end_, chunk.data(), chunk.size());
    end_ += chunk.size();
  }
}

}  // namespace kubevitals::kube
