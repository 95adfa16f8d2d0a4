#include "discovery/label_name.h"

#include <array>
#include <atomic>
#include <cassert>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace kubevitals::discovery {
namespace {

struct Name {
  std::string text;
  bool meta = false;
  bool internal = false;
  // Of names that are not lasting.
  bool pinned = false;  // by LabelName's constructor; guarded by the table's mutex, like the next
  bool free = false;
  std::atomic<std::uint32_t> keepers{0};
};

// Names never move, so that they are read without a lock; whoever has a number got it after the name was
// written, and has it while the name is kept.
class NameTable {
 public:
  // The name's number; kept once more.
  std::uint32_t take(std::string_view text) {
    if (const auto known = find(text)) return *known;
    const std::unique_lock lock(mutex_);
    return take_locked(text);
  }

  // The same; no release() is to follow.
  std::uint32_t pin(std::string_view text) {
    const std::uint32_t number = take(text);
    {
      const std::unique_lock lock(mutex_);
      if (!std::exchange(at(number).pinned, true)) return number;
    }
    release(number);
    return number;
  }

  std::optional<std::uint32_t> find(std::string_view text) {
    const std::shared_lock lock(mutex_);
    const auto known = numbers_.find(text);
    if (known == numbers_.end()) return std::nullopt;
    keep(known->second);
    return known->second;
  }

  void keep(std::uint32_t number) {
    if (number >= LabelName::kLasting) at(number).keepers.fetch_add(1, std::memory_order_relaxed);
  }

  void release(std::uint32_t number) {
    if (number < LabelName::kLasting) return;
    Name& name = at(number);
    if (name.keepers.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    const std::unique_lock lock(mutex_);
    // Somebody may have found it meanwhile, and even have released it.
    if (name.keepers.load(std::memory_order_acquire) != 0 || name.free) return;
    numbers_.erase(name.text);
    name.text = std::string();
    name.free = true;
    free_.push_back(number);
  }

  const Name& operator[](std::uint32_t number) const { return (*blocks_[number / kBlock])[number % kBlock]; }
  std::size_t count() {
    const std::shared_lock lock(mutex_);
    return numbers_.size();
  }

 private:
  static constexpr std::size_t kBlock = 1024;
  static constexpr std::size_t kBlocks = 1 << 18;  // memory ends earlier

  Name& at(std::uint32_t number) { return (*blocks_[number / kBlock])[number % kBlock]; }

  std::uint32_t take_locked(std::string_view text) {
    if (const auto known = numbers_.find(text); known != numbers_.end()) {
      keep(known->second);
      return known->second;
    }
    const std::uint32_t number = free_number();
    Name& name = at(number);
    name.text = text;
    name.meta = text.starts_with("__meta_");
    name.internal = text.starts_with("__");
    name.free = false;
    keep(number);
    numbers_.emplace(name.text, number);
    return number;
  }

  std::uint32_t free_number() {
    if (!free_.empty()) {
      const std::uint32_t number = free_.back();
      free_.pop_back();
      return number;
    }
    const std::uint32_t number = next_++;
    assert(number < kBlocks * kBlock);
    auto& block = blocks_[number / kBlock];
    if (!block) block = std::make_unique<std::array<Name, kBlock>>();
    return number;
  }

  std::array<std::unique_ptr<std::array<Name, kBlock>>, kBlocks> blocks_;

  std::shared_mutex mutex_;  // guards the rest
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<std::uint32_t> free_;  // not lasting ones
  std::uint32_t next_ = 0;
};

NameTable& names() {
  static NameTable table;
  return table;
}

}  // namespace

LabelName::LabelName(std::string_view text) : number_(names().pin(text)) {}

std::size_t LabelName::count() {
  return names().count();
}
void LabelName::keep_passing() const {
  names().keep(number_);
}
void LabelName::release_passing() const {
  names().release(number_);
}
std::string_view LabelName::text() const {
  return names()[number_].text;
}
bool LabelName::is_meta() const {
  return names()[number_].meta;
}
bool LabelName::is_internal() const {
  return names()[number_].internal;
}

LabelName NameKeeper::keep(std::string_view text) {
  const LabelName name = LabelName::numbered(names().take(text));
  if (!name.is_lasting()) passing_.push_back(name);
  return name;
}

std::optional<LabelName> NameKeeper::find(std::string_view text) {
  const auto number = names().find(text);
  if (!number) return std::nullopt;
  const LabelName name = LabelName::numbered(*number);
  if (!name.is_lasting()) passing_.push_back(name);
  return name;
}

void NameKeeper::clear() {
  for (const LabelName name : passing_) name.release();
  passing_.clear();
}

std::string sanitize_label_name(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool allowed = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                         (byte >= '0' && byte <= '9') || byte == '_';
    if (allowed) {
      result += c;
    } else if ((byte & 0xC0) != 0x80) {  // not within a UTF-8 character that was counted already
      result += '_';
    }
  }
  return result;
}

}  // namespace kubevitals::discovery
