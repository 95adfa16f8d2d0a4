#include "state/label_names.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace kubevitals::state {
namespace {

using Entry = std::pair<std::string_view, std::string_view>;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_name_character(char c) {
  return is_lower_or_digit(c) || is_upper(c) || c == '_';
}

// The bytes of the UTF-8 character that the text starts with; 1 where it is not UTF-8, as Go counts.
std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (size > text.size()) return 1;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 1;
  }
  return size;
}

bool all_different(const std::vector<std::string>& names) {
  std::vector<std::string_view> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

// Renames what is there more than once. A generated name may meet a real one on either side of it, so names
// are given out one after another, in the order of the keys.
class ConflictResolver {
 public:
  explicit ConflictResolver(std::vector<std::string>& names) : names_(names) {}

  void run() {
    for (std::size_t index = 0; index < names_.size(); ++index) {
      const std::string base = names_[index];
      if (const auto seen = conflicts_.find(base); seen != conflicts_.end()) {
        take(index, base, seen->second);
      } else if (const auto other = used_.find(base); other != used_.end()) {
        const std::size_t first = other->second;
        used_.erase(other);
        std::size_t count = 0;
        take(first, base, count);
        take(index, base, count);
        conflicts_[base] = count;
      } else {
        used_[base] = index;
      }
    }
  }

 private:
  // Gives the entry the next free name with a suffix.
  void take(std::size_t index, const std::string& base, std::size_t& count) {
    std::string candidate;
    do {
      candidate = base + "_conflict" + std::to_string(++count);
    } while (used_.contains(candidate));
    used_[candidate] = index;
    names_[index] = std::move(candidate);
  }

  std::vector<std::string>& names_;
  std::unordered_map<std::string, std::size_t> used_;       // name given out: whose it is
  std::unordered_map<std::string, std::size_t> conflicts_;  // name wanted more than once: last number tried
};

void emit_entries(const std::vector<Entry>& entries, std::string_view prefix, exposition::Emitter& emitter) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& [key, value] : entries) names.push_back(prometheus_label_name(prefix, key));
  if (!all_different(names)) ConflictResolver(names).run();
  std::vector<exposition::Label> labels;
  labels.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) labels.emplace_back(names[i], entries[i].second);
  emitter.sample(labels, 1);
}

}  // namespace

std::string sanitize_label_name(std::string_view text) {
  std::string name;
  name.reserve(text.size());
  while (!text.empty()) {
    const bool keep = is_name_character(text[0]);
    name.push_back(keep ? text[0] : '_');
    text.remove_prefix(keep ? 1 : character_size(text));
  }
  return name;
}

std::string prometheus_label_name(std::string_view prefix, std::string_view key) {
  const std::string sanitized = sanitize_label_name(key);
  std::string name;
  name.reserve(prefix.size() + sanitized.size() + 8);
  name.append(prefix).push_back('_');
  char previous = '\0';
  for (const char c : sanitized) {
    if (is_upper(c)) {
      if (is_lower_or_digit(previous)) name.push_back('_');
      name.push_back(static_cast<char>(c - 'A' + 'a'));
    } else {
      name.push_back(c);
    }
    previous = c;
  }
  return name;
}

void emit_all_entries(const kube::StringMap& map, std::string_view prefix, exposition::Emitter& emitter) {
  emit_entries(map, prefix, emitter);
}

void emit_allowed_entries(const kube::StringMap& map, const LabelAllowlist& allowed, std::string_view prefix,
                          exposition::Emitter& emitter) {
  if (allowed.empty()) return;
  std::vector<Entry> entries;
  entries.reserve(map.size());
  for (const Entry& entry : map) {
    if (allowed.allows(entry.first)) entries.push_back(entry);
  }
  emit_entries(entries, prefix, emitter);
}

}  // namespace kubevitals::state
