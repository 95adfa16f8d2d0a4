#include "state/options.h"

#include <algorithm>
#include <utility>

namespace kubevitals::state {
namespace {

constexpr char kWildcard = '*';

// The wildcard stands for any text but a line break.
bool matches(std::string_view entry, std::string_view key) {
  const std::size_t wildcard = entry.find(kWildcard);
  if (wildcard == std::string_view::npos) return entry == key;
  const std::string_view before = entry.substr(0, wildcard);
  const std::string_view after = entry.substr(wildcard + 1);
  if (key.size() < before.size() + after.size() || !key.starts_with(before) || !key.ends_with(after)) {
    return false;
  }
  const std::string_view between = key.substr(before.size(), key.size() - before.size() - after.size());
  return between.find('\n') == std::string_view::npos;
}

}  // namespace

Result<LabelAllowlist> LabelAllowlist::create(std::vector<std::string> entries) {
  for (const std::string& entry : entries) {
    if (std::count(entry.begin(), entry.end(), kWildcard) > 1) {
      return Error{ErrorCode::kInvalid, "\"" + entry + "\" has more than one wildcard"};
    }
  }
  LabelAllowlist list;
  list.all_ = !entries.empty() && entries.front() == "*";
  list.entries_ = std::move(entries);
  return list;
}

bool LabelAllowlist::allows(std::string_view key) const {
  if (all_) return true;
  return std::any_of(entries_.begin(), entries_.end(),
                     [key](const std::string& entry) { return entry != "*" && matches(entry, key); });
}

}  // namespace kubevitals::state
