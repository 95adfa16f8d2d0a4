#include "state/text_spool.h"

#include <zlib.h>

#include <utility>

namespace kubevitals::state {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

}  // namespace

void TextSpool::append(std::string_view text) {
  open_.append(text);
  if (open_.size() >= kBlockBytes) compress();
}

void TextSpool::compress() {
  Block block;
  block.size = open_.size();
  uLongf size = compressBound(static_cast<uLong>(open_.size()));
  block.compressed.resize(size);
  const int result =
      compress2(reinterpret_cast<Bytef*>(block.compressed.data()), &size,
                reinterpret_cast<const Bytef*>(open_.data()), static_cast<uLong>(open_.size()), Z_BEST_SPEED);
  if (result != Z_OK) return;  // no memory for it: the text stays as it is
  block.compressed.resize(size);
  block.compressed.shrink_to_fit();
  blocks_.push_back(std::move(block));
  open_.clear();
}

bool TextSpool::read(const std::function<bool(std::string_view)>& sink) const {
  std::string text;
  for (const Block& block : blocks_) {
    text.resize(block.size);
    uLongf size = static_cast<uLongf>(block.size);
    if (uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                   reinterpret_cast<const Bytef*>(block.compressed.data()),
                   static_cast<uLong>(block.compressed.size())) != Z_OK) {
      return false;
    }
    if (!sink(text)) return false;
  }
  return open_.empty() || sink(open_);
}

}  // namespace kubevitals::state
