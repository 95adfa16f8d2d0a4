// Text that is collected piece by piece and read once at the end.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kubevitals::state {

// Holds metric text in about a tenth of its size: what is complete is compressed in blocks. Not thread-safe.
class TextSpool final {
 public:
  void append(std::string_view text);

  // Gives all of it, in order and in pieces, to `sink`; stops with false as soon as that returns false.
  bool read(const std::function<bool(std::string_view)>& sink) const;

 private:
  struct Block {
    std::string compressed;
    std::size_t size = 0;  // of the text
  };

  void compress();

  std::vector<Block> blocks_;
  std::string open_;  // the end of the text, not compressed yet
};

}  // namespace kubevitals::state
