// Runs of bytes that are to be written one after the other.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace kubevitals::net {

// A view of some buffers that Asio takes as a sequence without copying them one by one.
struct BufferSpan {
  const asio::const_buffer* first = nullptr;
  const asio::const_buffer* last = nullptr;

  const asio::const_buffer* begin() const { return first; }
  const asio::const_buffer* end() const { return last; }
};

// What is still to be written; the bytes belong to somebody else. The object stays where it is during a
// write.
class Pieces {
 public:
  void add(std::string_view bytes) {
    if (!bytes.empty()) pieces_.emplace_back(bytes.data(), bytes.size());
  }

  bool empty() const { return first_ == pieces_.size(); }

  // As many as one gathering write takes.
  BufferSpan front() const {
    const auto* begin = pieces_.data() + first_;
    return {begin, begin + std::min(kMaxGathered, pieces_.size() - first_)};
  }

  std::string_view first() const {
    return {static_cast<const char*>(pieces_[first_].data()), pieces_[first_].size()};
  }

  // Copies from the front, for writers that take only one run of bytes; the number copied.
  std::size_t copy_to(char* out, std::size_t room) const {
    std::size_t copied = 0;
    for (std::size_t i = first_; i < pieces_.size() && copied < room; ++i) {
      const std::size_t size = std::min(pieces_[i].size(), room - copied);
      std::memcpy(out + copied, pieces_[i].data(), size);
      copied += size;
    }
    return copied;
  }

  void consume(std::size_t bytes) {
    while (bytes > 0) {
      asio::const_buffer& piece = pieces_[first_];
      const std::size_t taken = std::min(bytes, piece.size());
      piece += taken;
      bytes -= taken;
      if (piece.size() == 0) ++first_;
    }
  }

 private:
  static constexpr std::size_t kMaxGathered = 64;  // Asio hands the kernel no more at once

  std::vector<asio::const_buffer> pieces_;
  std::size_t first_ = 0;
};

}  // namespace kubevitals::net
