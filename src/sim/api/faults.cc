#include "sim/api/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kubevitals::sim {
namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 12> kNames = {{
    {FaultKind::kStatus, "status"},
    {FaultKind::kGone, "gone"},
    {FaultKind::kAbort, "abort"},
    {FaultKind::kCut, "cut"},
    {FaultKind::kTruncate, "truncate"},
    {FaultKind::kGarbage, "garbage"},
    {FaultKind::kWrongContentType, "content_type"},
    {FaultKind::kSlow, "slow"},
    {FaultKind::kSilence, "silence"},
    {FaultKind::kDelay, "delay"},
    {FaultKind::kDuplicate, "duplicate"},
    {FaultKind::kOutOfOrder, "reorder"},
}};

Error refused(std::string_view why) {
  return Error{ErrorCode::kInvalid, fmt::format("cannot read the fault: {}", why)};
}

// Reads one member into the fault; false when it has the wrong type or range.
bool read_member(Fault& fault, std::string_view key, const json::value& value) {
  boost::system::error_code error;
  const auto number = [&](std::int64_t low, std::int64_t high, auto use) {
    const auto parsed = value.to_number<std::int64_t>(error);
    if (error || parsed < low || parsed > high) return false;
    use(parsed);
    return true;
  };
  constexpr std::int64_t kMost = 1'000'000'000;
  if (key == "resource" && value.is_string()) return fault.resource = value.get_string(), true;
  if (key == "verb" && value.is_string()) return fault.verb = value.get_string(), true;
  if (key == "status") return number(200, 599, [&](auto n) { fault.status = static_cast<int>(n); });
  if (key == "retry_after") return number(0, 3600, [&](auto n) { fault.retry_after = static_cast<int>(n); });
  if (key == "after_bytes")
    return number(0, kMost, [&](auto n) { fault.after_bytes = static_cast<std::uint64_t>(n); });
  if (key == "bytes_per_second") {
    return number(1, kMost, [&](auto n) { fault.bytes_per_second = static_cast<std::uint64_t>(n); });
  }
  if (key == "delay_ms") return number(0, kMost, [&](auto n) { fault.delay = std::chrono::milliseconds(n); });
  if (key == "count") return number(1, kMost, [&](auto n) { fault.count = static_cast<std::uint64_t>(n); });
  if (key == "duration_ms") {
    return number(1, kMost, [&](auto n) { fault.duration = std::chrono::milliseconds(n); });
  }
  if (key == "probability" && value.is_number()) {
    fault.probability = value.to_number<double>(error);
    return !error && fault.probability >= 0 && fault.probability <= 1;
  }
  return false;
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  for (const auto& [value, name] : kNames) {
    if (value == kind) return name;
  }
  return "";
}

Result<Fault> parse_fault(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refused("it is not an object");
  Fault fault;
  bool known = false;
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    if (key == "kind") {
      for (const auto& [kind, name] : kNames) {
        if (!member.value().is_string() || member.value().get_string() != name) continue;
        fault.kind = kind;
        known = true;
      }
    } else if (!read_member(fault, key, member.value())) {
      return refused(fmt::format("bad member \"{}\"", key));
    }
  }
  if (!known) return refused("\"kind\" is missing or unknown");
  if (fault.kind == FaultKind::kSlow && fault.bytes_per_second == 0) {
    return refused("\"bytes_per_second\" is missing");
  }
  return fault;
}

std::uint64_t Faults::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  std::optional<SteadyTime> until;
  if (fault.duration) until = clock_.now() + *fault.duration;
  entries_.push_back({next_id_, std::move(fault), until});
  return next_id_++;
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

bool Faults::remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; }) != 0;
}

json::array Faults::document() const {
  const std::lock_guard lock(mutex_);
  json::array list;
  for (const Entry& entry : entries_) {
    json::object object({{"id", entry.id}, {"kind", to_string(entry.fault.kind)}, {"struck", entry.struck}});
    if (!entry.fault.resource.empty()) object.emplace("resource", entry.fault.resource);
    if (!entry.fault.verb.empty()) object.emplace("verb", entry.fault.verb);
    if (entry.fault.count) object.emplace("count", *entry.fault.count);
    list.emplace_back(std::move(object));
  }
  return list;
}

bool Faults::over(const Entry& entry) const {
  return entry.until && clock_.now() >= *entry.until;
}

bool Faults::applies(const Entry& entry, std::string_view resource, std::string_view verb) const {
  if (!entry.fault.resource.empty() && entry.fault.resource != resource) return false;
  if (!entry.fault.verb.empty() && entry.fault.verb != verb) return false;
  if (over(entry)) return false;
  return !entry.fault.count || *entry.fault.count != 0;
}

std::vector<Faults::Struck> Faults::strike(std::string_view resource, std::string_view verb) {
  const std::lock_guard lock(mutex_);
  std::vector<Struck> struck;
  for (Entry& entry : entries_) {
    if (!applies(entry, resource, verb) || !random_.chance(entry.fault.probability)) continue;
    if (entry.fault.count) --*entry.fault.count;
    ++entry.struck;
    struck.push_back({entry.id, entry.fault});
  }
  return struck;
}

bool Faults::in_force(FaultKind kind, std::string_view resource, const std::vector<Struck>& struck) const {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.fault.kind != kind || over(entry)) continue;
    const auto is_it = [&](const Struck& one) { return one.id == entry.id; };
    if (std::any_of(struck.begin(), struck.end(), is_it)) return true;
    if (!entry.fault.count && entry.fault.probability >= 1 && applies(entry, resource, "watch")) return true;
  }
  return false;
}

}  // namespace kubevitals::sim
