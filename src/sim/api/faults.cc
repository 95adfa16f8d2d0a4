#include "sim/api/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kubevitals::sim {
namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 16> kNames = {{
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
    {FaultKind::kHang, "hang"},
    {FaultKind::kReset, "reset"},
    {FaultKind::kDead, "dead"},
    {FaultKind::kNoIpSans, "no_ip_sans"},
}};

Error refused(std::string_view why) {
  return Error{ErrorCode::kInvalid, fmt::format("cannot read the fault: {}", why)};
}

// Kinds that both have; the others are either's alone.
bool of_both(FaultKind kind) {
  switch (kind) {
    case FaultKind::kStatus:
    case FaultKind::kAbort:
    case FaultKind::kCut:
    case FaultKind::kTruncate:
    case FaultKind::kGarbage:
    case FaultKind::kWrongContentType:
    case FaultKind::kSlow:
    case FaultKind::kDelay:
      return true;
    default:
      return false;
  }
}

bool of_kubelets_only(FaultKind kind) {
  return kind == FaultKind::kHang || kind == FaultKind::kReset || kind == FaultKind::kDead ||
         kind == FaultKind::kNoIpSans;
}

bool is_state(const Fault& fault) {
  return fault.kind == FaultKind::kDead || fault.kind == FaultKind::kNoIpSans;
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
  if (key == "node" && value.is_string()) return fault.node = value.get_string(), true;
  if (key == "percent") return number(1, 100, [&](auto n) { fault.percent = static_cast<std::uint32_t>(n); });
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
  if (fault.of_kubelets() ? !of_both(fault.kind) && !of_kubelets_only(fault.kind)
                          : of_kubelets_only(fault.kind)) {
    return refused(fault.of_kubelets() ? "kubelets have no such kind"
                                       : "this kind is of kubelets: \"resource\" must be \"kubelet\"");
  }
  if (!fault.of_kubelets() && (!fault.node.empty() || fault.percent)) {
    return refused("\"node\" and \"percent\" are of kubelets: \"resource\" must be \"kubelet\"");
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
    if (!entry.fault.node.empty()) object.emplace("node", entry.fault.node);
    if (entry.fault.percent) object.emplace("percent", *entry.fault.percent);
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

bool Fault::selects(std::uint32_t index, std::string_view name) const {
  if (!node.empty() && node != name) return false;
  if (!percent) return true;
  // As many of the first n as n's part of them, rounded up: the next is one of them when that grows.
  const std::uint64_t before = (std::uint64_t{index} * *percent + 99) / 100;
  const std::uint64_t after = ((std::uint64_t{index} + 1) * *percent + 99) / 100;
  return before != after;
}

std::vector<Faults::Struck> Faults::strike(std::string_view resource, std::string_view verb) {
  return strike_if([&](const Entry& entry) { return applies(entry, resource, verb); });
}

std::vector<Faults::Struck> Faults::strike_kubelet(std::uint32_t index, std::string_view name,
                                                   std::string_view verb) {
  return strike_if([&](const Entry& entry) {
    return entry.fault.of_kubelets() && !is_state(entry.fault) && entry.fault.selects(index, name) &&
           applies(entry, "kubelet", verb);
  });
}

bool Faults::is_there(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.id == id && !over(entry); });
}

std::vector<Fault> Faults::kubelet_states() const {
  const std::lock_guard lock(mutex_);
  std::vector<Fault> states;
  for (const Entry& entry : entries_) {
    if (is_state(entry.fault) && !over(entry)) states.push_back(entry.fault);
  }
  return states;
}

template <typename Applies>
std::vector<Faults::Struck> Faults::strike_if(Applies applies_to) {
  const std::lock_guard lock(mutex_);
  std::vector<Struck> struck;
  for (Entry& entry : entries_) {
    if (!applies_to(entry) || !random_.chance(entry.fault.probability)) continue;
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
