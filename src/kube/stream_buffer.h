// What has arrived of a body and is still needed.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace kubevitals::kube {

// Bytes pass from "ahead" (not looked at) over "held" (looked at, part of an unfinished piece) to forgotten.
// Behind the last byte there are always kJsonPadding readable ones.
class StreamBuffer final {
 public:
  // Moves what is held to the front and adds to it; views end here.
  void append(std::string_view chunk);

  std::string_view held() const { return {data_.get() + begin_, at_ - begin_}; }
  std::string_view ahead() const { return {data_.get() + at_, end_ - at_}; }
  void advance(std::size_t bytes) { at_ += bytes; }
  // Forgets what is held; its views stay until the next append().
  void release() { begin_ = at_; }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;  // without the padding
  std::size_t begin_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace kubevitals::kube
